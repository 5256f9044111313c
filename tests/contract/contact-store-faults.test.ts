import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { uidFor } from '../../src/contacts/contact-id.ts';
import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  MalformedAnswerError,
  NetworkError,
  UrlNotTrustedError,
} from '../../src/errors.ts';
import type { Contact, ContactGroup } from '../../src/triage/model.ts';
import type { Fault, FaultRule } from '../support/stand-in/faults.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import {
  aCard,
  address,
  aWish,
  contactOf,
  find,
  openContactStore,
  storedCard,
  TODAY,
} from './open-contact-store.ts';

/* What goes wrong with a server cannot be asked of a real one: these run on the stand-in. */

let account: StandIn;
beforeEach(async () => {
  account = await startStandIn();
});
afterEach(() => account.close());

const always = (on: FaultRule['on'], fault: Fault): void => {
  account.faults.push({ on, times: Infinity, fault });
};
const once = (on: FaultRule['on'], fault: Fault): void => {
  account.faults.push({ on, fault });
};
const sent = (method: string): number =>
  account.requests.filter((request) => request.method === method).length;
const anExisting = async (...lines: readonly string[]): Promise<Contact> => {
  await account.putCard('old.vcf', aCard('old', 'EMAIL:old@a.example', ...lines));
  const [contact] = await find(openContactStore(account), 'old@a.example');
  if (contact === undefined) throw new Error('not found');
  return contact;
};
const aGroup = async (...members: readonly string[]): Promise<ContactGroup> => {
  await account.putGroup('G', members);
  const [group] = await openContactStore(account).readGroups(['G']);
  if (group === undefined) throw new Error('no group');
  return group;
};

const omit = (isOmitted: (response: string) => boolean): void => {
  always('report', {
    kind: 'replaceText',
    change: (text) =>
      text.replaceAll(/<d:response>.*?<\/d:response>/gsu, (response) =>
        isOmitted(response) ? '' : response,
      ),
  });
};
const damage = (on: FaultRule['on'], change: (text: string) => string): void => {
  always(on, { kind: 'replaceText', change });
};
const addMember = async (group: ContactGroup): Promise<string> => {
  const store = openContactStore(account);
  await store.readGroups([]);
  return (await store.saveGroupMembers({ group, addUids: ['new'], removeUids: [] })).kind;
};
const replaceInPropfind = (from: string | RegExp, to: string): void => {
  always('propfind', { kind: 'replaceText', change: (text) => text.replace(from, to) });
};
const withoutEnd = (text: string): string => text.replace(/(?<=a@a\.example)\r\nEND:VCARD/u, '');

describe('an answer that is none never passes for an empty address book', () => {
  it.each<[string, Fault, unknown]>([
    ['a log-in page', { kind: 'html' }, MalformedAnswerError],
    ['a log-in page with 207', { kind: 'html', status: 207 }, MalformedAnswerError],
    ['nothing at all', { kind: 'empty' }, MalformedAnswerError],
    [
      'XML that is no multistatus',
      { kind: 'replaceText', change: () => '<d:error xmlns:d="DAV:"/>' },
      MalformedAnswerError,
    ],
    [
      'a document cut short',
      { kind: 'truncateBody', bytes: 150, isClean: true },
      MalformedAnswerError,
    ],
    ['a body cut short', { kind: 'truncateBody', bytes: 150 }, MalformedAnswerError],
    [
      'a listing that the server cut (507)',
      {
        kind: 'replaceText',
        change: (text) =>
          text.replace(
            '</d:multistatus>',
            '<d:response><d:href>/</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response></d:multistatus>',
          ),
      },
      MalformedAnswerError,
    ],
    [
      'a DTD',
      {
        kind: 'replaceText',
        change: (text) => text.replace('?>', '?><!DOCTYPE x [<!ENTITY a "b">]>'),
      },
      MalformedAnswerError,
    ],
    ['a reset', { kind: 'resetBefore' }, NetworkError],
    ['503', { kind: 'status', status: 503 }, HttpStatusError],
    ['401', { kind: 'status', status: 401 }, CredentialsError],
  ])('%s', async (_, fault, expected) => {
    await account.putCard('a.vcf', aCard('a', 'EMAIL:a@a.example'));
    await account.putGroup('G');
    always('report', fault);
    const store = openContactStore(account);

    await expect(find(store, 'a@a.example')).rejects.toBeInstanceOf(expected);
    await expect(store.readGroups([])).rejects.toBeInstanceOf(expected);
  });

  it('and what went wrong once is asked for again', async () => {
    await account.putCard('a.vcf', aCard('a', 'EMAIL:a@a.example'));
    once('report', { kind: 'truncateBody', bytes: 150 });
    once('propfind', { kind: 'status', status: 503 });

    expect(await find(openContactStore(account), 'a@a.example')).toHaveLength(1);
  });
});

