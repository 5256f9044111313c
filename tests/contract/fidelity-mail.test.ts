import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findSender } from '../../src/triage/sender.ts';
import { describeEachServer, type TestAccount } from '../support/test-account.ts';
import { callJmap, type Invocation, MAIL_CAPABILITIES, readSession } from '../support/wire.ts';
import { openMailStore } from './open-mail-store.ts';

/*
 * What a client can observe of a JMAP server, the same on the stand-in and on a real one. The stand-in
 * may be stricter (the last table says where), never kinder.
 */

type Args = Readonly<Record<string, unknown>>;

/** A mail account with the least of a client around it. */
interface Mail {
  readonly account: TestAccount;
  readonly apiUrl: string;
  readonly accountId: string;
  /** The response to one method call: its arguments, or the error type. */
  invoke(method: string, args: Args): Promise<Args | string>;
  call(calls: readonly (readonly [string, Args])[]): Promise<readonly Invocation[]>;
}

async function openMail(account: TestAccount): Promise<Mail> {
  const { apiUrl, accountId } = await readSession(account.sessionUrl, account.token);
  const call: Mail['call'] = async (calls) => {
    const withIds = calls.map(([name, args], index) => [
      name,
      { accountId, ...args },
      String(index),
    ]);
    return (await callJmap(apiUrl, account.token, withIds)).methodResponses;
  };
  const invoke: Mail['invoke'] = async (method, args) => {
    const [first] = await call([[method, args]]);
    if (first === undefined) throw new Error(`no response to ${method}`);
    return first[0] === 'error' ? String(first[1]['type']) : first[1];
  };
  return { account, apiUrl, accountId, invoke, call };
}

function idsOf(response: Args | string): readonly string[] {
  if (typeof response === 'string') throw new Error(response);
  return response['ids'] as readonly string[];
}

const OLDEST_FIRST = [{ property: 'receivedAt', isAscending: true }];

