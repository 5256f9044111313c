import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { HttpStatusError, JmapMethodError, MalformedAnswerError } from '../../../src/errors.ts';
import type { Author, Email, NobodyReason } from '../../../src/triage/model.ts';
import { anEmailObject, fakeJmap } from './jmap/fake-jmap.ts';
import type { FakeAnswer, FakeJmap, FakeOptions, Invocation } from './jmap/fake-jmap.ts';

describe('what is asked', () => {
  it('no mailboxes: nothing is sent', async () => {
    const fake = serve(['e1']);

    await expect(readAll(fake, [])).resolves.toEqual([]);

    expect([fake.posts.length, fake.sessionReads()]).toEqual([0, 0]);
  });

  it.each([
    [['screener'], { inMailbox: 'screener' }],
    [['l1', 'l2'], { operator: 'OR', conditions: [{ inMailbox: 'l1' }, { inMailbox: 'l2' }] }],
  ])('mailboxes %j: one request a page, and one for the empty page', async (mailboxIds, filter) => {
    const fake = serve(['e1', 'e2', 'e3'], { limits: { maxObjectsInGet: 2 } });

    await expect(readAll(fake, mailboxIds)).resolves.toEqual(['e1', 'e2', 'e3']);

    const common = {
      accountId: 'A1',
      filter,
      sort: [{ property: 'receivedAt', isAscending: true }],
      limit: 2,
    };
    const get = [
      'Email/get',
      {
        accountId: 'A1',
        '#ids': { resultOf: 'query', name: 'Email/query', path: '/ids' },
        properties: ['id', 'mailboxIds', 'keywords', 'from', 'header:From:asRaw:all', 'receivedAt'],
      },
      'get',
    ];
    expect(fake.posts.map(({ calls }) => calls)).toEqual([
      [['Email/query', { ...common, position: 0 }, 'query'], get],
      [['Email/query', { ...common, anchor: 'e2', anchorOffset: 1 }, 'query'], get],
      [['Email/query', { ...common, anchor: 'e3', anchorOffset: 1 }, 'query'], get],
    ]);
  });

  it('a server that takes one call a request gets one', async () => {
    const fake = serve(['e1', 'e2', 'e3'], {
      limits: { maxObjectsInGet: 2, maxCallsInRequest: 1 },
    });

    await expect(readAll(fake)).resolves.toEqual(['e1', 'e2', 'e3']);

    expect(fake.posts.map(({ calls }) => calls.map(([name]) => name))).toEqual([
      ['Email/query'],
      ['Email/get'],
      ['Email/query'],
      ['Email/get'],
      ['Email/query'],
    ]);
  });

  it('short pages end nothing: only an empty one does', async () => {
    const fake = serve(['e1', 'e2', 'e3'], { mostPerPage: 1 });

    await expect(readAll(fake)).resolves.toEqual(['e1', 'e2', 'e3']);
  });
});

describe('emails as the server gives them', () => {
  it.each([
    [
      'several entries',
      [
        { name: 'B', email: 'b@x' },
        { name: null, email: 'jane@sender.example' },
      ],
      nobody('several addresses'),
      'B',
    ],
    [
      'letter case is no difference',
      [{ name: ' Jane\u202E ', email: 'Jane@Sender.Example' }],
      { kind: 'sender', address: 'jane@sender.example' },
      'Jane',
    ],
    ['null', null, nobody('server reads another address'), ''],
    ['left out', undefined, nobody('server reads another address'), ''],
    ['empty', [], nobody('server reads another address'), ''],
    [
      'an entry without an address, as a group gives',
      [{ name: 'x' }],
      nobody('server reads another address'),
      'x',
    ],
    ['an address null', [{ name: null, email: null }], nobody('server reads another address'), ''],
  ])('From: %s', async (_, from, author, displayName) => {
    const [email] = await readEmails(fakeJmap(onePage([anEmailObject({ from })])));

    expect(email).toMatchObject({ author, displayName });
  });

  it('a fraction of a second goes, for text order is time order', async () => {
    const receivedAt = '2026-11-01T08:00:00.5Z';

    const [email] = await readEmails(fakeJmap(onePage([anEmailObject({ receivedAt })])));

    expect(email?.receivedAt).toBe('2026-11-01T08:00:00Z');
  });

  it('in the order of the query, whatever the order of the get', async () => {
    const list = ['e3', 'e1', 'e2'].map((id) => anEmailObject({ id }));

    const emails = await readEmails(fakeJmap(onePage(list, ['e1', 'e2', 'e3'])));

    expect(emails.map(({ id }) => id)).toEqual(['e1', 'e2', 'e3']);
  });

  it('one deleted between query and get is left out', async () => {
    const emails = await readEmails(fakeJmap(onePage([anEmailObject()], ['e1', 'gone'], ['gone'])));

    expect(emails.map(({ id }) => id)).toEqual(['e1']);
  });

  it('one that left the mailbox between query and get is given, as it is now', async () => {
    const list = [anEmailObject({ mailboxIds: { archive: true } })];

    const [email] = await readEmails(fakeJmap(onePage(list)));

    expect(email?.mailboxIds).toEqual(new Set(['archive']));
  });
});