describe('a server that does not answer a kind of query', () => {
  it.each([403, 400, 405, 415, 500, 501])('is asked in another way: %i', async (status) => {
    await account.putCard('a.vcf', aCard('a', 'EMAIL:a@a.example'));
    await account.putGroup('G');
    const isFiltered = (request: { readonly body: Buffer }): boolean =>
      request.body.includes('<card:prop-filter');
    const refusal: Fault = { kind: 'status', status };
    account.faults.push({ on: 'report', times: Infinity, when: isFiltered, fault: refusal });
    const withoutFilter = openContactStore(account);

    expect(await find(withoutFilter, 'a@a.example')).toHaveLength(1);
    expect(await withoutFilter.readGroups(['G'])).toHaveLength(1);

    always('report', refusal);
    const withoutReports = openContactStore(account);
    expect(await find(withoutReports, 'a@a.example')).toHaveLength(1);
    expect(await withoutReports.readGroups(['G'])).toHaveLength(1);
    expect(await withoutReports.readGroups(['G', 'None'])).toHaveLength(1);
  });

  it('and refuses everything: the password may not read contacts', async () => {
    const first = openContactStore(account);
    await first.readGroups([]);
    always('any', { kind: 'status', status: 403 });

    await expect(
      openContactStore(account, { remembered: first.remember() }).readGroups([]),
    ).rejects.toBeInstanceOf(CredentialsError);
  });

  it('many cards are asked for together', async () => {
    for (let index = 0; index < 120; index += 1) {
      await account.putCard(`${index}.vcf`, aCard(`uid-${index}`, `EMAIL:a${index}@a.example`));
    }
    damage('report', (text) =>
      text.includes('prop-filter') ? text : text.replaceAll(/(?<=UID:uid-1\d\d\r\n)EMAIL/gu, 'X'),
    );
    const refused: Fault = { kind: 'status', status: 403 };
    const isQuery = (request: { readonly body: Buffer }): boolean =>
      request.body.includes('addressbook-query');
    account.faults.push({ on: 'report', times: Infinity, when: isQuery, fault: refused });
    const store = openContactStore(account);
    await store.readBooks();
    account.clearRequests();

    expect(await find(store, 'a7@a.example')).toHaveLength(1);

    expect([sent('REPORT'), sent('GET')]).toEqual([1 + 3, 0]);
  });
});

describe('one address book of several', () => {
  const inSecond = (path: string): boolean => path.includes('/Second/');

  it.each([404, 410])(
    'that answers %i once is there: nobody gets a second contact',
    async (status) => {
      const second = await account.createAddressBook('Second');
      await account.putCard('b.vcf', aCard('b', 'EMAIL:b@a.example'), second);
      account.faults.push({
        on: 'report',
        when: ({ path }) => inSecond(path),
        fault: { kind: 'status', status },
      });
      const store = openContactStore(account);

      await expect(find(store, 'b@a.example')).rejects.toThrow(`${status}`);
      expect(await find(store, 'b@a.example')).toHaveLength(1);
    },
  );

  it.each([403, 404, 410])('that answers %i does not stop the others', async (status) => {
    const second = await account.createAddressBook('Second');
    await account.putCard('a.vcf', aCard('a', 'EMAIL:a@a.example'));
    await account.putCard('b.vcf', aCard('b', 'EMAIL:b@a.example'), second);
    await account.putGroup('G');
    const early = openContactStore(account);
    await early.readGroups(['G']);
    account.faults.push({
      on: 'any',
      times: Infinity,
      when: ({ path }) => inSecond(path),
      fault: { kind: 'status', status },
    });

    for (const remembered of [null, early.remember()]) {
      const store = openContactStore(account, { remembered });
      expect(await store.readGroups(['G'])).toHaveLength(1);
      expect(await find(store, 'a@a.example')).toHaveLength(1);
      expect(await find(store, 'b@a.example')).toEqual([]);
      expect(store.events.filter(({ event }) => event === 'address_book_unreadable')).toHaveLength(
        1,
      );
    }
  });

  it('that may only be read: its group does not count, and is not looked for again in vain', async () => {
    const second = await account.createAddressBook('Second');
    await account.putCard('g.vcf', aCard('g', 'X-ADDRESSBOOKSERVER-KIND:group', 'FN:G'), second);
    always('propfind', {
      kind: 'replaceText',
      change: (text) =>
        text.replaceAll(
          /(?<=<d:href>[^<]*Second\/<\/d:href>(?:(?!<d:href>).)*<\/c?:?d?:?)(?:resourcetype>)/gsu,
          '$&<d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>',
        ),
    });
    const store = openContactStore(account);

    const groups = await store.readGroups(['G']);

    expect(groups.map(({ name, isReadOnly }) => [name, isReadOnly])).toEqual([['G', true]]);
    expect((await store.createGroup('G')).kind).toBe('updated');
    expect((await store.readGroups(['G'])).map(({ isReadOnly }) => isReadOnly)).toEqual([
      undefined,
      true,
    ]);
  });
});

