import { afterEach, describe, expect, it } from 'vitest';

import { HttpStatusError, JmapMethodError, MalformedAnswerError } from '../../src/errors.ts';
import type { Fault, FaultRule } from '../support/stand-in/faults.ts';
import type { StandInOptions } from '../support/stand-in/options.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';
import type { StandIn } from '../support/stand-in/stand-in.ts';
import { openMailStore } from './open-mail-store.ts';
import type { OpenMailStore } from './open-mail-store.ts';

/*
 * What a real server cannot be made to do: faults on the wire, through the real HTTP client, and
 * the ways in which other servers than Cyrus keep to RFC 8620.
 */

let server: StandIn;
afterEach(async () => {
  await server.close();
});

describe('a read that went wrong is an error, never an empty answer', () => {
  it.each<
    [string, Fault, typeof MalformedAnswerError | typeof JmapMethodError | typeof HttpStatusError]
  >([
    ['a log-in page', { kind: 'html' }, MalformedAnswerError],
    ['an empty body', { kind: 'empty' }, MalformedAnswerError],
    ['204', { kind: 'empty', status: 204 }, MalformedAnswerError],
    [
      'cut short, though whole for HTTP',
      { kind: 'truncateBody', bytes: 60, isClean: true },
      MalformedAnswerError,
    ],
    ['an answer under another call id', { kind: 'wrongCallId' }, MalformedAnswerError],
    [
      'no answer to the /get',
      { kind: 'missingResponse', method: 'Email/get' },
      MalformedAnswerError,
    ],
    [
      'serverFail',
      { kind: 'methodError', method: 'Email/query', type: 'serverFail' },
      JmapMethodError,
    ],
    [
      'serverPartialFail',
      { kind: 'methodError', method: 'Email/get', type: 'serverPartialFail' },
      JmapMethodError,
    ],
    [
      'rateLimit',
      { kind: 'methodError', method: 'Email/query', type: 'rateLimit' },
      JmapMethodError,
    ],
    ['503 again and again', { kind: 'status', status: 503 }, HttpStatusError],
    [
      'a list that is short',
      {
        kind: 'replaceJson',
        change: (json) => {
          json.methodResponses[1][1].list.pop();
          return json;
        },
      },
      MalformedAnswerError,
    ],
  ])('%s', async (_, fault, error) => {
    const { store, screener } = await open({}, [{ on: 'Email/query', times: Infinity, fault }]);
    await server.addEmail({ from: 'a@example.com', mailboxIds: [screener] });

    await expect(readIds(store, screener)).rejects.toThrow(error);
  });

  it.each<[string, Fault]>([
    ['503', { kind: 'status', status: 503 }],
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '0' } }],
    ['a reset connection', { kind: 'resetBefore' }],
    ['a body that breaks off', { kind: 'truncateBody', bytes: 60 }],
  ])('%s once is tried again', async (_, fault) => {
    const { store, screener } = await open({}, [{ on: 'Email/query', fault }]);
    const id = await server.addEmail({ from: 'a@example.com', mailboxIds: [screener] });

    await expect(readIds(store, screener)).resolves.toEqual([id]);
  });
});

describe('a write whose answer is lost', () => {
  it('is sent again, and is done once', async () => {
    const { store, screener, feed } = await open({}, [
      { on: 'Email/set', fault: { kind: 'resetAfter' } },
    ]);
    const id = await server.addEmail({ from: 'a@example.com', mailboxIds: [screener] });

    const { outcomes } = await store.patchEmails(
      [{ emailId: id, add: [feed], remove: [screener] }],
      null,
    );

    expect(outcomes.get(id)).toEqual({ kind: 'updated' });
    expect((await server.emails()).get(id)?.mailboxIds).toEqual(new Set([feed]));
  });

  it.each<[string, Fault]>([
    ['no answer to Email/set', { kind: 'missingResponse', method: 'Email/set' }],
    ['done, but 500 says otherwise', { kind: 'status', status: 500, isDone: true }],
    ['a log-in page', { kind: 'html' }],
    ['serverPartialFail', { kind: 'methodError', method: 'Email/set', type: 'serverPartialFail' }],
  ])('%s again and again: failed for now, whatever was done', async (_, fault) => {
    const { store, screener, feed } = await open({}, [{ on: 'Email/set', times: Infinity, fault }]);
    const id = await server.addEmail({ from: 'a@example.com', mailboxIds: [screener] });

    const { outcomes } = await store.patchEmails(
      [{ emailId: id, add: [feed], remove: [screener] }],
      null,
    );

    expect(outcomes.get(id)).toMatchObject({ kind: 'failed' });
  });

  it.each([
    ['rateLimit', 'failed'],
    ['forbidden', 'refused'],
    ['overQuota', 'refused'],
  ])('SetError %s for one email: %s, the others are done', async (type, kind) => {
    const { store, screener, feed } = await open();
    const ids = await addEmails(screener, 3);
    const [bad = ''] = ids;
    server.faults.push({ on: 'Email/set', fault: { kind: 'setError', emailIds: [bad], type } });

    const { outcomes } = await store.patchEmails(
      ids.map((emailId) => ({ emailId, add: [feed], remove: [screener] })),
      null,
    );

    expect(ids.map((id) => outcomes.get(id)?.kind)).toEqual([kind, 'updated', 'updated']);
  });
});

