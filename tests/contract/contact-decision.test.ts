import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Contact } from '../../src/triage/model.ts';
import type { NoteOutcome } from '../../src/triage/ports.ts';
import { describeEachContactsServer, type TestAccount } from '../support/test-account.ts';
import {
  aCard,
  address,
  find,
  linesOf,
  openContactStore,
  storedCard,
} from './open-contact-store.ts';

/* The line that a decision was taken back, on a card that stays; a card is never made for it. */

const LINE = 'NOTE:Mailroom 2026-11-25: Feed → Screener';

describeEachContactsServer('a decision on a card that stays', ({ open }) => {
  let account: TestAccount;
  beforeAll(async () => {
    account = await open();
  });
  afterAll(() => account?.close());

  const put = async (uid: string, ...lines: readonly string[]): Promise<Contact> => {
    const href = await account.putCard(`${uid}.vcf`, aCard(uid, ...lines));
    return { href, uid, name: uid, addresses: [] };
  };
  const writeOn = (
    card: Contact,
    of: string,
    before?: { readonly method: string; readonly act: () => Promise<unknown> },
  ): Promise<NoteOutcome> =>
    openContactStore(account, before === undefined ? {} : { before }).writeDecision({
      card,
      address: address(of),
      decision: { to: 'Screener', groupCategory: 'Feed', today: '2026-11-25' },
    });
  const delivered = async (of: string): Promise<number> =>
    (await find(openContactStore(account), of)).length;

  it('adds the line and nothing else, although no rule finds the address as it stands', async () => {
    const of = 'second@noted.example';
    const card = await put('noted', `EMAIL:first@noted.example\\, ${of}`, 'ORG:Shop');

    const first = await writeOn(card, of);
    const lines = linesOf(await storedCard(account, card.href));
    const again = await writeOn(card, of);

    expect([first.kind, again.kind]).toEqual(['updated', 'unchanged']);
    expect(lines.filter((line) => line.startsWith('NOTE'))).toEqual([LINE]);
    expect(lines.filter((line) => line.startsWith('EMAIL'))).toHaveLength(1);
  });

  describe('of a card that somebody else has at hand', () => {
    it('deleted before: gone, and not made again', async () => {
      const of = 'deleted@noted.example';
      const card = await put('deleted', `EMAIL:${of}`);
      await account.deleteCard(card.href);

      expect([(await writeOn(card, of)).kind, await delivered(of)]).toEqual(['gone', 0]);
    });

    it('deleted just before it is written: the same', async () => {
      const of = 'race@noted.example';
      const card = await put('race', `EMAIL:${of}`);
      const act = (): Promise<void> => account.deleteCard(card.href).catch(() => undefined);

      const outcome = await writeOn(card, of, { method: 'PUT', act });

      expect([outcome.kind, await delivered(of)]).toEqual(['gone', 0]);
    });

    it('given to another address: it is not the sender’s any more', async () => {
      const of = 'former@noted.example';
      const card = await put('former', 'EMAIL:other@noted.example');

      expect((await writeOn(card, of)).kind).toBe('gone');
      expect(await storedCard(account, card.href)).not.toContain('Mailroom');
    });

    it.each([
      ['a plain UID', 'moved'],
      ['a UID with an escaped comma', String.raw`cn=Carl\,ou=people`],
      ['a UID with a bare comma', 'cn=Carla,ou=people'],
      ['a UID that begins with urn:uuid:', 'urn:uuid:MOVED'],
    ])('moved to another place: it is followed, by %s', async (what, uid) => {
      const of = `${what.replaceAll(/\W/gu, '').toLowerCase()}@noted.example`;
      const text = aCard(uid, `EMAIL:${of}`, 'FN:Moved').replace(/^N:.*$/mu, 'N:Moved;;;;');
      const first = await account.putCard('here.vcf', text);
      const [card] = await find(openContactStore(account), of);
      await account.deleteCard(first);
      const href = await account.putCard('there.vcf', text);
      if (card === undefined) throw new Error('no card');

      expect((await writeOn(card, of)).kind).toBe('updated');
      expect(linesOf(await storedCard(account, href))).toContain(LINE);
      await account.deleteCard(href);
    });

    it('edited just before it is written: both are there', async () => {
      const of = 'edited@noted.example';
      const card = await put('edited', `EMAIL:${of}`);
      let edits = 0;
      const act = async (): Promise<void> => {
        edits += 1;
        if (edits === 1) {
          await account.putCard('edited.vcf', aCard('edited', `EMAIL:${of}`, 'TEL:1'));
        }
      };

      const outcome = await writeOn(card, of, { method: 'PUT', act });

      expect(outcome.kind).toBe('updated');
      const lines = linesOf(await storedCard(account, card.href));
      expect(lines).toEqual(expect.arrayContaining([LINE, 'TEL:1']));
    });
  });
});