describeEachServer('mail', ({ name, open }) => {
  let mail: Mail;
  let account: TestAccount;
  beforeAll(async () => {
    account = await open();
    mail = await openMail(account);
  });
  afterAll(() => account.close());

  describe('credentials', () => {
    it.each<[string, Record<string, string>]>([
      ['none', {}],
      ['a wrong token', { authorization: 'Bearer wrong-token' }],
      ['a wrong password', { authorization: `Basic ${btoa('alice:wrong')}` }],
    ])('%s: 401 for the session and for the API', async (_, headers) => {
      const session = await fetch(account.sessionUrl, { headers });
      const api = await fetch(mail.apiUrl, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ using: MAIL_CAPABILITIES, methodCalls: [] }),
      });

      expect([session.status, api.status]).toEqual([401, 401]);
    });
  });

  describe('a request that is none', () => {
    const using = MAIL_CAPABILITIES;
    it.each([
      ['not JSON', '{', 'application/json', 400, 'notJSON'],
      ['an array', '[]', 'application/json', 400, 'notRequest'],
      ['without using', '{"methodCalls":[]}', 'application/json', 400, 'notRequest'],
      ['without calls', JSON.stringify({ using }), 'application/json', 400, 'notRequest'],
      [
        'with half a call',
        JSON.stringify({ using, methodCalls: [['Mailbox/get']] }),
        'application/json',
        400,
        'notRequest',
      ],
      [
        'with an unknown capability',
        JSON.stringify({ using: ['urn:unknown'], methodCalls: [] }),
        'application/json',
        400,
        'unknownCapability',
      ],
      ['as text/plain', JSON.stringify({ using, methodCalls: [] }), 'text/plain', 415, null],
    ])('%s', async (_, body, contentType, status, type) => {
      const headers = { authorization: `Bearer ${account.token}`, 'content-type': contentType };
      const response = await fetch(mail.apiUrl, { method: 'POST', headers, body });
      const text = await response.text();
      const isProblem = (response.headers.get('content-type') ?? '').startsWith(
        'application/problem+json',
      );
      const problem = isProblem ? (JSON.parse(text) as { type: string }).type : null;

      expect([response.status, problem]).toEqual([
        status,
        type === null ? null : `urn:ietf:params:jmap:error:${type}`,
      ]);
    });
  });

  describe('a method that fails alone', () => {
    it.each<[string, string, Args, string]>([
      ['an unknown method', 'Foo/get', {}, 'unknownMethod'],
      ['an account that is not there', 'Mailbox/get', { accountId: 'other' }, 'accountNotFound'],
      ['an unknown argument', 'Email/query', { bogus: 1 }, 'invalidArguments'],
      ['a negative limit', 'Email/query', { limit: -1 }, 'invalidArguments'],
      ['an unknown filter', 'Email/query', { filter: { bogus: 1 } }, 'invalidArguments'],
      [
        'a filter on an unknown mailbox',
        'Email/query',
        { filter: { inMailbox: 'no-such-mailbox' } },
        'invalidArguments',
      ],
      [
        'an unknown operator',
        'Email/query',
        { filter: { operator: 'XOR', conditions: [{ from: 'x' }] } },
        'invalidArguments',
      ],
      ['a date that is none', 'Email/query', { filter: { after: 'today' } }, 'invalidArguments'],
      ['an unknown sort', 'Email/query', { sort: [{ property: 'bogus' }] }, 'unsupportedSort'],
      ['an unknown property', 'Email/get', { ids: [], properties: ['bogus'] }, 'invalidArguments'],
      ['ids that are no list', 'Email/get', { ids: 'x' }, 'invalidArguments'],
      ['a state that is not', 'Email/set', { ifInState: 'bogus', update: {} }, 'stateMismatch'],
    ])('%s: %s answers %o with %s', async (_, method, args, type) => {
      const responses = await mail.call([
        [method, args],
        ['Mailbox/get', { ids: [] }],
      ]);

      expect(responses.map(([name, { type }]) => [name, type])).toEqual([
        ['error', type],
        ['Mailbox/get', undefined],
      ]);
    });

    it('an operator without conditions is an invalid argument; the newest Cyrus takes it', async () => {
      const answer = await mail.invoke('Email/query', {
        filter: { operator: 'OR', conditions: [] },
      });
      const outcome = typeof answer === 'string' ? answer : 'taken';

      expect(outcome).toBe(account.kind === 'cyrus-new' ? 'taken' : 'invalidArguments');
    });

    it('a method whose capability is not in using is unknown', async () => {
      const calls = [['Mailbox/get', { accountId: mail.accountId }, '0']];
      const using = ['urn:ietf:params:jmap:core'];
      const { methodResponses } = await callJmap(mail.apiUrl, account.token, calls, using);

      expect(methodResponses).toMatchObject([['error', { type: 'unknownMethod' }, '0']]);
    });
  });

  describe('mailboxes', () => {
    it('are created, counted, and found under a parent of the same request', async () => {
      const answer = await mail.invoke('Mailbox/set', {
        create: { top: { name: 'Top', parentId: null }, sub: { name: 'Sub', parentId: '#top' } },
      });
      const topId = await account.mailboxId('Top');
      const subId = await account.mailboxId('Top/Sub');
      await account.addEmail({ from: 'a@example.com', mailboxIds: [topId, subId] });
      const got = await mail.invoke('Mailbox/get', {
        ids: [topId, subId, 'no-such-mailbox'],
        properties: ['name', 'parentId', 'role', 'totalEmails'],
      });

      expect(answer).toMatchObject({ created: { top: { id: topId }, sub: { id: subId } } });
      expect(got).toMatchObject({
        list: [
          { id: topId, name: 'Top', parentId: null, role: null, totalEmails: 1 },
          { id: subId, name: 'Sub', parentId: topId, role: null, totalEmails: 1 },
        ],
        notFound: ['no-such-mailbox'],
      });
    });

    it.each<[string, Args, string]>([
      ['a name that is taken', { name: 'Archive', parentId: null }, 'name'],
      ['a parent that is not there', { name: 'X', parentId: 'no-such-mailbox' }, 'parentId'],
    ])('%s is refused', async (_, mailbox, property) => {
      const answer = await mail.invoke('Mailbox/set', { create: { x: mailbox } });

      expect(answer).toMatchObject({
        notCreated: { x: { type: 'invalidProperties', properties: [property] } },
      });
    });

    it('the account has those with roles', async () => {
      const answer = (await mail.invoke('Mailbox/get', { ids: null })) as Args;
      const roles = (answer['list'] as readonly Args[]).map(({ role }) => role);

      expect(roles).toEqual(
        expect.arrayContaining(['inbox', 'archive', 'drafts', 'sent', 'junk', 'trash']),
      );
    });
  });

  describe('Email/query', () => {
    const SIZE = 23;
    let a = '';
    let b = '';
    let c = '';
    /** Of a and b, oldest first; several of each second. */
    let ordered: readonly string[] = [];
    let inBoth = '';
    beforeAll(async () => {
      a = await account.createMailbox('Query A');
      b = await account.createMailbox('Query B');
      c = await account.createMailbox('Query C');
      const added: string[] = [];
      for (let index = 0; index < SIZE; index += 1) {
        const mailboxIds = index === 5 ? [a, b] : [[a], [b], [c]][index % 3]!;
        const second = String(10 + ((index * 7) % 10));
        const receivedAt = `2026-01-01T00:00:${second}Z`;
        const from = `Sender ${index} <s${index}@example.com>`;
        added.push(await account.addEmail({ from, mailboxIds, receivedAt, subject: `${index}` }));
      }
      inBoth = added[5]!;
      ordered = idsOf(await mail.invoke('Email/query', { filter: inEither(), sort: OLDEST_FIRST }));
    });
    const inEither = (): Args => ({
      operator: 'OR',
      conditions: [{ inMailbox: a }, { inMailbox: b }],
    });
    const query = async (args: Args): Promise<Args> => {
      const answer = await mail.invoke('Email/query', {
        filter: inEither(),
        sort: OLDEST_FIRST,
        ...args,
      });
      if (typeof answer === 'string') throw new Error(answer);
      return answer;
    };

    it('an email in both mailboxes of an OR comes once, and order is by time', async () => {
      const got = (await mail.invoke('Email/get', {
        ids: ordered,
        properties: ['receivedAt', 'mailboxIds'],
      })) as { list: readonly { id: string; receivedAt: string; mailboxIds: Args }[] };
      const byId = new Map(got.list.map((email) => [email.id, email]));
      const times = ordered.map((id) => byId.get(id)?.receivedAt ?? '');

      expect(ordered).toHaveLength(17);
      expect(new Set(ordered).size).toBe(17);
      expect(times).toEqual(times.toSorted());
      expect(Object.keys(byId.get(inBoth)?.mailboxIds ?? {}).toSorted()).toEqual([a, b].toSorted());
    });

    it('descending is the other way round', async () => {
      const sort = [{ property: 'receivedAt', isAscending: false }];
      const descending = idsOf(await query({ sort }));

      expect(new Set(descending)).toEqual(new Set(ordered));
      expect(descending.at(-1)).not.toBe(ordered.at(-1));
    });

    it.each<[string, () => Args, number]>([
      ['AND', () => ({ operator: 'AND', conditions: [{ inMailbox: a }, { inMailbox: b }] }), 1],
      [
        'AND NOT',
        () => ({
          operator: 'AND',
          conditions: [{ inMailbox: a }, { operator: 'NOT', conditions: [{ inMailbox: b }] }],
        }),
        8,
      ],
      ['two properties', () => ({ inMailbox: c, after: '2026-01-01T00:00:15Z' }), 4],
    ])('%s', async (_, filter, count) => {
      expect(idsOf(await query({ filter: filter() }))).toHaveLength(count);
    });

    it.each<[string, Args, number, number]>([
      ['from the start', { position: 0, limit: 5 }, 0, 5],
      ['in the middle', { position: 7, limit: 3 }, 7, 10],
      ['the last page is short', { position: 14, limit: 5 }, 14, 17],
      ['beyond the end', { position: 300, limit: 5 }, 17, 17],
      ['no limit', { position: 3 }, 3, 17],
      ['limit 0', { limit: 0 }, 0, 0],
      ['from the end', { position: -3 }, 14, 17],
      ['before the start', { position: -300, limit: 2 }, 0, 2],
    ])('position: %s', async (_, args, from, to) => {
      const answer = await query(args);

      expect(answer['ids']).toEqual(ordered.slice(from, to));
      expect(answer['position']).toBe(from);
    });

    it.each<[string, number, Args, number, number]>([
      ['the page after', 4, { anchorOffset: 1, limit: 5 }, 5, 10],
      ['itself first', 4, { limit: 2 }, 4, 6],
      ['before it', 8, { anchorOffset: -2, limit: 3 }, 6, 9],
      ['before the start', 1, { anchorOffset: -5, limit: 3 }, 0, 3],
      ['after the last is empty', 16, { anchorOffset: 1, limit: 5 }, 17, 17],
      ['position does not matter', 1, { anchorOffset: 1, position: 9, limit: 3 }, 2, 5],
    ])('anchor: %s', async (_, at, args, from, to) => {
      const answer = await query({ anchor: ordered[at], ...args });

      expect(answer['ids']).toEqual(ordered.slice(from, to));
      expect(answer['position']).toBe(from);
    });

    it('pages by anchor are complete, once each, in order', async () => {
      const pages: string[] = [];
      for (;;) {
        const anchor = pages.length === 0 ? {} : { anchor: pages.at(-1), anchorOffset: 1 };
        const page = idsOf(await query({ ...anchor, limit: 3 }));
        if (page.length === 0) break;
        pages.push(...page);
      }

      expect(pages).toEqual(ordered);
    });

    it('a page by anchor is not shifted by what left before it', async () => {
      const box = await account.createMailbox('Query D');
      const ids: string[] = [];
      for (let index = 0; index < 6; index += 1) {
        const receivedAt = `2026-01-02T00:00:0${index}Z`;
        ids.push(await account.addEmail({ from: 'd@example.com', mailboxIds: [box], receivedAt }));
      }
      await account.moveEmail(ids[0]!, { add: [c], remove: [box] });
      const args = { filter: { inMailbox: box }, sort: OLDEST_FIRST, limit: 2 };
      const next = await query({ ...args, anchor: ids[2], anchorOffset: 1 });
      await account.moveEmail(ids[2]!, { add: [c], remove: [box] });
      const gone = await mail.invoke('Email/query', { ...args, anchor: ids[2], anchorOffset: 1 });

      expect(next['ids']).toEqual(ids.slice(3, 5));
      expect(gone).toBe('anchorNotFound');
    });

    it.each(['no-such-email', 'M000000000000000000000000'])(
      'anchor %s: not found',
      async (anchor) => {
        const filter = inEither();

        expect(await mail.invoke('Email/query', { filter, anchor })).toBe('anchorNotFound');
      },
    );

    it('the total is told when asked for', async () => {
      expect(await query({ limit: 2, calculateTotal: true })).toMatchObject({ total: 17 });
    });

    it('the answer to the same query under the same state is the same', async () => {
      const first = await query({});
      const second = await query({});

      expect(second).toEqual(first);
    });

    it.each([
      ['an address', 's1@example.com', ['1']],
      ['an address in other letter case', 'S1@EXAMPLE.com', ['1']],
      ['part of an address is no match', '1@example.com', []],
      ['a name', 'Sender 1', ['1']],
    ])('from: %s', async (_, from, subjects) => {
      // The index lags behind.
      const everybody = { filter: { from: 'example.com', inMailbox: a } };
      await expect
        .poll(async () => idsOf(await mail.invoke('Email/query', everybody)).length, {
          timeout: 10_000,
        })
        .toBe(9);
      const filter = { ...inEither(), operator: 'AND', conditions: [inEither(), { from }] };
      const responses = await mail.call([
        ['Email/query', { filter }],
        [
          'Email/get',
          {
            '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' },
            properties: ['subject'],
          },
        ],
      ]);
      const list = responses[1]?.[1]['list'] as readonly Args[];

      expect(list.map(({ subject }) => subject)).toEqual(subjects);
    });
  });

  describe('result references', () => {
    const reference = (change: Args): Args => ({
      '#ids': { resultOf: '0', name: 'Mailbox/get', path: '/list/*/id', ...change },
      properties: ['name'],
    });
    const second = async (args: Args): Promise<Invocation> => {
      const [, response] = await mail.call([
        ['Mailbox/get', { ids: null, properties: ['name'] }],
        ['Mailbox/get', args],
      ]);
      if (response === undefined) throw new Error('one response only');
      return response;
    };

    it('a path over a list gives its values', async () => {
      const [name, { list, notFound }] = await second(reference({}));

      expect([name, notFound]).toEqual(['Mailbox/get', []]);
      expect((list as readonly Args[]).length).toBeGreaterThan(5);
    });

    it.each<[string, Args]>([
      ['to a call that was not made', { resultOf: '9' }],
      ['to another method', { name: 'Email/query' }],
      ['to a path that is not there', { path: '/nowhere' }],
    ])('%s: the call fails', async (_, change) => {
      const [name, { type }] = await second(reference(change));

      // Cyrus 3.6 says it in its own way.
      expect(name).toBe('error');
      expect(['invalidResultReference', 'resultReference']).toContain(type);
    });

    it('beside the same argument is an error', async () => {
      const [, { type }] = await second({ ...reference({}), ids: [] });

      expect(type).toBe('invalidArguments');
    });
  });

  describe('From, as JMAP gives it', () => {
    it.each<[string | null, unknown]>([
      [null, null],
      ['', null],
      ['a@B.Example', [{ name: null, email: 'a@B.Example' }]],
      [
        '"Doe, Jane" <Jane@Ex.com>, x@y.z',
        [
          { name: 'Doe, Jane', email: 'Jane@Ex.com' },
          { name: null, email: 'x@y.z' },
        ],
      ],
      ['=?utf-8?Q?J=C3=B6rg_X?= <j@x.de>', [{ name: 'Jörg X', email: 'j@x.de' }]],
      ['=?utf-8?B?SsO2cmc=?= <j@x.de>', [{ name: 'Jörg', email: 'j@x.de' }]],
      ['undisclosed:;', []],
      ['just text', []],
      ['<>', []],
      ['foo@', []],
      ['Jörg <jörg@x.de>', [{ name: 'JXXrg', email: 'jXXrg@x.de' }]],
      ['"a b"@x.de', [{ name: null, email: 'a b@x.de' }]],
      ['a@b.c (Comment Name)', [{ name: 'Comment Name', email: 'a@b.c' }]],
      ['<a@b.c', [{ name: null, email: 'a@b.c' }]],
      ['Foo <a@b.c> trailing', [{ name: 'Foo', email: 'a@b.c' }]],
      ['"Quo\\"ted" <q@x.y>', [{ name: 'Quo"ted', email: 'q@x.y' }]],
      ['@x.y', [{ name: null, email: '@x.y' }]],
      [
        'A B <a@b.c> , C@D.E',
        [
          { name: 'A B', email: 'a@b.c' },
          { name: null, email: 'C@D.E' },
        ],
      ],
    ])('%j', async (from, expected) => {
      const inbox = await account.mailboxId('Inbox');
      const id = await account.addEmail({ from, mailboxIds: [inbox] });
      const got = await mail.invoke('Email/get', { ids: [id], properties: ['from'] });

      expect(got).toMatchObject({
        list: [{ id, from: asRead(expected as Addresses | null, account) }],
      });
    });
  });

  describe('Email/get', () => {
    it('gives the properties asked for and id, and names what is not there', async () => {
      const inbox = await account.mailboxId('Inbox');
      const receivedAt = '2026-03-04T05:06:07Z';
      const id = await account.addEmail({ from: null, mailboxIds: [inbox], receivedAt });
      const got = await mail.invoke('Email/get', {
        ids: [id, 'no-such-email'],
        properties: ['receivedAt'],
      });

      expect(got).toMatchObject({ notFound: ['no-such-email'] });
      expect((got as Args)['list']).toEqual([{ id, receivedAt }]);
    });
  });

  describe('Email/set', () => {
    let x = '';
    let y = '';
    beforeAll(async () => {
      x = await account.createMailbox('Set X');
      y = await account.createMailbox('Set Y');
    });

    interface SetCase {
      readonly name: string;
      readonly patch: () => Args;
      /** SetError, or null when it is updated. */
      readonly error: Args | null;
      readonly mailboxes: () => readonly string[];
    }
    it.each<SetCase>([
      {
        name: 'on and off in one patch',
        patch: () => ({ [`mailboxIds/${y}`]: true, [`mailboxIds/${x}`]: null }),
        error: null,
        mailboxes: () => [y],
      },
      {
        name: 'on what is on, off what is off: nothing changes',
        patch: () => ({ [`mailboxIds/${x}`]: true, [`mailboxIds/${y}`]: null }),
        error: null,
        mailboxes: () => [x],
      },
      {
        name: 'all memberships at once',
        patch: () => ({ mailboxIds: { [x]: true, [y]: true } }),
        error: null,
        mailboxes: () => [x, y],
      },
      {
        name: 'an unknown mailbox on',
        patch: () => ({ [`mailboxIds/${y}`]: true, 'mailboxIds/no-such-mailbox': true }),
        error: { type: 'invalidProperties' },
        mailboxes: () => [x],
      },
      {
        name: 'an unknown mailbox off',
        patch: () => ({ [`mailboxIds/${y}`]: true, 'mailboxIds/no-such-mailbox': null }),
        error: { type: 'invalidProperties' },
        mailboxes: () => [x],
      },
      {
        name: 'a membership that is false',
        patch: () => ({ [`mailboxIds/${y}`]: false }),
        error: { type: 'invalidProperties' },
        mailboxes: () => [x],
      },
      {
        name: 'no memberships at once',
        patch: () => ({ mailboxIds: {} }),
        error: { type: 'invalidProperties' },
        mailboxes: () => [x],
      },
      {
        name: 'null memberships',
        patch: () => ({ mailboxIds: null }),
        error: { type: 'invalidProperties' },
        mailboxes: () => [x],
      },
      {
        name: 'an unknown property',
        patch: () => ({ bogus: 1 }),
        error: { type: 'invalidProperties', properties: ['bogus'] },
        mailboxes: () => [x],
      },
      {
        name: 'an empty patch',
        patch: () => ({}),
        error: null,
        mailboxes: () => [x],
      },
    ])('$name', async ({ patch, error, mailboxes }) => {
      const id = await account.addEmail({ from: 'a@example.com', mailboxIds: [x] });
      const answer = (await mail.invoke('Email/set', { update: { [id]: patch() } })) as Args;
      const after = (await account.emails()).get(id);

      expect(answer).toMatchObject(
        error === null
          ? { updated: { [id]: null }, notUpdated: null }
          : { updated: null, notUpdated: { [id]: error } },
      );
      expect([...(after?.mailboxIds ?? [])].toSorted()).toEqual([...mailboxes()].toSorted());
    });

    it('an email that is gone is notFound, and the others are updated', async () => {
      const kept = await account.addEmail({ from: null, mailboxIds: [x] });
      const gone = await account.addEmail({ from: null, mailboxIds: [x] });
      await account.deleteEmail(gone);
      const patch = { [`mailboxIds/${y}`]: true };
      const answer = await mail.invoke('Email/set', { update: { [gone]: patch, [kept]: patch } });

      expect(answer).toMatchObject({
        updated: { [kept]: null },
        notUpdated: { [gone]: { type: 'notFound' } },
      });
    });

    it('more mailboxes than an email may have are refused', async () => {
      const boxes: string[] = [];
      for (let index = 0; index < 21; index += 1) {
        boxes.push(await account.createMailbox(`Many ${index}`));
      }
      const id = await account.addEmail({ from: null, mailboxIds: [x] });
      const mailboxIds = Object.fromEntries(boxes.map((box) => [box, true]));
      const answer = (await mail.invoke('Email/set', { update: { [id]: { mailboxIds } } })) as Args;

      expect(Object.keys((answer['notUpdated'] ?? {}) as Args)).toEqual([id]);
    });

    it('the JMAP state moves with a change, and not without one', async () => {
      const id = await account.addEmail({ from: null, mailboxIds: [x] });
      const patch = { [`mailboxIds/${y}`]: true };
      const first = (await mail.invoke('Email/set', { update: { [id]: patch } })) as Args;
      const again = (await mail.invoke('Email/set', { update: { [id]: patch } })) as Args;

      expect(first['newState']).not.toBe(first['oldState']);
      expect(again['newState']).toBe(first['newState']);
    });
  });

  describe('Email/changes', () => {
    it('comes in steps of maxChanges at most, until all is told', async () => {
      const inbox = await account.mailboxId('Inbox');
      const first = (await mail.invoke('Email/get', { ids: [] })) as Args;
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) {
        ids.push(await account.addEmail({ from: null, mailboxIds: [inbox] }));
      }
      const steps: Args[] = [];
      for (let sinceState = first['state']; steps.at(-1)?.['hasMoreChanges'] !== false;) {
        const step = (await mail.invoke('Email/changes', { sinceState, maxChanges: 2 })) as Args;
        steps.push(step);
        sinceState = step['newState'];
        if (steps.length > 5) break;
      }
      const last = (await mail.invoke('Email/get', { ids: [] })) as Args;

      const created = steps.map((step) => step['created'] as readonly string[]);
      expect(created.map(({ length }) => length)).toEqual([2, 2, 1]);
      expect(new Set(created.flat())).toEqual(new Set(ids));
      expect(steps.at(-1)?.['newState']).toBe(last['state']);
    });

    it.each([0, -1, 'two'])('maxChanges %j is an invalid argument', async (maxChanges) => {
      const { state } = (await mail.invoke('Email/get', { ids: [] })) as Args;

      const answer = await mail.invoke('Email/changes', { sinceState: state, maxChanges });

      expect(answer).toBe('invalidArguments');
    });

    it('a state that never was: it cannot tell; Cyrus 3.6.1 says invalid', async () => {
      const answer = await mail.invoke('Email/changes', { sinceState: 'no-such-state' });

      expect(answer).toBe(name === 'cyrus' ? 'invalidArguments' : 'cannotCalculateChanges');
    });
  });
});