describe('a card whose response has a status of its own', () => {
  const statusOf = (name: string, status: number): void => {
    damage('report', (text) =>
      text.replaceAll(/<d:response><d:href>[^<]*<\/d:href>.*?<\/d:response>/gsu, (response) =>
        response.includes(`/${name}<`)
          ? response.replace(
              /<d:propstat>.*<\/d:propstat>/su,
              `<d:status>HTTP/1.1 ${status} No</d:status>`,
            )
          : response,
      ),
    );
  };

  it.each([401, 403, 423, 425, 500, 503])('%i: it is there, and read alone', async (status) => {
    const contact = await anExisting();
    const href = await account.putGroup('G');
    statusOf('old.vcf', status);
    statusOf(href.split('/').at(-1) ?? '', status);
    const store = openContactStore(account);

    expect(await find(store, 'old@a.example')).toEqual([contact]);
    expect(await store.readGroups(['G'])).toHaveLength(1);
  });

  it.each([403, 423, 500, 503])(
    '%i, alone too: nobody who may be on it gets a second contact, nor a group is missing',
    async (status) => {
      const contact = await anExisting();
      const href = await account.putGroup('G');
      await account.putCard('b.vcf', aCard('b', 'EMAIL:b@a.example'));
      statusOf('old.vcf', status);
      statusOf(href.split('/').at(-1) ?? '', status);
      always('get-card', { kind: 'status', status });
      const store = openContactStore(account);

      const lookup = await store.readContacts(
        Promise.resolve(new Set([address('old@a.example'), address('b@a.example')])),
      );
      const outcome = await store.saveContact(aWish('old@a.example'));

      expect([...lookup.byAddress.keys()]).toEqual(['b@a.example']);
      expect(lookup.unreadableCards).toContain(contact.href);
      expect(outcome).toMatchObject({
        kind: 'failed',
        problem: expect.stringContaining(contact.href),
      });
      expect(sent('PUT')).toBe(0);
      await expect(store.readGroups(['G'])).rejects.toThrow(/cannot be read/u);
    },
  );

  it.each([404, 410])('%i: it is gone', async (status) => {
    await anExisting();
    statusOf('old.vcf', status);
    const store = openContactStore(account);

    expect(await find(store, 'old@a.example')).toEqual([]);
    expect((await store.saveContact(aWish('old@a.example'))).kind).toBe('created');
  });
});

describe('a listing that lacks what has to be there', () => {
  it('a member of a group: what was left out is read one by one', async () => {
    await account.putCard('a.vcf', aCard('uid-a', 'EMAIL:a@a.example'));
    await account.putGroup('G', ['uid-a']);
    const store = openContactStore(account);
    await store.readGroups(['G']);
    omit((response) => response.includes('a.vcf'));

    expect(await find(store, 'a@a.example')).toHaveLength(1);
  });

  it('a group itself', async () => {
    await account.putCard('a.vcf', aCard('uid-a', 'EMAIL:a@a.example'));
    await account.putGroup('G');
    const store = openContactStore(account);
    await store.readGroups(['G']);
    omit(() => true);

    expect(await find(store, 'a@a.example')).toHaveLength(1);
  });

  it('many cards: the server gives parts for the whole, and nothing is believed', async () => {
    for (let index = 0; index < 60; index += 1) {
      await account.putCard(`${index}.vcf`, aCard(`uid-${index}`, `EMAIL:a${index}@a.example`));
    }
    await account.putGroup('G', ['uid-0']);
    const store = openContactStore(account);
    await store.readGroups(['G']);
    omit((response) => /\/\d+\.vcf/u.test(response));

    await expect(find(store, 'a0@a.example')).rejects.toThrow(/lacks 60/u);
  });

  it('a member that is nowhere was deleted: the listing is believed', async () => {
    await account.putGroup('G', ['long-gone']);
    const store = openContactStore(account);
    await store.readGroups(['G']);

    expect(await find(store, 'a@a.example')).toEqual([]);
  });
});

