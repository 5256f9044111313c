import { describe, expect, it } from 'vitest';

import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  MalformedAnswerError,
  NetworkError,
  StoppedError,
  TimeoutError,
  UrlNotTrustedError,
} from '../../../src/errors.ts';
import type { EmailPatch, PatchOutcome } from '../../../src/triage/model.ts';
import { fakeJmap } from './jmap/fake-jmap.ts';
import type { FakeAnswer, FakeJmap, FakeOptions, Invocation } from './jmap/fake-jmap.ts';

const LIMIT = new HttpStatusError('limit', 400, {
  detail: 'urn:ietf:params:jmap:error:limit, maxObjectsInSet',
});

describe('what is sent', () => {
  it('membership on and off in one patch for each email, and nothing else', async () => {
    const { store, posts } = updating();

    await store.patchEmails(
      [
        { emailId: 'e1', add: ['feed', 'inbox'], remove: ['screener'] },
        { emailId: 'e2', add: [], remove: ['label'] },
      ],
      null,
    );

    expect(posts.map(({ calls }) => calls)).toEqual([
      [
        [
          'Email/set',
          {
            accountId: 'A1',
            update: {
              e1: {
                'mailboxIds/screener': null,
                'mailboxIds/feed': true,
                'mailboxIds/inbox': true,
              },
              e2: { 'mailboxIds/label': null },
            },
          },
          'set',
        ],
      ],
    ]);
  });

  it.each([
    ['~', 'mailboxIds/~0'],
    ['a/b', 'mailboxIds/a~1b'],
    ['~1', 'mailboxIds/~01'],
  ])('mailbox id %s is escaped as %s', async (mailboxId, pointer) => {
    expect(await updateOf([{ emailId: 'e1', add: [mailboxId], remove: [] }])).toEqual({
      e1: { [pointer]: true },
    });
  });

  it('a mailbox that is both added and removed stays on: no email may be lost', async () => {
    expect(await updateOf([{ emailId: 'e1', add: ['feed'], remove: ['feed'] }])).toEqual({
      e1: { 'mailboxIds/feed': true },
    });
  });

  it('of two patches for one email the later wins where they differ', async () => {
    const patches = [
      { emailId: 'e1', add: ['error', 'feed'], remove: [] },
      { emailId: 'e1', add: [], remove: ['error'] },
    ];

    expect(await updateOf(patches)).toEqual({
      e1: { 'mailboxIds/error': null, 'mailboxIds/feed': true },
    });
  });

  it.each([
    ['no patches', []],
    ['patches that change nothing', [{ emailId: 'e1', add: [], remove: [] }]],
  ])('%s: nothing is sent, the session is not read', async (_, patches) => {
    const { store, posts, sessionReads } = updating();

    const { outcomes } = await store.patchEmails(patches, null);

    expect([...outcomes.values()]).toEqual(patches.map(() => ({ kind: 'updated' })));
    expect([posts.length, sessionReads()]).toEqual([0, 0]);
  });
});

