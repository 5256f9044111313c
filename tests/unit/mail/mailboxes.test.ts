import { describe, expect, it } from 'vitest';

import {
  CredentialsError,
  HttpStatusError,
  JmapMethodError,
  MalformedAnswerError,
  NetworkError,
} from '../../../src/errors.ts';
import { aMailboxObject, aRememberedSession, fakeJmap } from './jmap/fake-jmap.ts';
import type { FakeAnswer, Invocation } from './jmap/fake-jmap.ts';

const LIMIT_DETAIL = 'urn:ietf:params:jmap:error:limit, maxObjectsInGet';

describe('mailboxes as the server gives them', () => {
  it.each([
    ['role in lower case, whatever case it comes in', { role: 'INBOX' }, { role: 'inbox' }],
    ['parentId left out is a top-level mailbox', { parentId: undefined }, { parentId: null }],
    ['total', { totalEmails: 7 }, { totalEmails: 7 }],
    ['a right that is missing', { myRights: { mayAddItems: false } }, { isReadOnly: true }],
    ['another right', { myRights: { mayRemoveItems: false } }, { isReadOnly: true }],
    ['total left out is not known', { totalEmails: undefined }, { totalEmails: null }],
    ['total null is not known', { totalEmails: null }, { totalEmails: null }],
    ['total negative is not known', { totalEmails: -1 }, { totalEmails: null }],
    ['total huge is not known', { totalEmails: 1e300 }, { totalEmails: null }],
    ['total a text is not known', { totalEmails: '3' }, { totalEmails: null }],
    ['more properties than asked for', { sortOrder: 1 }, { name: 'Inbox' }],
  ])('%s', async (_, change, expected) => {
    const { store } = fakeJmap(() => get([aMailboxObject(change)]));

    await expect(store.readMailboxes()).resolves.toEqual([expect.objectContaining(expected)]);
  });

  it.each([
    ['are there', { mayAddItems: true, mayRemoveItems: true, mayDelete: false }],
    ['are not told', undefined],
    ['are null', null],
    ['are told in part', { mayDelete: false }],
  ])('rights that %s do not make a mailbox one that may only be read', async (_, myRights) => {
    const { store } = fakeJmap(() => get([aMailboxObject({ myRights })]));

    const [mailbox] = await store.readMailboxes();

    expect(mailbox).not.toHaveProperty('isReadOnly');
  });

  it.each([
    ['left out', undefined],
    ['null', null],
    ['empty', ''],
  ])('role %s is no role', async (_, role) => {
    const { store } = fakeJmap(() => get([aMailboxObject(), aMailboxObject({ id: 'm2', role })]));

    const mailboxes = await store.readMailboxes();

    expect(mailboxes.map(({ role }) => role)).toEqual(['inbox', null]);
  });
});

describe('a list that cannot be right is no list', () => {
  it.each<[string, FakeAnswer, RegExp]>([
    ['empty', get([]), /none with the role inbox/u],
    ['no Inbox', get([aMailboxObject({ role: 'archive' })]), /none with the role inbox/u],
    ['list missing', answer({}), /Mailbox\/get list/u],
    ['list null', answer({ list: null }), /Mailbox\/get list/u],
    ['list an object', answer({ list: {} }), /Mailbox\/get list/u],
    ['an entry null', get([null]), /Mailbox\/get list\[\]/u],
    ['one id twice', get([aMailboxObject(), aMailboxObject()]), /twice/u],
    ['no id', get([aMailboxObject({ id: undefined })]), /list\[\]\.id/u],
    ['id empty', get([aMailboxObject({ id: '' })]), /list\[\]\.id/u],
    ['name a number', get([aMailboxObject({ name: 5 })]), /list\[\]\.name/u],
    ['parentId a number', get([aMailboxObject({ parentId: 5 })]), /list\[\]\.parentId/u],
    ['role an array', get([aMailboxObject({ role: [] })]), /list\[\]\.role/u],
  ])('%s', async (_, said, message) => {
    const { store } = fakeJmap(() => said);

    const error = await store.readMailboxes().catch((error: unknown) => error);

    expect(error).toBeInstanceOf(MalformedAnswerError);
    expect(error).toHaveProperty('message', expect.stringMatching(message));
  });
});

