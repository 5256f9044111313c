import { describe, expect, it } from 'vitest';

import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  JmapMethodError,
  MalformedAnswerError,
  NetworkError,
  TimeoutError,
  UrlNotTrustedError,
} from '../../../../src/errors.ts';
import {
  aMailboxObject,
  API_URL,
  aRememberedSession,
  aSession,
  fakeJmap,
  SESSION_URL,
} from './fake-jmap.ts';
import type { FakeAnswer } from './fake-jmap.ts';

/** The good answer to a Mailbox/get with call id `get`. */
const MAILBOXES = [
  'Mailbox/get',
  { accountId: 'A1', list: [aMailboxObject()], notFound: [] },
  'get',
];
const GOOD: FakeAnswer = { responses: [MAILBOXES] };

describe('an answer counts only when it is the answer', () => {
  it.each<[string, FakeAnswer]>([
    ['not JSON', { body: '<html>Please log in</html>' }],
    ['empty', { body: '' }],
    ['cut short', { body: '{"methodResponses":[["Mailbox/get"' }],
    ['null', { body: 'null' }],
    ['an array', { body: '[]' }],
    ['no methodResponses', { body: '{"sessionState":"S1"}' }],
    ['methodResponses is an object', { body: '{"methodResponses":{},"sessionState":"S1"}' }],
    ['no sessionState', { body: JSON.stringify({ methodResponses: [MAILBOXES] }) }],
    ['the call is not answered', { responses: [] }],
    ['another call id', { responses: [['Mailbox/get', MAILBOXES[1], 'other']] }],
    ['another method under the call id', { responses: [['Email/get', MAILBOXES[1], 'get']] }],
    ['answered twice', { responses: [MAILBOXES, MAILBOXES] }],
    ['one answer too many', { responses: [MAILBOXES, ['Email/get', {}, 'extra']] }],
    [
      'an error for a call not made',
      { responses: [MAILBOXES, ['error', { type: 'serverFail' }, 'x']] },
    ],
    ['an answer with two parts', { responses: [['Mailbox/get', MAILBOXES[1]]] }],
    ['an answer with four parts', { responses: [[...MAILBOXES, 'more']] }],
    ['arguments null', { responses: [['Mailbox/get', null, 'get']] }],
    ['call id a number', { responses: [['Mailbox/get', MAILBOXES[1], 0]] }],
    [
      'of another account',
      { responses: [['Mailbox/get', { accountId: 'B2', list: [aMailboxObject()] }, 'get']] },
    ],
  ])('%s', async (_, answer) => {
    const { store } = fakeJmap(() => answer);

    await expect(store.readMailboxes()).rejects.toThrow(MalformedAnswerError);
  });

  it('quotes nothing of a page that is not JSON, in message or cause', async () => {
    const { store } = fakeJmap(() => ({ body: 'Subject: secret' }));

    const error = await store.readMailboxes().catch((error: unknown) => error);

    expect(error).toBeInstanceOf(MalformedAnswerError);
    expect(error).toHaveProperty('message', expect.stringContaining('jmap.example.com'));
    expect(error).toHaveProperty('message', expect.not.stringContaining('secret'));
    expect(error).not.toHaveProperty('cause');
  });
});

describe('a method error is an error, though HTTP says 200', () => {
  it.each(['serverUnavailable', 'serverFail', 'serverPartialFail', 'rateLimit', 'unknownMethod'])(
    '%s',
    async (type) => {
      const { store } = fakeJmap(() => ({ responses: [['error', { type }, 'get']] }));

      const error = await store.readMailboxes().catch((error: unknown) => error);

      expect(error).toBeInstanceOf(JmapMethodError);
      expect(error).toMatchObject({
        type,
        message: `jmap.example.com: Mailbox/get answered the method error ${type}`,
      });
    },
  );

  it('whose type is no word is not let into messages', async () => {
    const { store } = fakeJmap(() => ({ responses: [['error', { type: 'a\nb c' }, 'get']] }));

    await expect(store.readMailboxes()).rejects.toThrow(/\(unreadable type\)$/u);
  });

  it('accountReadOnly is for the user to solve', async () => {
    const { store } = fakeJmap(() => ({
      responses: [['error', { type: 'accountReadOnly' }, 'get']],
    }));

    await expect(store.readMailboxes()).rejects.toThrow(AccountError);
  });
});