describe('a page that cannot be right is no page', () => {
  it.each<[string, (calls: readonly Invocation[]) => FakeAnswer, RegExp]>([
    [
      'an id neither in list nor in notFound',
      onePage([anEmailObject()], ['e1', 'e2']),
      /leaves out/u,
    ],
    ['an empty get for a full query', onePage([], ['e1', 'e2']), /leaves out/u],
    [
      'an email nobody asked for',
      onePage([anEmailObject(), anEmailObject({ id: 'e2' })], ['e1']),
      /nobody asked/u,
    ],
    ['ids null', reply({ ids: null }, {}), /Email\/query ids/u],
    ['an id a number', reply({ ids: [1] }, {}), /Email\/query ids\[\]/u],
    ['list null', reply({ ids: ['e1'] }, { list: null }), /Email\/get list/u],
    ['one email twice', onePage([anEmailObject(), anEmailObject()], ['e1']), /twice/u],
    ['mailboxIds left out', withEmail({ mailboxIds: undefined }), /mailboxIds/u],
    ['mailboxIds empty', withEmail({ mailboxIds: {} }), /mailboxIds/u],
    ['mailboxIds an array', withEmail({ mailboxIds: ['screener'] }), /mailboxIds/u],
    ['mailboxIds with false', withEmail({ mailboxIds: { a: true, b: false } }), /mailboxIds/u],
    ['mailboxIds with a text', withEmail({ mailboxIds: { a: 'yes' } }), /mailboxIds/u],
    ['from a text', withEmail({ from: 'jane@example.com' }), /\.from/u],
    ['from with a text', withEmail({ from: ['jane@example.com'] }), /\.from\[\]/u],
    ['address a number', withEmail({ from: [{ email: 1 }] }), /\.from\[\]\.email/u],
    ['name an object', withEmail({ from: [{ name: {}, email: 'a@x' }] }), /\.from\[\]\.name/u],
    [
      'From fields left out',
      withEmail({ 'header:From:asRaw:all': undefined }),
      /header:From:asRaw:all/u,
    ],
    ['receivedAt left out', withEmail({ receivedAt: undefined }), /receivedAt/u],
    [
      'receivedAt in local time',
      withEmail({ receivedAt: '2026-11-01T08:00:00+01:00' }),
      /receivedAt/u,
    ],
  ])('%s', async (_, answer, message) => {
    const error = await readEmails(fakeJmap(answer)).catch((error: unknown) => error);

    expect(error).toBeInstanceOf(MalformedAnswerError);
    expect(error).toHaveProperty('message', expect.stringMatching(message));
    expect(error).toHaveProperty('message', expect.not.stringMatching(/jane/u));
  });

  it.each([
    ['the first page over and over', { ignoresWindow: true }],
    ['the same by position, anchors refused', { ignoresWindow: true, anchors: 'invalidArguments' }],
  ] as const)('%s ends in an error, not in a loop', async (_, options) => {
    const fake = serve(['e1', 'e2', 'e3'], { ...options, mostPerPage: 2 });

    await expect(readAll(fake)).rejects.toThrow(MalformedAnswerError);

    expect(fake.posts.length).toBeLessThan(10);
  });

  it('an answer that changes at every look ends in an error, not in a loop', async () => {
    let looks = 0;
    const fake = serve(['e1', 'e2', 'e3'], {
      anchors: 'invalidArguments',
      mostPerPage: 1,
      queryState: () => String((looks += 1)),
    });

    await expect(readAll(fake)).rejects.toThrow(/changed its answer/u);
  });
});