describe('more mailboxes than the server gives at once are read page by page', () => {
  it.each<[string, FakeAnswer]>([
    ['400 limit', new HttpStatusError('limit', 400, { detail: LIMIT_DETAIL })],
    ['413', new HttpStatusError('too large', 413)],
    ['requestTooLarge', { responses: [['error', { type: 'requestTooLarge' }, 'get']] }],
  ])('%s', async (_, refusal) => {
    const all = Array.from({ length: 7 }, (_, n) =>
      aMailboxObject({ id: `m${n}`, role: n === 0 ? 'inbox' : null }),
    );
    const { store, posts } = fakeJmap(
      (calls) => (calls[0]?.[0] === 'Mailbox/get' ? refusal : page(calls, all, 'Q1')),
      { limits: { maxObjectsInGet: 3 } },
    );

    const mailboxes = await store.readMailboxes();

    expect(mailboxes.map(({ id }) => id)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6']);
    expect(posts).toHaveLength(1 + 3 + 1);
  });

  it('and again from the start when one goes away meanwhile', async () => {
    const all = Array.from({ length: 7 }, (_, n) =>
      aMailboxObject({ id: `m${n}`, role: n === 0 ? 'inbox' : null }),
    );
    const { store } = fakeJmap(
      (calls, post) => {
        if (post === 1) return new HttpStatusError('limit', 400, { detail: LIMIT_DETAIL });
        if (post === 3) all.splice(1, 1);
        return page(calls, all, `Q${all.length}`);
      },
      { limits: { maxObjectsInGet: 3 } },
    );

    const mailboxes = await store.readMailboxes();

    expect(mailboxes.map(({ id }) => id)).toEqual(['m0', 'm2', 'm3', 'm4', 'm5', 'm6']);
  });

  it.each<[string, (calls: readonly Invocation[]) => FakeAnswer]>([
    ['a server that ignores the position', (calls) => page(calls, [aMailboxObject()], 'Q1', 0)],
    [
      'a server that leaves one out',
      (calls) =>
        page(calls, [aMailboxObject(), aMailboxObject({ id: 'm2' })], 'Q1', 0, [aMailboxObject()]),
    ],
  ])('%s is not believed', async (_, answerPage) => {
    const { store } = fakeJmap((calls, post) =>
      post === 1 ? new HttpStatusError('too large', 413) : answerPage(calls),
    );

    await expect(store.readMailboxes()).rejects.toThrow(MalformedAnswerError);
  });
});

describe('a new mailbox', () => {
  it('is asked for with name, parent and subscription', async () => {
    const { store, posts } = fakeJmap(() => set({ created: { new: { id: 'm9' } } }));

    await expect(store.createMailbox('Feed', 'm1')).resolves.toEqual({ kind: 'created', id: 'm9' });

    expect(posts[0]?.calls).toEqual([
      [
        'Mailbox/set',
        { accountId: 'A1', create: { new: { name: 'Feed', parentId: 'm1', isSubscribed: true } } },
        'set',
      ],
    ]);
  });

  it.each<[string, FakeAnswer, object]>([
    [
      'exists already',
      set({ notCreated: { new: { type: 'invalidProperties', properties: ['name'] } } }),
      { kind: 'refused', problem: 'Mailbox/set: invalidProperties (name)' },
    ],
    [
      'not now',
      set({ notCreated: { new: { type: 'rateLimit' } } }),
      { kind: 'failed', problem: 'Mailbox/set: rateLimit' },
    ],
    ['no answer for it', set({ created: null }), { kind: 'failed' }],
    ['no id', set({ created: { new: {} } }), { kind: 'failed' }],
    ['no connection', new NetworkError('refused'), { kind: 'failed', problem: 'refused' }],
    ['503', new HttpStatusError('503', 503), { kind: 'failed', problem: '503' }],
    ['400', new HttpStatusError('400', 400), { kind: 'refused', problem: '400' }],
    ['method error', { responses: [['error', { type: 'serverFail' }, 'set']] }, { kind: 'failed' }],
    ['forbidden', { responses: [['error', { type: 'forbidden' }, 'set']] }, { kind: 'refused' }],
  ])('%s', async (_, said, outcome) => {
    const { store } = fakeJmap(() => said);

    await expect(store.createMailbox('Feed', null)).resolves.toMatchObject(outcome);
  });

  it('credentials refused break the run', async () => {
    const { store } = fakeJmap(() => new CredentialsError('401'));

    await expect(store.createMailbox('Feed', null)).rejects.toThrow(CredentialsError);
  });
});

it('a method error other than "too large" is not answered with paging', async () => {
  const { store, posts } = fakeJmap(() => ({
    responses: [['error', { type: 'serverFail' }, 'get']],
  }));

  await expect(store.readMailboxes()).rejects.toThrow(JmapMethodError);

  expect(posts).toHaveLength(1);
});

function answer(args: object): FakeAnswer {
  return { responses: [['Mailbox/get', args, 'get']] };
}

function get(list: readonly unknown[]): FakeAnswer {
  return answer({ accountId: 'A1', state: 's', list, notFound: [] });
}

function set(args: object): FakeAnswer {
  return { responses: [['Mailbox/set', { accountId: 'A1', ...args }, 'set']] };
}

/** Mailbox/query by position, and its Mailbox/get by result reference. */
function page(
  calls: readonly Invocation[],
  all: readonly object[],
  queryState: string,
  position: number = calls[0]?.[1]['position'],
  list?: readonly object[],
): FakeAnswer {
  const found = all.slice(position, position + (calls[0]?.[1]['limit'] as number));
  return {
    responses: [
      [
        'Mailbox/query',
        { ids: found.map((object) => (object as { id: string }).id), queryState },
        'query',
      ],
      ['Mailbox/get', { list: list ?? found, notFound: [] }, 'get'],
    ],
  };
}

describe('a total of 0 only saves a request', () => {
  it.each<[rule: string, minutesAgo: number, total: number | null]>([
    ['is believed within the hour', 59, 0],
    ['is not known any more after an hour', 60, null],
    ['nor when the clock was set back', -61, null],
  ])('%s', async (_, minutesAgo, total) => {
    const since = new Date(Date.now() - minutesAgo * 60_000).toISOString();
    const answering = fakeJmap(
      (calls) => ({
        responses: calls.map(([name, , id]) => [
          name,
          name === 'Mailbox/get'
            ? { accountId: 'A1', list: [aMailboxObject()] }
            : { accountId: 'A1', ids: [], list: [], queryState: 'q' },
          id,
        ]),
      }),
      { remembered: aRememberedSession({ totalsBelievedSince: since }) },
    ).store;
    const [inbox] = await answering.readMailboxes();

    expect(inbox?.totalEmails).toBe(total);
    expect(answering.remember()?.totalsBelievedSince).toBe(since);
    const pages = [];
    for await (const page of answering.readEmailsIn(['inbox'])) pages.push(page);
    expect(pages).toEqual([]);
    const isLater = (answering.remember()?.totalsBelievedSince ?? '') !== since;
    expect(isLater).toBe(total === null);
  });
});