describe('a listing that has more than 50 cards without their data', () => {
  const CARDS = 120;
  const isAskedBy = (name: string, body: string | Buffer): boolean =>
    body.includes(`addressbook-${name}`);

  beforeEach(async () => {
    for (let index = 0; index < CARDS; index += 1) {
      await account.putCard(`${index}.vcf`, aCard(`uid-${index}`, `EMAIL:a${index}@a.example`));
    }
    account.faults.push({
      on: 'report',
      times: Infinity,
      when: ({ body }) => isAskedBy('query', body),
      fault: {
        kind: 'replaceText',
        change: (text) => text.replace(/BEGIN:VCARD[^<]*END:VCARD/gu, 'too much to render'),
      },
    });
    account.clearRequests();
  });

  it('they are asked for together, 50 a time', async () => {
    expect(await find(openContactStore(account), 'a99@a.example')).toHaveLength(1);

    const together = account.requests.filter(({ body }) => isAskedBy('multiget', body));
    expect(together).toHaveLength(Math.ceil(CARDS / 50));
    expect(sent('GET')).toBe(0);
  });

  it.each([403, 501])('of a server that refuses that (%i), one by one', async (status) => {
    account.faults.push({
      on: 'report',
      times: Infinity,
      when: ({ body }) => isAskedBy('multiget', body),
      fault: { kind: 'status', status },
    });

    expect(await find(openContactStore(account), 'a99@a.example')).toHaveLength(1);
    expect(sent('GET')).toBe(CARDS);
  });
});

describe('one odd card', () => {
  it('that the listing gives damaged is read whole', async () => {
    await account.putCard('a.vcf', aCard('a', 'EMAIL:a@a.example'));
    damage('report', (text) => text.replace(/BEGIN:VCARD.*?END:VCARD/su, 'cannot render'));
    const store = openContactStore(account);

    expect(await find(store, 'a@a.example')).toHaveLength(1);
    expect(store.events.map(({ event }) => event)).not.toContain('card_unreadable');
  });

  it('that is damaged as it is stored: its address is known, it is said once, and never written', async () => {
    await account.putCard('a.vcf', aCard('a', 'EMAIL:a@a.example'));
    await account.putCard('b.vcf', aCard('b', 'EMAIL:b@a.example'));
    damage('report', withoutEnd);
    damage('get-card', withoutEnd);
    const store = openContactStore(account);

    const [existing] = await find(store, 'a@a.example');
    const others = await find(store, 'b@a.example');
    const outcome = await store.saveContact(aWish('a@a.example', { existing: existing ?? null }));

    expect(existing?.uid).toBe('a');
    expect(others).toHaveLength(1);
    expect(store.events.filter(({ event }) => event === 'card_unreadable')).toHaveLength(1);
    expect(outcome.kind).toBe('refused');
    expect(sent('PUT')).toBe(0);
  });

  it('that the server does not give out does not stop the others', async () => {
    await account.putCard('a.vcf', aCard('a', 'EMAIL:a@a.example'));
    await account.putCard('b.vcf', aCard('b', 'EMAIL:b@a.example'));
    damage('report', (text) => text.replace(/BEGIN:VCARD(?:(?!END).)*?UID:a\b.*?END:VCARD/su, ''));
    always('get-card', { kind: 'status', status: 500 });
    const store = openContactStore(account);

    expect(await find(store, 'b@a.example')).toHaveLength(1);
    expect(store.events.map(({ event }) => event)).toContain('card_unreadable');
  });

  it('that is listed and answers 404 has failed for now: there is no second one', async () => {
    const existing = await anExisting('item1.TEL:1');
    always('get-card', { kind: 'status', status: 404 });
    const store = openContactStore(account);
    await find(store, 'old@a.example');

    const outcome = await store.saveContact(aWish('old@a.example', { existing }));

    expect(outcome).toMatchObject({
      kind: 'failed',
      problem: expect.stringContaining('the server lists the card, and has none'),
    });
    expect(sent('PUT')).toBe(0);
  });

  it('without a UID cannot be in a group: refused', async () => {
    const existing = await anExisting();
    damage('get-card', (text) => text.replace('UID:old\r\n', ''));

    const outcome = await openContactStore(account).saveContact(
      aWish('old@a.example', { existing: { ...existing, uid: '' } }),
    );

    expect(outcome).toMatchObject({ kind: 'refused', problem: expect.stringContaining('no UID') });
  });
});