/** What is written in From; what the server makes of it, `name <address>`; whose we say it is. */
const FROM_ROWS: readonly (readonly [string, readonly string[], string | null])[] = [
  // Honest forms.
  ['a@b.example', ['a@b.example'], 'a@b.example'],
  ['Name <A@B.Example>', ['Name <A@B.Example>'], 'a@b.example'],
  ['"Doe, Jane" <a@b.example>', ['Doe, Jane <a@b.example>'], 'a@b.example'],
  ['Name, Jr. <a@b.example>', ['Jr. <a@b.example>'], 'a@b.example'],
  ['J. R. Doe <a@b.example>', ['J. R. Doe <a@b.example>'], 'a@b.example'],
  ['=?utf-8?q?J=C3=BCrgen?= <a@b.example>', ['Jürgen <a@b.example>'], 'a@b.example'],
  ['Jürgen <a@b.example>', ['JXXrgen <a@b.example>'], 'a@b.example'],
  ['Name\r\n <a@b.example>', ['Name <a@b.example>'], 'a@b.example'],
  ['a@b.example (c)', ['c <a@b.example>'], 'a@b.example'],
  ['(v@bank.example) a@b.example', ['a@b.example'], 'a@b.example'],
  ['"v@bank.example" <a@b.example>', ['v@bank.example <a@b.example>'], 'a@b.example'],
  ['user@XN--BCHER-KVA.example', ['user@XN--BCHER-KVA.example'], 'user@xn--bcher-kva.example'],
  ['"q q"@b.example', ['q q@b.example'], '"q q"@b.example'],
  ['"a@x"@b.example', ['a@x@b.example'], '"a@x"@b.example'],
  ['"a\\"b"@b.example', ['a"b@b.example'], '"a\\"b"@b.example'],
  ['"a.b"@c.example', ['a.b@c.example'], 'a.b@c.example'],
  ['a@[192.0.2.1]', ['a@[192.0.2.1]'], 'a@[192.0.2.1]'],
  // Strangers who would pass for somebody.
  ['v@bank.example <x@y.example>', ['v@bank.example', 'x@y.example'], null],
  ['Joe @ Shop <x@y.example>', ['Joe@Shop', 'x@y.example'], null],
  ['<v@bank.example_x.y.example>', ['v@bank.example'], null],
  ['<v@bank.example/x.y.example>', ['v@bank.example'], null],
  ['<v@bank.example=x.y.example>', ['v@bank.example'], null],
  ['<v@bank.example+x.y.example>', ['v@bank.example'], null],
  ['<v@bank.example!x.y.example>', ['v@bank.example'], null],
  ['<v@bank.example#x.y.example>', ['v@bank.example'], null],
  ["<v@bank.example'x.y.example>", ['v@bank.example'], null],
  ['v@bank..example', ['v@bank.example'], null],
  ['v@.bank.example', ['v@bank.example'], null],
  ['v@bank.example.', ['v@bank.example'], null],
  ['v@bank .example', ['v@bank.example'], null],
  ['v@(c)bank.example', ['v@bank.example'], null],
  ['v@bank."example"', ['v@bank'], null],
  ['v@bank.example\r\n .y.example', ['v@bank.example.y.example'], null],
  ['v @bank.example', ['v@bank.example'], null],
  ['"v "@bank.example', ['v@bank.example'], null],
  ['" v"@bank.example', [' v@bank.example'], null],
  ['x@y.example\r\nFrom: v@bank.example', ['v@bank.example'], null],
  ['v@bank.example\r\nFrom: v@bank.example', ['v@bank.example'], null],
  ['g: v@bank.example;', ['v@bank.example'], null],
  ['<@y.example:v@bank.example>', ['v@bank.example'], null],
  ['<v@bank.example', ['v@bank.example'], null],
  ['v@bank.example <>', ['v@bank.example'], null],
  ['<v@bank.example><x@y.example>', ['v@bank.example', 'x@y.example'], null],
  ['v@bank.example, x@y.example', ['v@bank.example', 'x@y.example'], null],
  ['<*@bank.example>', ['*@bank.example'], null],
  ['"*"@bank.example', ['*@bank.example'], null],
  ['müller@bank.example', ['mXXller@bank.example'], null],
  ['a@bücher.example', ['a@bXXcher.example'], null],
  ['INFO@EÜON.EXAMPLE', ['INFO@EXXON.EXAMPLE'], null],
  ['v@ba\u00ADnk.example', ['v@baXXnk.example'], null],
  ['x@0', ['x@0'], null],
  ['x@192.0.2.1', ['x@192.0.2.1'], null],
  ['Nobody <>', ['Nobody <>'], null],
  ['undisclosed:;', [], null],
];