describe('each email has its own outcome', () => {
  it.each<[string, object, PatchOutcome]>([
    ['updated, null', { updated: { e1: null } }, { kind: 'updated' }],
    ['updated, with what the server changed beside', { updated: { e1: {} } }, { kind: 'updated' }],
    ['deleted meanwhile', refuse('notFound'), { kind: 'notFound' }],
    ['rateLimit', refuse('rateLimit'), failed('Email/set: rateLimit')],
    ['stateMismatch', refuse('stateMismatch'), failed('Email/set: stateMismatch')],
    ['serverFail', refuse('serverFail'), failed('Email/set: serverFail')],
    ['serverUnavailable', refuse('serverUnavailable'), failed('Email/set: serverUnavailable')],
    ['forbidden', refuse('forbidden'), refused('Email/set: forbidden')],
    ['invalidPatch', refuse('invalidPatch'), refused('Email/set: invalidPatch')],
    ['tooManyMailboxes', refuse('tooManyMailboxes'), refused('Email/set: tooManyMailboxes')],
    ['overQuota', refuse('overQuota'), refused('Email/set: overQuota')],
    ['singleton', refuse('singleton'), refused('Email/set: singleton')],
    ['a type nobody knows', refuse('somethingNew'), refused('Email/set: somethingNew')],
    [
      'invalidProperties, with the properties and without the description',
      {
        notUpdated: {
          e1: { type: 'invalidProperties', properties: ['mailboxIds'], description: 'Subject: x' },
        },
      },
      refused('Email/set: invalidProperties (mailboxIds)'),
    ],
    [
      'control characters are taken out',
      refuse('a\u001B[31m\nb\u202E'),
      refused('Email/set: a [31m b'),
    ],
    [
      'no answer',
      { updated: null, notUpdated: null },
      failed('Email/set: no answer for this email'),
    ],
    ['no answer at all', {}, failed('Email/set: no answer for this email')],
    [
      'an answer for another email',
      { updated: { e2: null } },
      failed('Email/set: no answer for this email'),
    ],
    [
      'both updated and not',
      { updated: { e1: null }, ...refuse('forbidden') },
      refused('Email/set: forbidden'),
    ],
  ])('%s', async (_, answer, outcome) => {
    await expect(patchOne(() => set(answer))).resolves.toEqual(outcome);
  });

  it('a problem is at most 200 characters', async () => {
    const outcome = await patchOne(() => set(refuse('x'.repeat(1000))));

    expect(outcome).toMatchObject({ kind: 'refused', problem: expect.stringMatching(/^.{200}$/u) });
  });

  it.each<[string, object]>([
    ['SetError null', { notUpdated: { e1: null } }],
    ['SetError a text', { notUpdated: { e1: 'no' } }],
    ['type left out', { notUpdated: { e1: {} } }],
    ['type a number', { notUpdated: { e1: { type: 1 } } }],
    ['properties a text', { notUpdated: { e1: { type: 'forbidden', properties: 'x' } } }],
    ['updated an array', { updated: ['e1'] }],
    ['notUpdated a text', { updated: { e1: null }, notUpdated: 'none' }],
  ])('%s: nothing is claimed', async (_, answer) => {
    await expect(patchOne(() => set(answer))).resolves.toMatchObject({ kind: 'failed' });
  });

  it('an unreadable answer for one email does not touch the others', async () => {
    const { store } = fakeJmap(() => set({ updated: { e2: null }, notUpdated: { e1: 7 } }));

    const { outcomes } = await store.patchEmails(patchesFor(2, 1), null);

    expect(kindsOf(outcomes)).toEqual({ e1: 'failed', e2: 'updated' });
  });
});

describe('a chunk that fails for now is no exception', () => {
  it.each<[string, FakeAnswer]>([
    ['no connection', new NetworkError('refused')],
    ['timeout', new TimeoutError('30 s')],
    ['429', new HttpStatusError('429', 429)],
    ['503', new HttpStatusError('503', 503)],
    ['broken off', new MalformedAnswerError('broke off')],
    ['not JSON', { body: '<html></html>' }],
    ['another method answered', { responses: [['Email/get', {}, 'set']] }],
    ...['serverFail', 'serverUnavailable', 'serverPartialFail', 'rateLimit', 'stateMismatch'].map(
      (type): [string, FakeAnswer] => [type, { responses: [['error', { type }, 'set']] }],
    ),
  ])('%s: its emails failed, and it was sent once', async (_, answer) => {
    const { store, posts } = fakeJmap(() => answer);

    const { outcomes } = await store.patchEmails(patchesFor(3), null);

    expect(kindsOf(outcomes)).toEqual({ e0: 'failed', e1: 'failed', e2: 'failed' });
    expect(posts).toHaveLength(1);
  });

  it('the other chunks go on', async () => {
    const { store } = updating({ limits: { maxObjectsInSet: 1 } }, (emailIds) =>
      emailIds.includes('e1') ? new HttpStatusError('503', 503) : null,
    );

    const { outcomes } = await store.patchEmails(patchesFor(3), null);

    expect(kindsOf(outcomes)).toEqual({ e0: 'updated', e1: 'failed', e2: 'updated' });
  });
});

describe('what breaks the run is thrown', () => {
  it.each([
    ['credentials', new CredentialsError('401'), CredentialsError],
    ['trust', new UrlNotTrustedError('host'), UrlNotTrustedError],
    ['a signal', new StoppedError('SIGTERM'), StoppedError],
    ['a defect of ours', new TypeError('x is undefined'), TypeError],
  ])('%s', async (_, error, type) => {
    const { store } = fakeJmap(() => error);

    await expect(store.patchEmails(patchesFor(3), null)).rejects.toThrow(type);
  });

  it('a read-only account', async () => {
    const { store } = fakeJmap(() => ({
      responses: [['error', { type: 'accountReadOnly' }, 'set']],
    }));

    await expect(store.patchEmails(patchesFor(3), null)).rejects.toThrow(AccountError);
  });

  it('and no further chunk is sent', async () => {
    const { store, posts } = updating({ limits: { maxObjectsInSet: 1 } }, (emailIds) =>
      emailIds.includes('e1') ? new CredentialsError('401') : null,
    );

    await expect(store.patchEmails(patchesFor(9), null)).rejects.toThrow(CredentialsError);

    expect(posts).toHaveLength(2);
  });
});