describe('a new contact', () => {
  it.each<[string, Fault, string]>([
    ['refused for good', { kind: 'status', status: 403 }, 'refused'],
    ['too large', { kind: 'status', status: 413 }, 'refused'],
    ['locked', { kind: 'status', status: 423 }, 'failed'],
    ['conflict', { kind: 'status', status: 409 }, 'failed'],
    ['the book is gone', { kind: 'status', status: 404 }, 'failed'],
    ['server error', { kind: 'status', status: 500 }, 'failed'],
    ['no space', { kind: 'status', status: 507 }, 'failed'],
    ['reset', { kind: 'resetBefore' }, 'failed'],
    ['a log-in page is no success', { kind: 'html' }, 'failed'],
    ['nor one with 201', { kind: 'html', status: 201 }, 'failed'],
    ['200 is, 202 is none', { kind: 'status', status: 202 }, 'failed'],
    ['in conflict with nobody that is there', { kind: 'status', status: 412 }, 'created'],
  ])('%s', async (_, fault, kind) => {
    if (kind === 'created') once('put-card', fault);
    else always('put-card', fault);

    const outcome = await openContactStore(account).saveContact(aWish('a@a.example'));

    expect(outcome.kind).toBe(kind);
    expect((await account.cards()).size).toBe(kind === 'created' ? 1 : 0);
  });

  it.each<[string, Fault, unknown]>([
    ['password refused', { kind: 'status', status: 401 }, CredentialsError],
    [
      'sent to another host',
      { kind: 'status', status: 307, headers: { location: 'https://evil.example/' } },
      UrlNotTrustedError,
    ],
  ])('%s: the run is broken', async (_, fault, expected) => {
    always('put-card', fault);

    await expect(
      openContactStore(account).saveContact(aWish('a@a.example')),
    ).rejects.toBeInstanceOf(expected);
  });

  it('whose answer is empty and called a page is there: so sabre/dav says it', async () => {
    always('put-card', {
      kind: 'status',
      status: 201,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      isDone: true,
    });

    const outcome = await openContactStore(account).saveContact(aWish('a@a.example'));

    expect(outcome.kind).toBe('created');
    expect((await account.cards()).size).toBe(1);
  });

  it('whose answer got lost is there once', async () => {
    once('put-card', { kind: 'resetAfter' });

    const outcome = await openContactStore(account).saveContact(aWish('a@a.example'));

    expect(contactOf(outcome).uid).toBe(uidFor(address('a@a.example')));
    expect((await account.cards()).size).toBe(1);
  });

  it.each([
    ['is that card', [], 'updated', 1],
    ['and is somebody else’s gets the next UID', ['EMAIL:b@a.example'], 'created', 2],
  ] as const)('whose UID stands under another href %s', async (_, lines, kind, nth) => {
    const strict = await startStandIn({ refusesUidElsewhere: true });
    try {
      const uid = uidFor(address('a@a.example'));
      await strict.putCard('elsewhere.vcf', aCard(uid, ...lines));

      const outcome = await openContactStore(strict).saveContact(aWish('a@a.example'));

      expect(outcome.kind).toBe(kind);
      expect(contactOf(outcome).uid).toBe(uidFor(address('a@a.example'), nth));
      expect(contactOf(outcome).addresses).toEqual(['a@a.example']);
    } finally {
      await strict.close();
    }
  });
});