describe('the session', () => {
  it('is read once for many requests, also when they begin together', async () => {
    const { store, sessionReads } = fakeJmap(() => GOOD);

    await Promise.all([store.readMailboxes(), store.readMailboxes()]);
    await store.readMailboxes();

    expect(sessionReads()).toBe(1);
  });

  it('is not read when it is remembered: one request in all', async () => {
    const { store, sessionReads, posts } = fakeJmap(() => GOOD, {
      remembered: aRememberedSession(),
    });

    await store.readMailboxes();

    expect(sessionReads()).toBe(0);
    expect(posts.map(({ url }) => url)).toEqual([API_URL]);
  });

  it('remembered for another session URL is not used', async () => {
    const { store, sessionReads, logged } = fakeJmap(() => GOOD, {
      remembered: aRememberedSession({ sessionUrl: 'https://old.example.com/session' }),
    });

    await store.readMailboxes();

    expect(sessionReads()).toBe(1);
    expect(logged).toEqual(['discovery_dropped']);
  });

  it('is remembered as it was read, with the URL it is for', async () => {
    const { store } = fakeJmap(() => GOOD);
    expect(store.remember()).toBeNull();

    await store.readMailboxes();

    const totalsBelievedSince: unknown = expect.any(String);
    expect(store.remember()).toEqual({ ...aRememberedSession(), totalsBelievedSince });
  });
});

describe('a remembered session that the server contradicts is read again, once, and the request sent again', () => {
  it.each<[string, FakeAnswer]>([
    ['401', new CredentialsError('401')],
    ['404', new HttpStatusError('404', 404)],
    ['410', new HttpStatusError('410', 410)],
    ['an HTML page', { body: '<html></html>' }],
    ['its URL is not trusted (any more)', new UrlNotTrustedError('not trusted')],
    ['accountNotFound', { responses: [['error', { type: 'accountNotFound' }, 'get']] }],
    [
      'accountNotSupportedByMethod',
      { responses: [['error', { type: 'accountNotSupportedByMethod' }, 'get']] },
    ],
  ])('%s', async (_, refusal) => {
    const { store, posts, sessionReads, logged } = fakeJmap(
      (_calls, post) => (post === 1 ? refusal : GOOD),
      {
        remembered: aRememberedSession({
          apiUrl: 'https://old.example.com/api/',
          accountId: 'OLD',
        }),
      },
    );

    await expect(store.readMailboxes()).resolves.toHaveLength(1);

    expect(sessionReads()).toBe(1);
    expect(posts.map(({ url, calls }) => [url, calls[0]?.[1]['accountId']])).toEqual([
      ['https://old.example.com/api/', 'OLD'],
      [API_URL, 'A1'],
    ]);
    expect(logged).toEqual(['discovery_dropped']);
    expect(store.remember()).toMatchObject({ apiUrl: API_URL, accountId: 'A1' });
  });

  it('a second refusal stands', async () => {
    const { store, posts, sessionReads } = fakeJmap(() => new CredentialsError('401'), {
      remembered: aRememberedSession(),
    });

    await expect(store.readMailboxes()).rejects.toThrow(CredentialsError);

    expect([posts.length, sessionReads()]).toEqual([2, 1]);
  });

  it('but a session of this run is not doubted', async () => {
    const { store, sessionReads } = fakeJmap(() => new CredentialsError('401'));

    await expect(store.readMailboxes()).rejects.toThrow(CredentialsError);

    expect(sessionReads()).toBe(1);
  });

  it('nor is one that an answer of this run has confirmed', async () => {
    const { store, sessionReads } = fakeJmap(
      (_calls, post) => (post === 1 ? GOOD : new HttpStatusError('404', 404)),
      { remembered: aRememberedSession() },
    );
    await store.readMailboxes();

    await expect(store.readMailboxes()).rejects.toThrow(HttpStatusError);

    expect(sessionReads()).toBe(0);
  });
});

describe('a remembered session that could not be tried is not remembered again: its host may be gone', () => {
  it.each([
    ['no connection', new NetworkError('refused')],
    ['timeout', new TimeoutError('30 s')],
    ['503', new HttpStatusError('503', 503)],
  ])('%s', async (_, error) => {
    const { store, sessionReads } = fakeJmap(() => error, { remembered: aRememberedSession() });

    await expect(store.readMailboxes()).rejects.toThrow(error);

    expect(sessionReads()).toBe(0);
    expect(store.remember()).toBeNull();
  });
});

