import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { uidFor } from '../../src/contacts/contact-id.ts';
import type { Contact } from '../../src/triage/model.ts';
import type { CardMaker } from '../../src/triage/ports.ts';
import { describeEachContactsServer, type TestAccount } from '../support/test-account.ts';
import {
  aCard,
  address,
  aWish,
  contactOf,
  linesOf,
  openContactStore,
  storedCard,
} from './open-contact-store.ts';

/* The only thing that Mailroom ever deletes: a card that it made, and that nobody has changed since. */

describeEachContactsServer('a card that is taken back', ({ open }) => {
  let account: TestAccount;
  beforeAll(async () => {
    account = await open();
  });
  afterAll(() => account?.close());

  const makerOf = (of: string, ...names: readonly string[]): CardMaker => ({
    address: address(of),
    names,
    categories: ['Feed', 'Jail', 'Person'],
  });
  const make = async (of: string, person = false): Promise<Contact> => {
    const newContact = {
      address: address(of),
      fullName: person ? 'Jane Doe' : 'News, Letters; and more',
      personName: person ? { givenName: 'Jane', familyName: 'Doe' } : null,
    };
    return contactOf(await openContactStore(account).saveContact(aWish(of, { newContact })));
  };
  const isThere = async ({ href }: Contact): Promise<boolean> => (await account.cards()).has(href);
  /** What another client does to the card: one more line, or another in its place. */
  const edit = async (
    { href }: Contact,
    change: (card: string) => string = (card) => card.replace(/END:VCARD/iu, 'TEL:1\r\nEND:VCARD'),
  ): Promise<string> => {
    const slash = href.lastIndexOf('/') + 1;
    const edited = change(await storedCard(account, href));
    return account.putCard(href.slice(slash), edited, href.slice(0, slash));
  };

  it.each([
    ['of a company', 'company@taken.example', false, 'News, Letters; and more'],
    ['of a person', 'person@taken.example', true, 'Jane Doe'],
  ])('%s, as the server gives it back: deleted', async (_rule, of, isPerson, name) => {
    const card = await make(of, isPerson);
    const store = openContactStore(account);

    const checked = await store.checkUntouched(card, makerOf(of, 'Other', name));
    const removed = await store.removeContact(card, makerOf(of, name));

    expect([checked.kind, removed.kind]).toEqual(['untouched', 'removed']);
    expect(await isThere(card)).toBe(false);
  });

  it('with a decision more, it is still ours', async () => {
    const of = 'decided@taken.example';
    const card = await make(of);
    const decision = { to: 'Jail', groupCategory: 'Feed', today: '2026-11-25' };
    const store = openContactStore(account);
    const newContact = { address: address(of), fullName: card.name, personName: null };
    await store.saveContact({ newContact, existing: card, decision });

    expect((await store.removeContact(card, makerOf(of, card.name))).kind).toBe('removed');
    expect(await isThere(card)).toBe(false);
  });

  it('gone already: removed, and that costs no more than a look', async () => {
    const of = 'gone@taken.example';
    const card = await make(of);
    await account.deleteCard(card.href);
    const store = openContactStore(account);

    const kinds = [
      (await store.checkUntouched(card, makerOf(of, card.name))).kind,
      (await store.removeContact(card, makerOf(of, card.name))).kind,
    ];

    expect(kinds).toEqual(['untouched', 'removed']);
  });

  it('deleted by somebody else just before: removed', async () => {
    const of = 'race-deleted@taken.example';
    const card = await make(of);
    const act = (): Promise<void> => account.deleteCard(card.href);
    const store = openContactStore(account, { before: { method: 'DELETE', act } });

    expect((await store.removeContact(card, makerOf(of, card.name))).kind).toBe('removed');
  });

  it('edited just before it is deleted (412): it stays, with the edit', async () => {
    const of = 'race-edited@taken.example';
    const card = await make(of);
    const act = (): Promise<string> => edit(card);
    const store = openContactStore(account, { before: { method: 'DELETE', act } });

    expect((await store.removeContact(card, makerOf(of, card.name))).kind).toBe('kept');
    expect(linesOf(await storedCard(account, card.href))).toContain('TEL:1');
  });

  it('a word written into its note just before it is deleted: it stays', async () => {
    const of = 'race-note@taken.example';
    const card = await make(of);
    const act = (): Promise<string> =>
      edit(card, (text) => text.replace(/^NOTE:/mu, 'NOTE:Hello\\n'));
    const store = openContactStore(account, { before: { method: 'DELETE', act } });

    expect((await store.removeContact(card, makerOf(of, card.name))).kind).toBe('kept');
    expect(await isThere(card)).toBe(true);
  });

  describe('stays, and is not even tried', () => {
    it.each<[string, (card: string) => string]>([
      ['a telephone number', (card) => card.replace('END:VCARD', 'TEL:1\r\nEND:VCARD')],
      ['a word in the note', (card) => card.replace(/^NOTE:/mu, 'NOTE:Aunt\\n')],
      ['a second address', (card) => card.replace('END:VCARD', 'EMAIL:b@b.example\r\nEND:VCARD')],
      ['another name', (card) => card.replace(/^FN:.*$/mu, 'FN:Aunt Jane')],
      ['a photo', (card) => card.replace('END:VCARD', 'PHOTO;VALUE=uri:http://x\r\nEND:VCARD')],
    ])('%s', async (what, change) => {
      const of = `${what.replaceAll(' ', '-')}@taken.example`;
      const card = await make(of);
      await edit(card, change);
      let deletes = 0;
      const act = async (): Promise<void> => void (deletes += 1);
      const store = openContactStore(account, { before: { method: 'DELETE', act } });

      const checked = await store.checkUntouched(card, makerOf(of, card.name));
      const removed = await store.removeContact(card, makerOf(of, card.name));

      expect([checked.kind, removed.kind, deletes]).toEqual(['changed', 'kept', 0]);
      expect(await isThere(card)).toBe(true);
    });

    it('a card of the user’s own', async () => {
      const of = 'own@taken.example';
      const href = await account.putCard('own.vcf', aCard('own', `EMAIL:${of}`, 'FN:own'));
      const card = { href, uid: 'own', name: 'own', addresses: [address(of)] };

      const removed = await openContactStore(account).removeContact(card, makerOf(of, 'own'));

      expect(removed.kind).toBe('kept');
      expect(await isThere(card)).toBe(true);
    });

    it('a card that Mailroom made for somebody else', async () => {
      const card = await make('else@taken.example');
      const of = 'me@taken.example';

      const removed = await openContactStore(account).removeContact(card, makerOf(of, card.name));

      expect([removed.kind, card.uid]).toEqual(['kept', uidFor(address('else@taken.example'), 1)]);
      expect(await isThere(card)).toBe(true);
    });
  });
});