describe('an existing contact', () => {
  it.each<[string, Fault]>([
    ['without an ETag', { kind: 'dropEtag' }],
    ['with a weak ETag', { kind: 'alterEtag', change: (etag) => `W/${etag}` }],
    ['with an ETag that is none', { kind: 'alterEtag', change: () => 'abc' }],
  ])('%s is written by the one that PROPFIND has', async (_, fault) => {
    const existing = await anExisting();
    always('get-card', fault);

    const outcome = await openContactStore(account).saveContact(
      aWish('old@a.example', { existing }),
    );

    expect(outcome.kind).toBe('updated');
    expect(sent('PUT')).toBe(1);
  });

  it('that changed between GET and PROPFIND is not overwritten', async () => {
    const existing = await anExisting();
    always('get-card', { kind: 'dropEtag' });
    account.faults.push({
      on: 'propfind',
      when: ({ path }) => path.endsWith('old.vcf'),
      fault: {
        kind: 'otherClient',
        act: async () => {
          await account.putCard('old.vcf', aCard('old', 'EMAIL:old@a.example', 'NOTE:theirs'));
        },
      },
    });

    const outcome = await openContactStore(account).saveContact(
      aWish('old@a.example', { existing }),
    );

    expect(outcome.kind).toBe('failed');
    expect(await storedCard(account, existing.href)).toContain('NOTE:theirs');
    expect(sent('PUT')).toBe(0);
  });

  it.each([403, 413, 415, 507])(
    'that lacks only a NOTE line, which the server refuses with %i: a warning',
    async (status) => {
      const existing = await anExisting();
      always('put-card', { kind: 'status', status });
      const store = openContactStore(account);

      const outcome = await store.saveContact(aWish('old@a.example', { existing }));

      expect(outcome).toEqual({ kind: 'unchanged', contact: existing });
      expect(store.events.filter(({ event }) => event === 'contact_note_failed')).toHaveLength(1);
    },
  );

  it.each([
    [403, 'refused'],
    [507, 'failed'],
  ])('that lacks its address, which the server refuses with %i: %s', async (status, kind) => {
    const existing = await anExisting();
    always('put-card', { kind: 'status', status });

    const outcome = await openContactStore(account).saveContact(
      aWish('new@a.example', { existing }),
    );

    expect(outcome.kind).toBe(kind);
  });

  it('is read back where the answer has no ETag; what the server dropped is said once', async () => {
    const existing = await anExisting('X-DROPPED:1', 'TEL:1');
    always('put-card', { kind: 'dropEtag' });
    always('get-card', {
      kind: 'replaceText',
      change: (text) => (text.includes('Mailroom 20') ? text.replace('X-DROPPED:1\r\n', '') : text),
    });
    const store = openContactStore(account);

    for (const to of ['Feed', 'Jail']) {
      const decision = { to, groupCategory: null, today: '2026-11-21' };
      const outcome = await store.saveContact(aWish('old@a.example', { existing, decision }));
      expect(outcome.kind).toBe('updated');
    }

    expect(store.events.filter(({ event }) => event === 'card_lines_lost')).toEqual([
      { event: 'card_lines_lost', fields: { card: existing.href, lines: ['X-DROPPED'] } },
    ]);
  });

  it.each<[string, Fault]>([['without an ETag anywhere', { kind: 'dropEtag' }]])(
    '%s is not written',
    async (_, fault) => {
      const existing = await anExisting();
      always('get-card', fault);
      damage('propfind', (text) => text.replaceAll(/<d:getetag>.*?<\/d:getetag>/gu, ''));

      const outcome = await openContactStore(account).saveContact(
        aWish('old@a.example', { existing }),
      );

      expect(outcome.kind).toBe('failed');
      expect(sent('PUT')).toBe(0);
    },
  );

  it('that others write all the time is given up, and left as they have it', async () => {
    const existing = await anExisting();
    let writes = 0;
    always('put-card', {
      kind: 'otherClient',
      act: async () => {
        writes += 1;
        await account.putCard('old.vcf', aCard('old', 'EMAIL:old@a.example', `NOTE:${writes}`));
      },
    });

    const outcome = await openContactStore(account).saveContact(
      aWish('old@a.example', { existing }),
    );

    expect(outcome.kind).toBe('failed');
    expect([sent('PUT'), writes]).toEqual([4, 4]);
    expect(await storedCard(account, existing.href)).toContain('NOTE:4');
  });

  it('that was written once in between has both', async () => {
    const existing = await anExisting();
    once('put-card', {
      kind: 'otherClient',
      act: async () => {
        await account.putCard('old.vcf', aCard('old', 'EMAIL:old@a.example', 'NOTE:theirs'));
      },
    });

    const outcome = await openContactStore(account).saveContact(
      aWish('old@a.example', { existing }),
    );

    expect(outcome.kind).toBe('updated');
    expect(await storedCard(account, existing.href)).toContain(
      `NOTE:theirs\\nMailroom ${TODAY}: Feed`,
    );
  });

  it('whose answer got lost has one line, and is said to be updated', async () => {
    const existing = await anExisting();
    once('put-card', { kind: 'resetAfter' });

    const outcome = await openContactStore(account).saveContact(
      aWish('old@a.example', { existing }),
    );

    expect(outcome.kind).toBe('updated');
    expect((await storedCard(account, existing.href)).match(/Mailroom/gu)).toHaveLength(1);
  });

  it('that became another card meanwhile is left alone', async () => {
    const existing = await anExisting();
    await account.deleteCard(existing.href);
    await account.putCard('old.vcf', aCard('other-uid', 'EMAIL:old@a.example'));

    const outcome = await openContactStore(account).saveContact(
      aWish('old@a.example', { existing }),
    );

    expect(outcome.kind).toBe('failed');
    expect(sent('PUT')).toBe(0);
  });

  it('in a book that may only be read is taken as it is', async () => {
    const existing = await anExisting();
    always('propfind', {
      kind: 'replaceText',
      change: (text) =>
        text
          .replaceAll(
            /<d:propstat><d:prop>(?:<d:current-user-privilege-set>.*?)<\/d:propstat>/gsu,
            '',
          )
          .replaceAll(
            '<d:collection/><c:addressbook/></d:resourcetype>',
            '$&<d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>',
          ),
    });

    const outcome = await openContactStore(account).saveContact(
      aWish('old@a.example', { existing }),
    );

    expect(outcome).toEqual({ kind: 'unchanged', contact: existing });
    expect(sent('PUT')).toBe(0);
  });
});