describe("another sessionState than the session's", () => {
  it('same account and URL after a look: the answer counts, the new state is remembered', async () => {
    const { store, posts, sessionReads, logged } = fakeJmap(
      () => ({ responses: [MAILBOXES], sessionState: 'S2' }),
      { session: () => aSession({ state: 'S2' }), remembered: aRememberedSession() },
    );

    await expect(store.readMailboxes()).resolves.toHaveLength(1);

    expect([posts.length, sessionReads()]).toEqual([1, 1]);
    expect(logged).toEqual(['discovery_dropped']);
    expect(store.remember()).toMatchObject({ sessionState: 'S2' });
  });

  it('another account after a look: the request is sent again, for that account', async () => {
    const { store, posts } = fakeJmap(
      (calls) => ({
        responses: [
          [
            'Mailbox/get',
            { accountId: calls[0]?.[1]['accountId'], list: [aMailboxObject()] },
            'get',
          ],
        ],
        sessionState: 'S2',
      }),
      {
        session: () =>
          aSession({
            state: 'S2',
            accounts: { B2: { name: 'b' } },
            primaryAccounts: { 'urn:ietf:params:jmap:mail': 'B2' },
          }),
        remembered: aRememberedSession(),
      },
    );

    await store.readMailboxes();

    expect(posts.map(({ calls }) => calls[0]?.[1]['accountId'])).toEqual(['A1', 'B2']);
  });

  it('is followed up once a run, where the two never agree', async () => {
    let count = 0;
    const { store, sessionReads } = fakeJmap(() => {
      count += 1;
      return { responses: [MAILBOXES], sessionState: `changes ${count}` };
    });

    await store.readMailboxes();
    await store.readMailboxes();
    await store.readMailboxes();

    expect(sessionReads()).toBe(2);
  });

  it('that stays the same costs the next run nothing, even if the Session object says another', async () => {
    const answer: FakeAnswer = { responses: [MAILBOXES], sessionState: 'never in the session' };
    const first = fakeJmap(() => answer);
    await first.store.readMailboxes();

    const second = fakeJmap(() => answer, { remembered: first.store.remember() });
    await second.store.readMailboxes();

    expect(second.sessionReads()).toBe(0);
  });
});

describe('requests at once', () => {
  it.each([
    [1, 1],
    [3, 3],
    [undefined, 4],
  ])('maxConcurrentRequests %s: at most %i', async (maxConcurrentRequests, most) => {
    const { store, mostAtOnce } = fakeJmap(() => GOOD, { limits: { maxConcurrentRequests } });

    await Promise.all(Array.from({ length: 12 }, () => store.readMailboxes()));

    expect(mostAtOnce()).toBe(most);
  });

  it('one by one once the server says that they are too many', async () => {
    let refusals = 0;
    const fake = fakeJmap(() => {
      if (fake.mostAtOnce() > 1 && refusals < 2) {
        refusals += 1;
        return new HttpStatusError('limit', 400, {
          detail: 'urn:ietf:params:jmap:error:limit, maxConcurrentRequests',
        });
      }
      return GOOD;
    });

    const all = await Promise.all([fake.store.readMailboxes(), fake.store.readMailboxes()]);

    expect(all.map(({ length }) => length)).toEqual([1, 1]);
    expect(refusals).toBe(2);
  });
});

it('asks with the two capabilities it uses, as JSON, at the URL of the session', async () => {
  const bodies: string[] = [];
  const { createMailStore } = await import('../../../../src/mail/mail-store.ts');
  const store = createMailStore({
    ownUsernames: [],
    http: async (url, init) => {
      if (String(url) === SESSION_URL) return Response.json(aSession());
      bodies.push(init?.body as string);
      expect(init).toMatchObject({
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      return Response.json({ methodResponses: [MAILBOXES], sessionState: 'S1' });
    },
    sessionUrl: SESSION_URL,
    remembered: null,
    log: { debug() {}, info() {}, warning() {}, error() {}, child: () => expect.fail('no child') },
  });

  await store.readMailboxes();

  expect(bodies.map((body) => JSON.parse(body))).toEqual([
    {
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
      methodCalls: [
        [
          'Mailbox/get',
          {
            accountId: 'A1',
            ids: null,
            properties: ['id', 'name', 'parentId', 'role', 'totalEmails', 'myRights'],
          },
          'get',
        ],
      ],
    },
  ]);
});