describe('limits that turn out lower than said', () => {
  it.each<[string, Error | string]>([
    [
      '400 limit',
      new HttpStatusError('limit', 400, {
        detail: 'urn:ietf:params:jmap:error:limit, maxObjectsInGet',
      }),
    ],
    ['413', new HttpStatusError('too large', 413)],
    ['requestTooLarge', 'requestTooLarge'],
  ])('%s: pages are halved until they fit', async (_, refusal) => {
    const fake = serve(ids(9), {
      limits: { maxObjectsInGet: 8 },
      refuses: (limit) => (limit > 2 ? refusal : null),
    });

    await expect(readAll(fake)).resolves.toEqual(ids(9));

    expect(fake.posts.slice(0, 3).map(({ calls }) => calls[0]?.[1]['limit'])).toEqual([8, 4, 2]);
  });

  it('a server that refuses a page of one is an error', async () => {
    const fake = serve(ids(9), {
      limits: { maxObjectsInGet: 4 },
      refuses: () => 'requestTooLarge',
    });

    await expect(readAll(fake)).rejects.toThrow(JmapMethodError);

    expect(fake.posts.map(({ calls }) => calls[0]?.[1]['limit'])).toEqual([4, 2, 1]);
  });

  it.each(['serverFail', 'serverUnavailable', 'rateLimit', 'invalidArguments'])(
    'but %s is not a matter of size',
    async (type) => {
      const fake = serve(ids(9), { refuses: () => type });

      await expect(readAll(fake)).rejects.toThrow(type);

      expect(fake.posts).toHaveLength(1);
    },
  );
});

describe('each email once, and all that stay, whatever leaves meanwhile', () => {
  it.each(['supported', 'never found', 'invalidArguments'] as const)(
    'anchors %s: half of each page leaves before the next',
    async (anchors) => {
      const all = ids(20);
      const fake = serve(all, { anchors, limits: { maxObjectsInGet: 4 } });

      const read = await readAll(fake, ['screener'], (page) => {
        for (const id of page.slice(0, 2)) fake.remove(id);
      });

      expect(read).toEqual(all);
    },
  );

  it('the anchor itself leaves: the listing begins again, and gives nothing twice', async () => {
    const fake = serve(ids(12), { limits: { maxObjectsInGet: 4 } });

    const read = await readAll(fake, ['screener'], (page) => {
      fake.remove(page.at(-1) ?? '');
    });

    expect(read).toEqual(ids(12));
  });

  it('whole pages leave as soon as they are read', async () => {
    const fake = serve(ids(30), { limits: { maxObjectsInGet: 4 } });

    const read = await readAll(fake, ['screener'], (page) => {
      for (const id of page) fake.remove(id);
    });

    expect(read).toEqual(ids(30));
  });

  it('property: any emails leave or arrive at any page, with and without anchors', async () => {
    const change = fc.record({
      leave: fc.array(fc.nat(29), { maxLength: 6 }),
      arrive: fc.nat(2),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom('supported' as const, 'never found' as const, 'invalidArguments' as const),
        fc.array(change, { maxLength: 12 }),
        async (maxObjectsInGet, count, anchors, changes) => {
          const fake = serve(ids(count), { anchors, limits: { maxObjectsInGet } });
          const left = new Set<string>();
          let step = 0;

          const read = await readAll(fake, ['screener'], () => {
            const { leave, arrive } = changes[step] ?? { leave: [], arrive: 0 };
            step += 1;
            for (const n of leave) {
              fake.remove(nth(n));
              left.add(nth(n));
            }
            for (let n = 0; n < arrive; n += 1) fake.add(nth(100 + step * 10 + n));
          });

          const stayed = ids(count).filter((id) => !left.has(id));
          expect(read.filter((id) => stayed.includes(id))).toEqual(stayed);
          expect(new Set(read).size).toBe(read.length);
        },
      ),
      { numRuns: 150 },
    );
  });
});

interface ServeOptions extends FakeOptions {
  readonly anchors?: 'supported' | 'never found' | 'invalidArguments';
  readonly mostPerPage?: number;
  readonly ignoresWindow?: boolean;
  readonly queryState?: () => string;
  /** A method error type or an error for a page of this limit; null lets it pass. */
  readonly refuses?: (limit: number) => Error | string | null;
}

