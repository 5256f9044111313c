import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { planMembership } from '../../src/triage/membership.ts';
import type { Contact, ContactGroup } from '../../src/triage/model.ts';
import { describeEachContactsServer, type TestAccount } from '../support/test-account.ts';
import {
  aCard,
  aWish,
  contactOf,
  find,
  linesOf,
  openContactStore,
  storedCard,
} from './open-contact-store.ts';

/* A sender has one contact, however the card is written, and the server's own rules find it. */

describeEachContactsServer('one contact for one sender', ({ name: server, open }) => {
  let account: TestAccount;
  let inbox = '';
  beforeAll(async () => {
    account = await open();
    inbox = await account.mailboxId('Inbox');
  });
  afterAll(() => account?.close());

  const readGroup = async (href: string): Promise<ContactGroup> => {
    const group = (await openContactStore(account).readGroups([])).find((one) => one.href === href);
    if (group === undefined) throw new Error(`no group ${href}`);
    return group;
  };
  const membersOf = async (href: string): Promise<readonly string[]> =>
    linesOf(await storedCard(account, href)).filter((line) => /MEMBER[:;]/u.test(line));
  const save = async (of: string): Promise<Contact> => {
    const store = openContactStore(account);
    const [existing = null] = await find(store, of);
    return contactOf(await store.saveContact(aWish(of, { existing })));
  };

  describe('a member that the server’s rules find', () => {
    it.each([
      ['a plain UID', 'Plain-Uid-1', []],
      ['a UID with , and ;', 'cn=Carl Known,ou=people;x', []],
      ['a UID that begins with urn:uuid:', 'urn:uuid:Prefixed-1', []],
      ['one that is there in other letters', 'Letters-1', ['urn:uuid:letters-1']],
      ['one that is there with one prefix too few', 'urn:uuid:Pre-2', ['urn:uuid:Pre-2']],
      ['one that is there without a prefix', 'Bare-1', ['Bare-1']],
    ])('%s, and twice is once', async (what, uid, before) => {
      const of = `${what.replace(/\W+/gu, '-').toLowerCase()}@member.example`;
      const name = crypto.randomUUID();
      await account.putCard(`${name}.vcf`, aCard(uid, `EMAIL:${of}`));
      const members = before.map((member) => `X-ADDRESSBOOKSERVER-MEMBER:${member}`);
      const groupHref = await account.putCard(
        `${name}-group.vcf`,
        aCard(`${name}-group`, 'X-ADDRESSBOOKSERVER-KIND:group', ...members),
      );
      const email = await account.addEmail({ from: of, mailboxIds: [inbox] });

      const kinds = [];
      for (const _ of [1, 2]) {
        const contact = await save(of);
        const store = openContactStore(account);
        const group = (await store.readGroups([])).find(({ href }) => href === groupHref);
        if (group === undefined) throw new Error('no group');
        const { kind } = await store.saveGroupMembers({
          group,
          addUids: [contact.uid],
          removeUids: [],
        });
        kinds.push(kind);
      }

      expect(kinds).toEqual(['updated', 'unchanged']);
      expect(await membersOf(groupHref)).toHaveLength(1);
      if (server !== 'radicale') {
        expect(await account.emailsFromGroup(groupHref)).toEqual(new Set([email]));
      }
      const [contact] = await find(openContactStore(account), of);
      if (contact === undefined) throw new Error('no contact');
      const group = await readGroup(groupHref);
      expect(planFor(contact, group).join).toEqual([]);
    });

    it('a UID with \\ is in the group once, and known there', async () => {
      const of = 'backslash@member.example';
      await account.putCard('backslash.vcf', aCard('DOM\\\\user\\x', `EMAIL:${of}`));
      const groupHref = await account.putGroup('Backslash');

      for (const _ of [1, 2]) {
        const contact = await save(of);
        const store = openContactStore(account);
        const group = (await store.readGroups([])).find(({ href }) => href === groupHref);
        if (group === undefined) throw new Error('no group');
        await store.saveGroupMembers({ group, addUids: [contact.uid], removeUids: [] });
      }

      const [contact] = await find(openContactStore(account), of);
      if (contact === undefined) throw new Error('no contact');
      expect(await membersOf(groupHref)).toHaveLength(1);
      expect(planFor(contact, await readGroup(groupHref)).join).toEqual([]);
    });
  });

  describe('an address is known', () => {
    it.each<readonly [what: string, line: string, of: string]>([
      ['behind a name', 'EMAIL:Jane <name@form.example>', 'name@form.example'],
      ['in angle brackets', 'EMAIL:<angle@form.example>', 'angle@form.example'],
      ['in needless quotes', 'EMAIL:"foo..bar"@form.example', 'foo..bar@form.example'],
      ['with an accent apart (NFD)', 'EMAIL:E\u0301mile@form.example', 'émile@form.example'],
    ])('%s', async (_, line, of) => {
      const uid = crypto.randomUUID();
      const href = await account.putCard(`${uid}.vcf`, aCard(uid, line));

      const contact = await save(of);

      expect(contact.href).toBe(href);
      expect(linesOf(await storedCard(account, href)).filter(isEmail)).toHaveLength(1);
    });

    it.each<readonly [what: string, line: string, of: string]>([
      ['in a list with ;', 'EMAIL:a@form.example;semi@form.example', 'semi@form.example'],
      ['after mailto:', 'EMAIL:mailto:uri@form.example', 'uri@form.example'],
      ['its domain in letters', 'EMAIL:idn@förm.example', 'idn@xn--frm-sna.example'],
      // Radicale keeps nothing of an EMAIL behind its first comma.
      ...(server === 'radicale'
        ? []
        : ([
            ['in a list with ,', 'EMAIL:b@form.example,comma@form.example', 'comma@form.example'],
            ['beside a pattern', 'EMAIL:*@form.example,beside@form.example', 'beside@form.example'],
          ] as const)),
    ])('%s; as no rule finds it there, it is added, once', async (_, line, of) => {
      const uid = crypto.randomUUID();
      const href = await account.putCard(`${uid}.vcf`, aCard(uid, line));
      const groupHref = await account.putGroup(`G ${uid}`, [uid]);
      const email = await account.addEmail({ from: of, mailboxIds: [inbox] });
      const isAsked = server !== 'radicale';
      const isSorted = async (): Promise<boolean> =>
        !isAsked || (await account.emailsFromGroup(groupHref)).has(email);
      const before = await isSorted();

      const contacts = [await save(of), await save(of)];

      expect(contacts.map((one) => one.href)).toEqual([href, href]);
      expect(linesOf(await storedCard(account, href)).filter(isEmail)).toHaveLength(2);
      // Cyrus reads the pattern too, and the newest a domain in letters.
      const isFound =
        (line.includes('*') && server !== 'stand-in') ||
        (line.includes('förm') && server === 'cyrus-new');
      expect([before, await isSorted()]).toEqual([!isAsked || isFound, true]);
    });

    it('but not on a contact list, which is nobody’s card', async () => {
      const uid = crypto.randomUUID();
      await account.putCard(
        `${uid}.vcf`,
        aCard(uid, 'X-EVOLUTION-LIST:TRUE', 'EMAIL:list@form.example', 'EMAIL:c@form.example'),
      );

      expect(await find(openContactStore(account), 'list@form.example')).toEqual([]);
    });
  });
});

function isEmail(line: string): boolean {
  return line.startsWith('EMAIL');
}

/** What would be planned for a sender whose category has this group alone. */
function planFor(contact: Contact, group: ContactGroup): ReturnType<typeof planMembership> {
  const category = {
    name: 'Only',
    own: { groupHref: group.href, destinationId: 'd' },
    groupHrefs: [group.href],
    destinationIds: ['d'],
  };
  const snapshot = { groups: [group], layout: { categories: [category], namesakes: new Map() } };
  return planMembership(
    { contact, duplicates: [], category } as unknown as Parameters<typeof planMembership>[0],
    snapshot as unknown as Parameters<typeof planMembership>[1],
  );
}