describe('servers that keep to the RFC in another way', () => {
  it.each<[string, StandInOptions]>([
    ['too many objects is an error of the method', { overLimit: 'methodError' }],
    ['too many objects refuses the request', { overLimit: 'refuseRequest' }],
    ['fewer ids than asked for, said', { queryCap: 2 }],
    ['fewer ids than asked for, not said', { queryCap: 2, tellsQueryCap: false }],
    ['absolute URLs in the session', { hasAbsoluteUrls: true }],
    ['one call a request', { limits: { maxCallsInRequest: 1 } }],
    ['one request at once', { limits: { maxConcurrentRequests: 1, maxObjectsInSet: 1 } }],
    ['small requests', { limits: { maxSizeRequest: 2000 } }],
  ])('%s', async (_, options) => {
    const limits = { maxObjectsInGet: 3, maxObjectsInSet: 4, ...options.limits };
    const { store, screener, feed } = await open({ latencyMs: 1, ...options, limits });
    const ids = await addEmails(screener, 11);

    const read = await readIds(store, screener);
    const { outcomes } = await store.patchEmails(
      read.map((emailId) => ({ emailId, add: [feed], remove: [screener] })),
      null,
    );

    expect(new Set(read)).toEqual(new Set(ids));
    expect([...outcomes.values()]).toEqual(ids.map(() => ({ kind: 'updated' })));
    expect(server.requests.filter(({ status }) => status === null || status >= 400)).toEqual([]);
  });

  it.each<[string, NonNullable<StandInOptions['limits']>, requests: number]>([
    // The session, the refused query for all, and two rounds, of which the second finds nothing more.
    ['in one request a round', {}, 4],
    ['as far as the calls in a request go', { maxCallsInRequest: 4 }, 5],
    ['as far as the objects in a page go', { maxObjectsInGet: 2 }, 5],
    ['one call a request', { maxCallsInRequest: 1 }, 9],
  ])(
    'no inMailbox below an operator: a query for each mailbox, %s',
    async (_, limits, requests) => {
      const { store, screener, feed, requestCount } = await open({
        refusesNestedMailbox: true,
        limits,
      });
      const jail = await server.createMailbox('Jail');
      const ids = [...(await addEmails(screener, 3)), ...(await addEmails(jail, 1))];
      const both = await server.addEmail({ from: 'b@example.com', mailboxIds: [screener, jail] });

      const read: string[] = [];
      for await (const { emails } of store.readEmailsIn([screener, feed, jail])) {
        read.push(...emails.map(({ id }) => id));
      }

      expect(read.toSorted()).toEqual([...ids, both].toSorted());
      expect(requestCount()).toBe(requests);
    },
  );

  it.each(['methodError', 'refuseRequest'] as const)(
    'limits that have become smaller than the session said, %s: halved until they fit',
    async (overLimit) => {
      const { store, screener, feed } = await open({
        overLimit,
        limits: { maxObjectsInGet: 3, maxObjectsInSet: 4 },
      });
      const ids = await addEmails(screener, 20);
      server.faults.push({
        on: 'session',
        times: Infinity,
        fault: {
          kind: 'replaceJson',
          change: (json) => {
            Object.assign(json.capabilities['urn:ietf:params:jmap:core'], {
              maxObjectsInGet: 100,
              maxObjectsInSet: 100,
            });
            return json;
          },
        },
      });

      const read = await readIds(store, screener);
      const { outcomes } = await store.patchEmails(
        read.map((emailId) => ({ emailId, add: [feed], remove: [screener] })),
        null,
      );

      expect(new Set(read)).toEqual(new Set(ids));
      expect([...outcomes.values()]).toEqual(ids.map(() => ({ kind: 'updated' })));
    },
  );

  it.each(['invalidArguments', 'anchorNotFound'])(
    'anchors answered with %s: pages go by position, and emails that leave shift nothing',
    async (type) => {
      const { store, screener, feed } = await open({ limits: { maxObjectsInGet: 3 } }, [
        {
          on: 'Email/query',
          times: Infinity,
          when: ({ body }) => body.includes('"anchor"'),
          fault: { kind: 'methodError', method: 'Email/query', type },
        },
      ]);
      const ids = await addEmails(screener, 12);
      const read: string[] = [];

      for await (const { emails: page } of store.readEmailsIn([screener])) {
        read.push(...page.map(({ id }) => id));
        await server.moveEmail(page[0]?.id ?? '', { add: [feed], remove: [screener] });
      }

      expect(read).toHaveLength(12);
      expect(new Set(read)).toEqual(new Set(ids));
    },
  );
});

interface Opened extends OpenMailStore {
  readonly screener: string;
  readonly feed: string;
}

async function open(
  options: StandInOptions = {},
  faults: readonly FaultRule[] = [],
): Promise<Opened> {
  server = await startStandIn(options);
  const screener = await server.createMailbox('Screener');
  const feed = await server.createMailbox('Feed');
  server.faults.push(...faults);
  return { ...openMailStore(server), screener, feed };
}

async function addEmails(mailboxId: string, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push(await server.addEmail({ from: `s${n}@example.com`, mailboxIds: [mailboxId] }));
  }
  return ids;
}

async function readIds(
  store: OpenMailStore['store'],
  mailboxId: string,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { emails: page } of store.readEmailsIn([mailboxId]))
    ids.push(...page.map(({ id }) => id));
  return ids;
}