describe('chunks', () => {
  it.each([
    [10, 5, 2],
    [11, 5, 3],
    [5, 5, 1],
    [1, 1, 1],
  ])('%i emails with maxObjectsInSet %i: %i requests', async (count, maxObjectsInSet, requests) => {
    const { store, posts } = updating({ limits: { maxObjectsInSet } });

    const { outcomes } = await store.patchEmails(patchesFor(count), null);

    expect(outcomes.size).toBe(count);
    expect(new Set([...outcomes.values()].map(({ kind }) => kind))).toEqual(new Set(['updated']));
    expect(posts).toHaveLength(requests);
    expect(Math.max(...posts.map(({ calls }) => emailIdsOf(calls).length))).toBeLessThanOrEqual(
      maxObjectsInSet,
    );
  });

  it('no request is larger than maxSizeRequest, counted in bytes', async () => {
    const { store, posts } = updating({ limits: { maxSizeRequest: 4000 } });
    const patches = Array.from({ length: 100 }, (_, n) => ({
      emailId: `e${n}`,
      add: ['ä'.repeat(40)],
      remove: ['screener'],
    }));

    const { outcomes } = await store.patchEmails(patches, null);

    expect(outcomes.size).toBe(100);
    expect(Math.max(...posts.map(({ bytes }) => bytes))).toBeLessThanOrEqual(4000);
    expect(posts.length).toBeLessThan(10);
  });

  it('a maxSizeRequest below one email: one at a time, all the same', async () => {
    const { store, posts } = updating({ limits: { maxSizeRequest: 10 } });

    const { outcomes } = await store.patchEmails(patchesFor(3), null);

    expect(kindsOf(outcomes)).toEqual({ e0: 'updated', e1: 'updated', e2: 'updated' });
    expect(posts).toHaveLength(3);
  });

  it('one after the other: each names the state that the one before left', async () => {
    const { store, posts, mostAtOnce } = fakeJmap(
      (calls) => {
        const update = calls[0]?.[1]['update'] as object;
        const updated = Object.fromEntries(Object.keys(update).map((id) => [id, null]));
        const newState = `${String(calls[0]?.[1]['ifInState'])}+`;
        return { responses: [['Email/set', { updated, newState }, 'set']] };
      },
      { limits: { maxObjectsInSet: 1, maxConcurrentRequests: 8 } },
    );

    const { state } = await store.patchEmails(patchesFor(3), 's');

    expect(posts.map(({ calls }) => calls[0]?.[1]['ifInState'])).toEqual(['s', 's+', 's++']);
    expect(state).toBe('s+++');
    expect(mostAtOnce()).toBe(1);
  });

  it('another state: what was not applied is stale, and no further chunk is sent', async () => {
    const { store, posts } = fakeJmap(
      (calls, post) => {
        const update = calls[0]?.[1]['update'] as object;
        const updated = Object.fromEntries(Object.keys(update).map((id) => [id, null]));
        return post === 2
          ? { responses: [['error', { type: 'stateMismatch' }, 'set']] }
          : { responses: [['Email/set', { updated, newState: 't' }, 'set']] };
      },
      { limits: { maxObjectsInSet: 2 } },
    );

    const { outcomes, state } = await store.patchEmails(patchesFor(6), 's');

    expect(kindsOf(outcomes)).toEqual({
      e0: 'updated',
      e1: 'updated',
      e2: 'stale',
      e3: 'stale',
      e4: 'stale',
      e5: 'stale',
    });
    expect([posts.length, state]).toEqual([2, 't']);
  });
});