interface ServedMailbox extends FakeJmap {
  remove(id: string): void;
  add(id: string): void;
}

/** A mailbox that is paged as RFC 8620 §5.5 has it, or in one of the ways it is got wrong. */
function serve(initial: readonly string[], options: ServeOptions = {}): ServedMailbox {
  const present = [...initial];
  let changes = 0;
  const anchors = options.anchors ?? 'supported';
  const query = (args: Invocation[1]): string[] | string => {
    const limit = Math.min(args['limit'] as number, options.mostPerPage ?? Infinity);
    if (
      options.ignoresWindow === true &&
      (args['anchor'] === undefined || anchors === 'supported')
    ) {
      return present.slice(0, limit);
    }
    if (args['anchor'] === undefined) {
      const position = args['position'] as number;
      return present.slice(position, position + limit);
    }
    if (anchors === 'invalidArguments') return 'invalidArguments';
    const at = anchors === 'supported' ? present.indexOf(args['anchor'] as string) : -1;
    return at < 0 ? 'anchorNotFound' : present.slice(at + 1, at + 1 + limit);
  };
  let lastIds: readonly string[] = [];
  const fake = fakeJmap((calls) => {
    const responses: unknown[] = [];
    for (const [name, args, callId] of calls) {
      if (name === 'Email/query') {
        const refusal = options.refuses?.(args['limit'] as number) ?? null;
        if (refusal instanceof Error) return refusal;
        const found = refusal ?? query(args);
        if (typeof found === 'string') {
          responses.push(['error', { type: found }, callId]);
          continue;
        }
        lastIds = found;
        const queryState = options.queryState?.() ?? String(changes);
        responses.push([name, { ids: found, queryState }, callId]);
      } else if (responses.some((response) => (response as unknown[])[0] === 'error')) {
        responses.push(['error', { type: 'invalidResultReference' }, callId]);
      } else {
        responses.push([
          name,
          { list: lastIds.map((id) => anEmailObject({ id })), notFound: [], state: 'E1' },
          callId,
        ]);
      }
    }
    return { responses };
  }, options);
  return {
    ...fake,
    remove(id) {
      const at = present.indexOf(id);
      if (at < 0) return;
      present.splice(at, 1);
      changes += 1;
    },
    add(id) {
      present.push(id);
      changes += 1;
    },
  };
}

async function readAll(
  fake: FakeJmap,
  mailboxIds: readonly string[] = ['screener'],
  afterPage: (ids: readonly string[]) => void = () => {},
): Promise<readonly string[]> {
  const read: string[] = [];
  for await (const { emails: page } of fake.store.readEmailsIn(mailboxIds)) {
    expect(page).not.toHaveLength(0);
    const pageIds = page.map(({ id }) => id);
    read.push(...pageIds);
    afterPage(pageIds);
  }
  return read;
}

async function readEmails(fake: FakeJmap): Promise<readonly Email[]> {
  const emails: Email[] = [];
  for await (const { emails: page } of fake.store.readEmailsIn(['screener'])) emails.push(...page);
  return emails;
}

/** One page with these emails, then the empty one. */
function onePage(
  list: readonly object[],
  queried?: readonly string[],
  notFound: readonly string[] = [],
): (calls: readonly Invocation[]) => FakeAnswer {
  const found = queried ?? list.map((object) => (object as { id: string }).id);
  return (calls) =>
    calls[0]?.[1]['position'] === 0
      ? reply({ ids: found, queryState: 'Q' }, { list, notFound, state: 'E1' })(calls)
      : reply({ ids: [], queryState: 'Q' }, { list: [], notFound: [] })(calls);
}

function withEmail(
  change: Readonly<Record<string, unknown>>,
): (calls: readonly Invocation[]) => FakeAnswer {
  return onePage([anEmailObject(change)], ['e1']);
}

function reply(query: object, get: object): (calls: readonly Invocation[]) => FakeAnswer {
  return () => ({
    responses: [
      ['Email/query', query, 'query'],
      ['Email/get', get, 'get'],
    ],
  });
}

function ids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => nth(n));
}

function nth(n: number): string {
  return `e${String(n).padStart(3, '0')}`;
}

function nobody(reason: NobodyReason): Author {
  return { kind: 'nobody', reason };
}