describeEachServer('the From header', ({ open }) => {
  let account: TestAccount;
  let mail: Mail;
  beforeAll(async () => {
    account = await open();
    mail = await openMail(account);
  });
  afterAll(() => account.close());

  const readingsOf = async (
    ids: readonly string[],
    mailboxId: string,
  ): Promise<ReadonlyMap<string, unknown>> => {
    const got = (await mail.invoke('Email/get', { ids, properties: ['from'] })) as {
      list: readonly { id: string; from: readonly { name: string | null; email: string }[] }[];
    };
    const shown = new Map(
      got.list.map(({ id, from }) => [
        id,
        from.map(({ name, email }) => (name === null ? email : `${name} <${email}>`)),
      ]),
    );
    const readings = new Map<string, unknown>();
    for await (const { emails: page } of openMailStore(account).store.readEmailsIn([mailboxId])) {
      for (const email of page) readings.set(email.id, [shown.get(email.id), findSender(email)]);
    }
    return readings;
  };

  it.each(['imported', 'delivered'] as const)(
    'is read badly by the server, and rightly by us: %s',
    { timeout: 60_000 },
    async (way) => {
      const mailbox =
        way === 'imported' ? await account.createMailbox('From') : await account.mailboxId('Inbox');
      const ids: string[] = [];
      for (const [from] of FROM_ROWS) {
        ids.push(
          way === 'imported'
            ? await account.addEmail({ from, mailboxIds: [mailbox] })
            : await account.deliverEmail({ from }),
        );
      }
      const readings = await readingsOf(ids, mailbox);

      expect(FROM_ROWS.map(([from], index) => [from, readings.get(ids[index] ?? '')])).toEqual(
        FROM_ROWS.map(([from, servers, sender]) => [
          from,
          [account.kind === 'cyrus-new' ? servers.map(lowerDomain) : servers, sender],
        ]),
      );
    },
  );
});