describe('a group', () => {
  it.each<[string, FaultRule['on'], Fault, string]>([
    ['refused for good', 'put-card', { kind: 'status', status: 403 }, 'refused'],
    ['a log-in page is no success', 'put-card', { kind: 'html' }, 'failed'],
    ['server error', 'put-card', { kind: 'status', status: 500 }, 'failed'],
    ['its answer got lost', 'put-card', { kind: 'resetAfter' }, 'updated'],
  ])('%s', async (_, on, fault, kind) => {
    const group = await aGroup('old');
    if (kind === 'updated') once(on, fault);
    else always(on, fault);

    expect(await addMember(group)).toBe(kind);
  });

  it.each<[string, (text: string) => string]>([
    ['with line ends that XML changed', (text) => text.replaceAll('\r\n', '\n')],
    ['with octets that XML cannot carry', (text) => text.replace('FN:G', 'FN:G\uFFFD')],
    [
      'of another length than it is stored',
      (text) => text.replaceAll('<d:prop>', '<d:prop><d:getcontentlength>7</d:getcontentlength>'),
    ],
    ['without an ETag in the listing', (text) => text.replace(/<d:getetag>.*?<\/d:getetag>/u, '')],
    ['with a weak ETag in the listing', (text) => text.replace('<d:getetag>"', '<d:getetag>W/"')],
  ])('%s is read as it is stored before it is written', async (_, change) => {
    const group = await aGroup('old');
    const before = await storedCard(account, group.href);
    always('report', { kind: 'replaceText', change });
    account.clearRequests();

    expect(await addMember(group)).toBe('updated');
    expect([sent('GET'), sent('PUT')]).toEqual([1, 1]);
    expect(await storedCard(account, group.href)).toBe(
      before.replace('END:', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:new\r\nEND:'),
    );
  });

  it('that is gone is a failure', async () => {
    const group = await aGroup();
    await account.deleteCard(group.href);

    expect(await addMember(group)).toBe('failed');
  });

  it('that is no group any more is left alone', async () => {
    const group = await aGroup();
    const store = openContactStore(account);
    await store.readGroups([]);
    await account.deleteCard(group.href);
    await account.putCard(group.href.split('/').at(-1) ?? '', aCard('x', 'FN:G'));

    const outcome = await store.saveGroupMembers({ group, addUids: ['new'], removeUids: [] });

    expect(outcome.kind).toBe('failed');
    expect(await storedCard(account, group.href)).not.toContain('MEMBER');
  });
});

describe('discovery', () => {
  it.each<[string, Fault]>([
    ['404', { kind: 'status', status: 404 }],
    ['403', { kind: 'status', status: 403 }],
    ['400', { kind: 'status', status: 400 }],
    ['500', { kind: 'status', status: 500 }],
    ['a page', { kind: 'html' }],
    ['a redirect to a page', { kind: 'status', status: 302, headers: { location: '/page' } }],
  ])('goes on from the server’s own URL where the well-known address is %s', async (_, fault) => {
    always('well-known', fault);
    await account.putGroup('G');

    expect(await openContactStore(account).readGroups(['G'])).toHaveLength(1);
  });

  it('stops at refused credentials', async () => {
    always('well-known', { kind: 'status', status: 401 });

    await expect(openContactStore(account).readGroups([])).rejects.toBeInstanceOf(CredentialsError);
    expect(account.requests).toHaveLength(1);
  });

  it.each<[string, (text: string) => string]>([
    ['//dav/', (text) => text.replaceAll('<d:href>/dav/', '<d:href>//dav/')],
    [
      'its own host',
      (text) => text.replaceAll('<d:href>/dav/', `<d:href>//${new URL(account.origin).host}/dav/`),
    ],
    ['@ for %40', (text) => text.replaceAll('%40', '@')],
    ['UTF8 without a hyphen', (text) => text.replace('encoding="utf-8"', 'encoding="UTF8"')],
  ])('understands hrefs with %s', async (_, change) => {
    const contact = await anExisting();
    const groupHref = await account.putGroup('G', ['old']);
    damage('report', change);
    damage('propfind', change);
    const store = openContactStore(account);

    const [group] = await store.readGroups(['G']);
    const found = await find(store, 'old@a.example');

    expect(decodeURIComponent(group?.href ?? '').replace('//', '/')).toBe(
      decodeURIComponent(groupHref),
    );
    expect(found.map(({ uid }) => uid)).toEqual([contact.uid]);
    expect(
      (await store.saveContact(aWish('old@a.example', { existing: found[0] ?? null }))).kind,
    ).toBe('updated');
  });

  it('one listing with @ and one with %40 have the same cards', async () => {
    await account.putCard('a@b.vcf', aCard('old', 'EMAIL:old@a.example'));
    await account.putGroup('G', ['old']);
    const store = openContactStore(account);
    await store.readGroups(['G']);
    damage('report', (text) => text.replaceAll('%40', '@'));
    account.clearRequests();

    expect(await find(store, 'old@a.example')).toHaveLength(1);

    // Nothing seemed to be missing: no other look at the book.
    expect(sent('PROPFIND')).toBe(0);
  });

  it('new cards go to the default book, in whatever case, before others', async () => {
    await account.createAddressBook('A');
    damage('propfind', (text) => text.replaceAll('/Default/', '/default/'));

    const [book] = await openContactStore(account).readBooks();

    expect(book?.url).toMatch(/\/default\/$/u);
  });

  it.each<[string, string | RegExp, string, unknown]>([
    [
      'no principal',
      /<d:current-user-principal>.*?<\/d:current-user-principal>/su,
      '',
      AccountError,
    ],
    ['no home', /<c:addressbook-home-set>.*?<\/c:addressbook-home-set>/su, '', AccountError],
    ['no address book', '<c:addressbook/>', '', AccountError],
    [
      'a home on another host',
      /(?<=<c:addressbook-home-set><d:href>)/su,
      'https://evil.example',
      UrlNotTrustedError,
    ],
    [
      'a home without TLS',
      /(?<=<c:addressbook-home-set><d:href>)/su,
      'http://evil.example',
      UrlNotTrustedError,
    ],
  ])('%s', async (_, from, to, expected) => {
    replaceInPropfind(from, to);
    const store = openContactStore(account);

    await expect(store.readGroups([])).rejects.toBeInstanceOf(expected);
    expect(store.remember()).toBeNull();
  });

  it.each<[string, Fault, unknown]>([
    ['the password is refused', { kind: 'status', status: 401 }, CredentialsError],
    ['there is a page where the book was', { kind: 'html' }, MalformedAnswerError],
  ])('is forgotten when %s', async (_, fault, expected) => {
    const first = openContactStore(account);
    await first.readGroups([]);
    always('report', fault);
    const store = openContactStore(account, { remembered: first.remember() });

    await expect(store.readGroups([])).rejects.toBeInstanceOf(expected);

    expect(store.remember()).toBeNull();
  });

  it('is kept when the server has a bad day', async () => {
    const first = openContactStore(account);
    await first.readGroups([]);
    const store = openContactStore(account, { remembered: first.remember() });
    await store.readGroups([]);
    always('report', { kind: 'status', status: 503 });

    await expect(store.readGroups([])).rejects.toBeInstanceOf(HttpStatusError);

    expect(store.remember()).toEqual(first.remember());
  });

  it('a card on another host is a broken listing', async () => {
    await account.putGroup('G');
    always('report', {
      kind: 'replaceText',
      change: (text) => text.replace('<d:href>', '<d:href>https://evil.example'),
    });

    await expect(openContactStore(account).readGroups([])).rejects.toThrow(/evil\.example/u);
  });
});

describe('a card that is to be deleted, because its decision is taken back', () => {
  it.each<[number, string, boolean]>([
    [403, 'kept', true],
    [405, 'kept', true],
    [501, 'kept', true],
    [412, 'kept', true],
    [404, 'removed', true],
    [400, 'refused', true],
    [423, 'failed', true],
  ])('where the server answers %i: %s', async (status, kind, isThere) => {
    const of = 'gone@a.example';
    const store = openContactStore(account);
    const card = contactOf(await store.saveContact(aWish(of)));
    const maker = { address: address(of), names: [card.name], categories: [aWish(of).decision.to] };
    always('delete-card', { kind: 'status', status });

    const outcome = await store.removeContact(card, maker);

    expect([outcome.kind, (await account.cards()).has(card.href)]).toEqual([kind, isThere]);
    expect(sent('DELETE')).toBe(1);
  });
});
