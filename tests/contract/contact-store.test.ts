import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseRememberedBooks } from '../../src/contacts/book-directory.ts';
import { uidFor } from '../../src/contacts/contact-id.ts';
import type { ContactGroup } from '../../src/triage/model.ts';
import { describeEachContactsServer, type TestAccount } from '../support/test-account.ts';
import {
  aCard,
  address,
  aWish,
  contactOf,
  countRequests,
  find,
  linesOf,
  openContactStore,
  storedCard,
  TODAY,
} from './open-contact-store.ts';

describeEachContactsServer('contact store', ({ name: server, open }) => {
  let account: TestAccount;
  beforeAll(async () => {
    account = await open();
  });
  afterAll(() => account?.close());

  const readGroup = async (name: string): Promise<ContactGroup> => {
    const group = (await openContactStore(account).readGroups([name])).find(
      (one) => one.name === name,
    );
    if (group === undefined) throw new Error(`no group ${name}`);
    return group;
  };

  describe('discovery', () => {
    it('takes four requests, and the groups one', async () => {
      const store = openContactStore(account);

      const [, requests] = await countRequests(store, () => store.readGroups([]));

      expect(requests).toBe(5);
    });

    it('is not done again when it is remembered', async () => {
      const first = openContactStore(account);
      await first.readGroups([]);
      const json = JSON.parse(JSON.stringify(first.remember())) as unknown;
      const store = openContactStore(account, { remembered: parseRememberedBooks(json) });

      const [, requests] = await countRequests(store, () => store.readGroups([]));

      expect(requests).toBe(1);
      expect(store.remember()).toEqual(first.remember());
    });

    it('finds out that the books may be written', async () => {
      const books = await openContactStore(account).readBooks();

      expect(books[0]?.url).toMatch(/\/Default\/$/u);
      expect(books[0]?.isWritableOrUnknown).toBe(true);
    });

    it.each([
      ['the book is gone', 'Gone/', 'Gone/'],
      ['home and book are gone', '', 'Gone/'],
    ])('is done again within the run when %s', async (_, __, path) => {
      const first = openContactStore(account);
      await first.readGroups([]);
      const remembered = first.remember();
      const [known] = remembered?.books ?? [];
      if (!remembered || !known) throw new Error('nothing remembered');
      const gone = { ...known, url: new URL(`../${path}`, known.url).href };
      const store = openContactStore(account, { remembered: { ...remembered, books: [gone] } });

      await store.readGroups([]);

      expect(store.events.map(({ event }) => event)).toContain('discovery_dropped');
      expect(store.remember()).toEqual(remembered);
    });
  });

  describe('groups', () => {
    it.each([
      [
        'Apple’s',
        ['VERSION:3.0', 'X-ADDRESSBOOKSERVER-KIND:group', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:M1'],
      ],
      ['of vCard 4.0', ['VERSION:4.0', 'KIND:group', 'MEMBER:urn:uuid:m1']],
      [
        'that a filter does not see',
        [
          'VERSION:3.0',
          'item1.X-ADDRESSBOOKSERVER-KIND:group',
          'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:m1',
        ],
      ],
    ])('%s are known', async (kind, lines) => {
      const name = `Group ${kind} ü`;
      const uid = crypto.randomUUID();
      const card = [
        'BEGIN:VCARD',
        ...lines,
        `UID:${uid}`,
        `FN:${name}`,
        `N:${name};;;;`,
        'END:VCARD',
        '',
      ];
      const href = await account.putCard(`${uid}.vcf`, card.join('\r\n'));

      expect(await readGroup(name)).toMatchObject({ href, name, memberKeys: new Set(['m1']) });
    });

    it('are known by name in one request, without their members', async () => {
      const href = await account.putGroup('By name', ['m-1', 'm-2']);
      const store = openContactStore(account);
      await store.readBooks();

      const [named, requests] = await countRequests(store, () =>
        store.readGroups(['By name'], 'names'),
      );
      const whole = await store.readGroups(['By name']);

      const membersIn = (groups: readonly ContactGroup[]): number | undefined =>
        groups.find((group) => group.href === href)?.memberKeys.size;
      expect(requests).toBe(1);
      // Radicale gives whole cards whatever is asked for.
      expect(membersIn(named)).toBe(server === 'radicale' ? 2 : 0);
      expect(membersIn(whole)).toBe(2);
    });

    it('one that is missing is just not there', async () => {
      const groups = await openContactStore(account).readGroups(['No such group']);

      expect(groups.map(({ name }) => name)).not.toContain('No such group');
    });

    it('two of one name are both there, in the order of their hrefs, and said once', async () => {
      const hrefs = [await account.putGroup('Twin'), await account.putGroup('Twin')].toSorted();
      const store = openContactStore(account);

      const groups = await store.readGroups(['Twin']);
      await store.readGroups(['Twin']);

      expect(groups.filter(({ name }) => name === 'Twin').map(({ href }) => href)).toEqual(hrefs);
      expect(store.events.filter(({ event }) => event === 'duplicate_groups')).toHaveLength(1);
    });

    it.each([
      ['without N', []],
      ['with N', ['N:Four;;;;']],
    ])('of vCard 4.0 %s get members as 4.0', async (_, lines) => {
      const uid = crypto.randomUUID();
      const card = ['BEGIN:VCARD', 'VERSION:4.0', `UID:${uid}`, 'KIND:group', 'FN:Four', ...lines];
      const href = await account.putCard(
        `${uid}.vcf`,
        [...card, 'MEMBER:urn:uuid:a', 'END:VCARD', ''].join('\r\n'),
      );
      const store = openContactStore(account);
      const group = (await store.readGroups([])).find((one) => one.href === href);
      if (group === undefined) throw new Error('no group');

      const outcome = await store.saveGroupMembers({ group, addUids: ['b'], removeUids: [] });

      expect(outcome.kind).toBe('updated');
      const lines4 = linesOf(await account.cardOfVersion4(href));
      const added = ['MEMBER:urn:uuid:a', 'MEMBER:urn:uuid:b', 'END:VCARD'];
      expect(lines4.toSorted()).toEqual([...card, ...added].toSorted());
    });

    it('get members and lose them, one request each', async () => {
      const href = await account.putGroup('Members', ['old-1', 'OLD-2']);
      const before = linesOf(await storedCard(account, href));
      const store = openContactStore(account);
      const group = (await store.readGroups([])).find((one) => one.href === href);
      if (group === undefined) throw new Error('no group');

      const [outcome, requests] = await countRequests(store, () =>
        store.saveGroupMembers({
          group,
          addUids: ['new-1', 'New-2'],
          removeUids: ['old-2'],
        }),
      );

      expect(outcome).toEqual({ kind: 'updated' });
      expect(requests).toBe(1);
      const after = linesOf(await storedCard(account, href));
      expect(after.filter(isMember).toSorted()).toEqual([
        'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:New-2',
        'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:new-1',
        'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:old-1',
      ]);
      expect(after.filter((line) => !isMember(line))).toEqual(
        before.filter((line) => !isMember(line)),
      );
    });

    it('are not written when nothing would change', async () => {
      const href = await account.putGroup('Unchanged', ['M-1']);
      const etag = (await account.cards()).get(href)?.etag;
      const store = openContactStore(account);
      const group = (await store.readGroups([])).find((one) => one.href === href);
      if (group === undefined) throw new Error('no group');

      const [outcome, requests] = await countRequests(store, () =>
        store.saveGroupMembers({ group, addUids: ['M-1'], removeUids: ['m-2'] }),
      );

      expect([outcome, requests]).toEqual([{ kind: 'unchanged' }, 0]);
      expect((await account.cards()).get(href)?.etag).toBe(etag);
    });

    it('keep what somebody else wrote meanwhile, also after our own write', async () => {
      const href = await account.putGroup('Shared');
      const [ours, theirs] = [openContactStore(account), openContactStore(account)];
      const read = async (store: typeof ours): Promise<ContactGroup> => {
        const group = (await store.readGroups([])).find((one) => one.href === href);
        if (group === undefined) throw new Error('no group');
        return group;
      };
      const [group, sameGroup] = [await read(ours), await read(theirs)];

      await theirs.saveGroupMembers({ group: sameGroup, addUids: ['theirs'], removeUids: [] });
      await ours.saveGroupMembers({ group, addUids: ['ours'], removeUids: [] });
      await ours.saveGroupMembers({ group, addUids: ['ours-2'], removeUids: [] });

      expect((await readGroup('Shared')).memberKeys).toEqual(new Set(['theirs', 'ours', 'ours-2']));
    });

    it('lose none of many members written at once', async () => {
      await account.putGroup('Crowd');
      const uids = ['a', 'b', 'c', 'd'];

      const outcomes = await Promise.all(
        uids.map(async (uid) => {
          const store = openContactStore(account);
          const group = (await store.readGroups([])).find(({ name }) => name === 'Crowd');
          if (group === undefined) throw new Error('no group');
          return store.saveGroupMembers({ group, addUids: [uid], removeUids: [] });
        }),
      );

      expect(outcomes.map(({ kind }) => kind)).toEqual(uids.map(() => 'updated'));
      expect((await readGroup('Crowd')).memberKeys).toEqual(new Set(uids));
    });

    it('are known as they are after our own write', async () => {
      await account.putGroup('Twice');
      const store = openContactStore(account);
      const group = (await store.readGroups([])).find(({ name }) => name === 'Twice');
      if (group === undefined) throw new Error('no group');

      await store.saveGroupMembers({ group, addUids: ['in-and-out'], removeUids: [] });
      const outcome = await store.saveGroupMembers({
        group,
        addUids: [],
        removeUids: ['in-and-out'],
      });

      expect(outcome.kind).toBe('updated');
      expect((await readGroup('Twice')).memberKeys.size).toBe(0);
    });

    it('are made beside one that setup made and the user renamed', async () => {
      await openContactStore(account).createGroup('Old name');
      const group = await readGroup('Old name');
      const card = await storedCard(account, group.href);
      await account.putCard(
        group.href.split('/').at(-1) ?? '',
        card.replaceAll('Old name', 'New name'),
      );

      const outcomes = [];
      for (const _ of [1, 2])
        outcomes.push(await openContactStore(account).createGroup('Old name'));

      expect(outcomes).toEqual([{ kind: 'updated' }, { kind: 'unchanged' }]);
      expect((await readGroup('New name')).href).toBe(group.href);
      expect((await readGroup('Old name')).href).not.toBe(group.href);
    });

    it('are made once', async () => {
      const outcomes = [];
      for (const _ of [1, 2])
        outcomes.push(await openContactStore(account).createGroup('Made, once'));

      expect(outcomes).toEqual([{ kind: 'updated' }, { kind: 'unchanged' }]);
      expect((await readGroup('Made, once')).memberKeys.size).toBe(0);
    });
  });

  describe('contacts are found by exact address', () => {
    it.each([
      ['a plain EMAIL', 'plain@find.example', ['EMAIL;TYPE=INTERNET:plain@find.example']],
      ['other letters', 'case@find.example', ['EMAIL:Case@FIND.example']],
      ['a grouped EMAIL alone', 'grouped@find.example', ['item1.EMAIL:grouped@find.example']],
      [
        'a grouped EMAIL before a plain one',
        'before@find.example',
        ['item1.EMAIL:before@find.example', 'EMAIL:other@find.example'],
      ],
      [
        'the last of several',
        'last@find.example',
        ['EMAIL:a@find.example', 'EMAIL:last@find.example'],
      ],
      ['an international domain', 'a@xn--mller-kva.example', ['EMAIL:a@müller.example']],
      ['a long line', 'long@find.example', [`EMAIL;X-A=${'x'.repeat(80)}:long@find.example`]],
      [
        'beside XML’s own characters',
        'xml@find.example',
        ['EMAIL:xml@find.example', 'FN:a ]]> <b> &amp; c'],
      ],
    ])('%s', async (_, wanted, lines) => {
      const uid = crypto.randomUUID();
      const href = await account.putCard(`${uid}.vcf`, aCard(uid, ...lines));

      const found = await find(openContactStore(account), wanted);

      expect(found.map((contact) => [contact.href, contact.uid])).toEqual([[href, uid]]);
      expect(found[0]?.addresses).toContain(wanted);
    });

    it.each([
      ['a longer one', 'zz@other.example', 'EMAIL:azz@other.example'],
      ['one below another domain', 'yy@other.example', 'EMAIL:yy@other.example.com'],
      ['one in a NOTE', 'xx@other.example', 'NOTE:xx@other.example'],
    ])('and not by %s', async (_, wanted, line) => {
      const uid = crypto.randomUUID();
      await account.putCard(`${uid}.vcf`, aCard(uid, line));

      expect(await find(openContactStore(account), wanted)).toEqual([]);
    });

    it('all of them, in all address books, whatever was remembered', async () => {
      const early = openContactStore(account);
      await early.readGroups([]);
      const other = await account.createAddressBook('Second');
      const hrefs = [
        await account.putCard('several-1.vcf', aCard('several-1', 'EMAIL:several@find.example')),
        await account.putCard(
          'several-2.vcf',
          aCard('several-2', 'EMAIL:several@find.example'),
          other,
        ),
      ];

      const found = await find(
        openContactStore(account, { remembered: early.remember() }),
        'several@find.example',
      );

      expect(found.map(({ href }) => href)).toEqual(hrefs.toSorted());
    });

    it('and group cards are none', async () => {
      await account.putCard(
        'mailing-group.vcf',
        aCard('mailing-group', 'X-ADDRESSBOOKSERVER-KIND:group', 'EMAIL:group@find.example'),
      );

      expect(await find(openContactStore(account), 'group@find.example')).toEqual([]);
    });

    it('is asked for before it is known who is looked for', async () => {
      await account.putCard('early.vcf', aCard('early', 'EMAIL:early@find.example'));
      const early = address('early@find.example');
      const usual = openContactStore(account);
      const [, requests] = await countRequests(usual, () => find(usual, early));
      // One book after the other, so that one listing at most is held in memory.
      const laterBooks = (await usual.readBooks()).length - 1;
      const store = openContactStore(account);
      const wanted = Promise.withResolvers<ReadonlySet<typeof early>>();

      const lookup = store.readContacts(wanted.promise);
      await expect.poll(() => store.budget.requestCount).toBe(requests - laterBooks);
      wanted.resolve(new Set([early]));

      expect([...(await lookup).byAddress.keys()]).toEqual([early]);
      expect(store.budget.requestCount).toBe(requests);
    });
  });

  describe('a new contact', () => {
    it('is one request, and says what was wished', async () => {
      const store = openContactStore(account);
      await store.readGroups([]);
      const newContact = {
        address: address('"odd,one"@new.example'),
        fullName: 'Zoë; Doe, Jr. 😀',
        personName: { familyName: 'Doe', givenName: 'Zoë' },
      };

      const [outcome, requests] = await countRequests(store, () =>
        store.saveContact(aWish('x', { newContact })),
      );

      const uid = uidFor(newContact.address);
      expect(requests).toBe(1);
      expect(outcome).toMatchObject({
        kind: 'created',
        contact: { uid, name: newContact.fullName },
      });
      expect(await find(openContactStore(account), newContact.address)).toEqual([
        contactOf(outcome),
      ]);
      const lines = linesOf(await storedCard(account, contactOf(outcome).href));
      expect(lines).toContain('N:Doe;Zoë;;;');
      expect(lines).toContain(`NOTE:Mailroom ${TODAY}: Feed (contact added)`);
      expect(lines).toContain('EMAIL;TYPE=INTERNET:"odd\\,one"@new.example');
    });

    it('is made once by many at once, and again later', async () => {
      const wish = aWish('race@new.example');
      const before = (await account.cards()).size;

      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => openContactStore(account).saveContact(wish)),
      );
      const late = await openContactStore(account).saveContact(wish);

      expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual([
        'created',
        ...Array.from({ length: 7 }, () => 'unchanged'),
      ]);
      expect(late.kind).toBe('unchanged');
      expect((await account.cards()).size).toBe(before + 1);
    });

    it('is not made where a card of ours lost its address and has no other', async () => {
      const wish = aWish('lost@new.example');
      const uid = uidFor(wish.newContact.address);
      const moved = await account.putCard('moved.vcf', aCard(uid));
      const store = openContactStore(account);
      const [existing] = await find(store, 'lost@new.example');

      const outcome = await store.saveContact({ ...wish, existing: existing ?? null });

      expect(existing?.href).toBe(moved);
      expect(contactOf(outcome)).toMatchObject({ href: moved, addresses: ['lost@new.example'] });
      expect(await find(openContactStore(account), 'lost@new.example')).toHaveLength(1);
    });

    it.each([
      ['listed or not', 'given-1@new.example', false],
      ['known from a listing', 'given-2@new.example', true],
    ])('has the next UID where the user gave its card to somebody: %s', async (_, of, isListed) => {
      const wish = aWish(of);
      const uid = uidFor(wish.newContact.address);
      const card = aCard(uid, `EMAIL:else-${of}`);
      const href = await account.putCard(`${uid}.vcf`, card);
      const before = await storedCard(account, href);
      const store = openContactStore(account);
      if (isListed) expect(await find(store, of)).toEqual([]);

      const outcome = await store.saveContact(wish);
      const again = await openContactStore(account).saveContact(wish);

      expect(outcome.kind).toBe('created');
      expect(contactOf(outcome).uid).toBe(uidFor(wish.newContact.address, 2));
      expect(again.kind).toBe('unchanged');
      expect(await storedCard(account, href)).toBe(before);
      expect(await find(openContactStore(account), of)).toEqual([contactOf(outcome)]);
    });
  });

  describe('an existing contact', () => {
    it('gets a NOTE line once a day, and keeps all else', async () => {
      const uid = crypto.randomUUID();
      const href = await account.putCard(
        `${uid}.vcf`,
        aCard(
          uid,
          'item1.EMAIL;TYPE=INTERNET:keep@old.example',
          'item1.X-ABLabel:_$!<Work>!$_',
          'NOTE:a\\;b\\, c 😀\\nsecond',
          'TITLE:Chief \\; of it',
          `PHOTO;ENCODING=b;TYPE=JPEG:${'QUJD'.repeat(100)}`,
          'X-CUSTOM;X-P="a:b":v',
        ),
      );
      const before = linesOf(await storedCard(account, href));
      const [existing] = await find(openContactStore(account), 'keep@old.example');
      const wish = aWish('keep@old.example', { existing: existing ?? null });
      const store = openContactStore(account);

      const kinds = [];
      for (const _ of [1, 2]) kinds.push((await store.saveContact(wish)).kind);
      const decision = { to: 'Jail', groupCategory: 'Feed', today: '2026-11-22' };
      const nextDay = await store.saveContact({ ...wish, decision });

      expect([...kinds, nextDay.kind]).toEqual(['updated', 'unchanged', 'updated']);
      const added = `\\nMailroom ${TODAY}: Feed\\nMailroom 2026-11-22: Feed → Jail`;
      expect(linesOf(await storedCard(account, href))).toEqual(
        before.map((line) => (line.startsWith('NOTE') ? line + added : line)),
      );
    });

    it('in another address book is completed there', async () => {
      const other = await account.createAddressBook('Third');
      const href = await account.putCard(
        'third.vcf',
        aCard('third', 'EMAIL:third@old.example'),
        other,
      );
      const store = openContactStore(account);
      const [existing] = await find(store, 'third@old.example');

      const outcome = await store.saveContact(
        aWish('third@old.example', { existing: existing ?? null }),
      );

      expect(outcome).toMatchObject({ kind: 'updated', contact: { href } });
      expect(await storedCard(account, href)).toContain(`Mailroom ${TODAY}: Feed`);
    });

    it('that was deleted meanwhile is made again', async () => {
      const href = await account.putCard(
        'deleted.vcf',
        aCard('deleted', 'EMAIL:deleted@old.example'),
      );
      const store = openContactStore(account);
      const [existing] = await find(store, 'deleted@old.example');
      await account.deleteCard(href);

      const outcome = await store.saveContact(
        aWish('deleted@old.example', { existing: existing ?? null }),
      );

      expect(outcome).toMatchObject({
        kind: 'created',
        contact: { uid: uidFor(address('deleted@old.example')) },
      });
    });

    it.each([
      ['without N', ['EMAIL;PREF=1:four-1@old.example'], 'four-1@old.example'],
      [
        'with N',
        ['N:Four;;;;', 'KIND:individual', 'EMAIL;PREF=1:four-2@old.example'],
        'four-2@old.example',
      ],
    ])('of vCard 4.0 %s is edited as 4.0', async (_, lines, of) => {
      const uid = crypto.randomUUID();
      const card = ['BEGIN:VCARD', 'VERSION:4.0', `UID:${uid}`, 'FN:Four', ...lines];
      const href = await account.putCard(`${uid}.vcf`, [...card, 'END:VCARD', ''].join('\r\n'));
      const store = openContactStore(account);
      const [existing = null] = await find(store, of);

      const outcome = await store.saveContact(aWish(of, { existing }));

      expect(outcome.kind).toBe('updated');
      const lines4 = linesOf(await account.cardOfVersion4(href));
      const added = [`NOTE:Mailroom ${TODAY}: Feed`, 'END:VCARD'];
      expect(lines4.toSorted()).toEqual([...card, ...added].toSorted());
    });

    const takesOne = server === 'radicale';
    it.skipIf(takesOne)(
      `that is one of two vCards in a resource: only that one${takesOne ? ' (skipped: Radicale takes only one)' : ''}`,
      async () => {
        const second = aCard('pair-1', 'EMAIL:second@pair.example');
        const href = await account.putCard(
          'pair.vcf',
          aCard('pair-1', 'EMAIL:first@pair.example', 'NOTE:first') + second,
        );
        const store = openContactStore(account);
        const [existing] = await find(store, 'second@pair.example');

        await store.saveContact(aWish('second@pair.example', { existing: existing ?? null }));

        const [first, last] = (await storedCard(account, href)).split('END:VCARD');
        expect(first).not.toContain('Mailroom');
        expect(last).toContain(`Mailroom ${TODAY}: Feed`);
      },
    );
  });
});

function isMember(line: string): boolean {
  return line.startsWith('X-ADDRESSBOOKSERVER-MEMBER');
}