type Addresses = readonly { readonly name: string | null; readonly email: string }[];

/** The newest Cyrus gives domains in small letters. */
function asRead(from: Addresses | null, { kind }: TestAccount): Addresses | null {
  if (kind !== 'cyrus-new' || from === null) return from;
  return from.map(({ name, email }) => ({ name, email: lowerDomain(email) }));
}

function lowerDomain(address: string): string {
  return address.replace(/@[^@]*$/u, (domain) => domain.toLowerCase());
}

function unknownIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `no-such-${index}`);
}

function updates(count: number): Args {
  return Object.fromEntries(unknownIds(count).map((id) => [id, { 'mailboxIds/x': true }]));
}

function echoes(count: number): readonly (readonly [string, Args])[] {
  return Array.from({ length: count }, () => ['Core/echo', {}] as const);
}

describeEachServer('limits', ({ open }) => {
  let mail: Mail;
  let account: TestAccount;
  let x = '';
  beforeAll(async () => {
    account = await open({
      limits: {
        maxObjectsInGet: 3,
        maxObjectsInSet: 2,
        maxCallsInRequest: 4,
        maxSizeRequest: 4096,
      },
    });
    mail = await openMail(account);
    x = await account.createMailbox('X');
    for (let index = 0; index < 4; index += 1) {
      await account.addEmail({ from: null, mailboxIds: [x] });
    }
  });
  afterAll(() => account.close());

  it('are told in the session', async () => {
    const headers = { authorization: `Bearer ${account.token}` };
    const session = (await (await fetch(account.sessionUrl, { headers })).json()) as {
      capabilities: Record<string, unknown>;
    };

    expect(session.capabilities['urn:ietf:params:jmap:core']).toMatchObject({
      maxObjectsInGet: 3,
      maxObjectsInSet: 2,
      maxCallsInRequest: 4,
      maxSizeRequest: 4096,
    });
  });

  it.each<[string, readonly (readonly [string, Args])[], number, string | null]>([
    ['as many ids as may be', [['Email/get', { ids: unknownIds(3) }]], 200, null],
    ['one id more', [['Email/get', { ids: unknownIds(4) }]], 400, 'maxObjectsInGet'],
    ['all mailboxes by null', [['Mailbox/get', { ids: null }]], 200, null],
    ['as many updates as may be', [['Email/set', { update: updates(2) }]], 200, null],
    ['one update more', [['Email/set', { update: updates(3) }]], 400, 'maxObjectsInSet'],
    ['as many calls as may be', echoes(4), 200, null],
    ['one call more', echoes(5), 400, 'maxCallsInRequest'],
    ['too many octets', [['Core/echo', { text: 'x'.repeat(4096) }]], 413, null],
  ])('%s', async (_, calls, status, limit) => {
    const withIds = calls.map(([name, args], index) => [
      name,
      { accountId: mail.accountId, ...args },
      String(index),
    ]);
    const answer = await callJmap(mail.apiUrl, account.token, withIds);

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject(
      limit === null ? {} : { type: 'urn:ietf:params:jmap:error:limit', limit },
    );
  });

  it('a refused request has done nothing', async () => {
    const y = await account.createMailbox('Y');
    const before = await account.emails();
    const [id] = [...before.keys()];
    const patch = { [`mailboxIds/${y}`]: true };
    const calls = [
      ['Email/set', { accountId: mail.accountId, update: { [id!]: patch } }, '0'],
      ['Email/set', { accountId: mail.accountId, update: updates(3) }, '1'],
    ];
    const answer = await callJmap(mail.apiUrl, account.token, calls);

    expect(answer.status).toBe(400);
    expect(await account.emails()).toEqual(before);
  });
});