describe('limits that turn out lower than said: chunks are halved until they fit', () => {
  it.each<[string, FakeAnswer]>([
    ['400 limit', LIMIT],
    ['413', new HttpStatusError('too large', 413)],
    ['requestTooLarge', { responses: [['error', { type: 'requestTooLarge' }, 'set']] }],
  ])('%s', async (_, refusal) => {
    const { store, posts } = updating({ limits: { maxObjectsInSet: 16 } }, (emailIds) =>
      emailIds.length > 4 ? refusal : null,
    );

    const { outcomes } = await store.patchEmails(patchesFor(16), null);

    expect(new Set(Object.values(kindsOf(outcomes)))).toEqual(new Set(['updated']));
    expect(posts.map(({ calls }) => emailIdsOf(calls).length)).toEqual([16, 8, 4, 4, 4, 4]);
  });

  it('an email that is too large by itself is refused, the others are not', async () => {
    const { store } = updating({}, (emailIds) => (emailIds.includes('e2') ? LIMIT : null));

    const { outcomes } = await store.patchEmails(patchesFor(4), null);

    expect(kindsOf(outcomes)).toEqual({
      e0: 'updated',
      e1: 'updated',
      e2: 'refused',
      e3: 'updated',
    });
  });

  it('too many at once for now is not the size of the chunk', async () => {
    const { store, posts } = fakeJmap(
      () =>
        new HttpStatusError('limit', 400, {
          detail: 'urn:ietf:params:jmap:error:limit, maxConcurrentRequests',
        }),
    );

    const { outcomes } = await store.patchEmails(patchesFor(2), null);

    expect(kindsOf(outcomes)).toEqual({ e0: 'failed', e1: 'failed' });
    expect(posts).toHaveLength(2);
  });
});

describe('a chunk that is refused for good is searched for the email that is the reason', () => {
  it.each<[string, FakeAnswer]>([
    ['400', new HttpStatusError('400', 400)],
    ['invalidArguments', { responses: [['error', { type: 'invalidArguments' }, 'set']] }],
  ])('%s', async (_, refusal) => {
    const { store } = updating({}, (emailIds) => (emailIds.includes('e5') ? refusal : null));

    const { outcomes } = await store.patchEmails(patchesFor(8), null);

    const { e5, ...others } = kindsOf(outcomes);
    expect(e5).toBe('refused');
    expect(new Set(Object.values(others))).toEqual(new Set(['updated']));
  });

  it('but not without end, when the server refuses everything', async () => {
    const { store, posts } = updating(
      { limits: { maxObjectsInSet: 4096 } },
      () => new HttpStatusError('400', 400),
    );

    const { outcomes } = await store.patchEmails(patchesFor(4096), null);

    expect(outcomes.size).toBe(4096);
    expect(Object.values(kindsOf(outcomes))).not.toContain('updated');
    expect(posts.length).toBeLessThan(150);
  });
});

/** A server that updates whatever it is sent, but where `refuse` has another answer. */
function updating(
  options: FakeOptions = {},
  refuse: (emailIds: readonly string[]) => FakeAnswer | null | Promise<FakeAnswer | null> = () =>
    null,
): FakeJmap {
  return fakeJmap(async (calls) => {
    const emailIds = emailIdsOf(calls);
    const updated = Object.fromEntries(emailIds.map((id) => [id, null]));
    return (await refuse(emailIds)) ?? set({ updated });
  }, options);
}

async function updateOf(patches: readonly EmailPatch[]): Promise<unknown> {
  const { store, posts } = updating();
  await store.patchEmails(patches, null);
  return posts[0]?.calls[0]?.[1]['update'];
}

async function patchOne(answer: () => FakeAnswer): Promise<PatchOutcome | undefined> {
  const { store } = fakeJmap(answer);
  const { outcomes } = await store.patchEmails(
    [{ emailId: 'e1', add: ['feed'], remove: ['screener'] }],
    null,
  );
  expect([...outcomes.keys()]).toEqual(['e1']);
  return outcomes.get('e1');
}

function emailIdsOf(calls: readonly Invocation[]): readonly string[] {
  return Object.keys(calls[0]?.[1]['update'] as object);
}

function patchesFor(count: number, from = 0): readonly EmailPatch[] {
  return Array.from({ length: count }, (_, n) => ({
    emailId: `e${n + from}`,
    add: ['feed'],
    remove: ['screener'],
  }));
}

function kindsOf(outcomes: ReadonlyMap<string, PatchOutcome>): Readonly<Record<string, string>> {
  return Object.fromEntries([...outcomes].map(([id, { kind }]) => [id, kind]));
}

function set(answer: object): FakeAnswer {
  return { responses: [['Email/set', { accountId: 'A1', ...answer }, 'set']] };
}

function refuse(type: string): object {
  return { updated: null, notUpdated: { e1: { type } } };
}

function failed(problem: string): PatchOutcome {
  return { kind: 'failed', problem };
}

function refused(problem: string): PatchOutcome {
  return { kind: 'refused', problem };
}