/*
 * Where servers differ, and the stand-in takes the stricter side or leaves the choice. Each row says
 * what Cyrus 3.6 does, so that a newer one that does otherwise is noticed.
 */
describeEachServer('differences', ({ open }) => {
  let mail: Mail;
  let account: TestAccount;
  let x = '';
  let y = '';
  beforeAll(async () => {
    account = await open({ limits: { maxObjectsInGet: 3 } });
    mail = await openMail(account);
    x = await account.createMailbox('X');
    y = await account.createMailbox('Y');
  });
  afterAll(() => account.close());

  const movedEmail = async (): Promise<string> => {
    const id = await account.addEmail({ from: null, mailboxIds: [x] });
    await account.moveEmail(id, { add: [y], remove: [x] });
    return id;
  };

  it('the last mailbox off is refused; Cyrus destroys an email that was moved before', async () => {
    const fresh = await account.addEmail({ from: null, mailboxIds: [x] });
    const moved = await movedEmail();
    await mail.invoke('Email/set', {
      update: {
        [fresh]: { [`mailboxIds/${x}`]: null },
        [moved]: { [`mailboxIds/${y}`]: null },
      },
    });
    const after = await account.emails();

    expect(after.get(fresh)?.mailboxIds).toEqual(new Set([x]));
    expect(after.has(moved)).toBe(account.kind === 'stand-in');
  });

  it('an anchor in an empty result is not found; Cyrus gives an empty page', async () => {
    const empty = await account.createMailbox('Empty');
    const args = { filter: { inMailbox: empty }, anchor: 'no-such-email' };
    const answer = await mail.invoke('Email/query', args);

    const outcome = typeof answer === 'string' ? answer : answer['ids'];

    expect(outcome).toEqual(
      { 'stand-in': 'anchorNotFound', cyrus: [], 'cyrus-new': [] }[account.kind],
    );
  });

  it('too many ids by a result reference are too large; Cyrus gives them all', async () => {
    for (let index = 0; index < 4; index += 1) {
      await account.addEmail({ from: null, mailboxIds: [x] });
    }
    const [, second] = await mail.call([
      ['Email/query', { filter: { inMailbox: x } }],
      ['Email/get', { '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' } }],
    ]);

    expect([second?.[0], second?.[1]['type']]).toEqual(
      {
        'stand-in': ['error', 'requestTooLarge'],
        cyrus: ['Email/get', undefined],
        'cyrus-new': ['Email/get', undefined],
      }[account.kind],
    );
  });

  it('a value and a patch inside it are an invalidPatch; Cyrus takes one of them', async () => {
    const id = await account.addEmail({ from: null, mailboxIds: [x] });
    const patch = { mailboxIds: { [x]: true }, [`mailboxIds/${y}`]: true };
    const answer = (await mail.invoke('Email/set', { update: { [id]: patch } })) as Args;

    expect(answer).toMatchObject(
      {
        'stand-in': { notUpdated: { [id]: { type: 'invalidPatch' } } },
        cyrus: { updated: { [id]: null } },
        'cyrus-new': { updated: { [id]: null } },
      }[account.kind],
    );
  });

  it('a call without accountId is an error; Cyrus takes the only one', async () => {
    const { methodResponses } = await callJmap(mail.apiUrl, account.token, [
      ['Mailbox/get', { ids: [] }, '0'],
    ]);
    const expected = account.kind === 'stand-in' ? 'error' : 'Mailbox/get';

    expect(methodResponses[0]?.[0]).toBe(expected);
  });
});
