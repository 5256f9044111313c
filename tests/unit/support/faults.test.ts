import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { FaultRule } from '../../support/stand-in/faults.ts';
import { type StandIn, startStandIn } from '../../support/stand-in/stand-in.ts';
import { callDav, callJmap, readSession } from '../../support/wire.ts';

/* A fault that does not strike makes every test that counts on it pass for nothing. */

let server: StandIn;
beforeEach(async () => {
  server = await startStandIn();
});
afterEach(() => server.close());

const CARD = ['BEGIN:VCARD', 'VERSION:3.0', 'UID:u', 'FN:F', 'N:;;;;', 'END:VCARD', ''].join(
  '\r\n',
);

function putCard(name = 'a.vcf', signal?: AbortSignal): Promise<Response> {
  const href = `${server.origin}${server.contacts.homeHref}Default/${name}`;
  return signal === undefined
    ? callDav(server, 'PUT', href, { headers: { 'content-type': 'text/vcard' }, body: CARD })
    : fetch(href, {
        method: 'PUT',
        signal,
        headers: {
          'content-type': 'text/vcard',
          authorization: `Basic ${btoa(`${server.username}:${server.password}`)}`,
        },
        body: CARD,
      });
}

async function call(
  ...calls: readonly (readonly [string, Readonly<Record<string, unknown>>])[]
): ReturnType<typeof callJmap> {
  const { apiUrl, accountId } = await readSession(server.sessionUrl, server.token);
  const withIds = calls.map(([name, args], index) => [name, { accountId, ...args }, `${index}`]);
  return callJmap(apiUrl, server.token, withIds);
}

/** What became of a PUT: its status, or that no whole answer came; and whether the card is there. */
async function outcomeOfPut(signal?: AbortSignal): Promise<{ answer: unknown; cards: number }> {
  const answer = await putCard('a.vcf', signal).then(
    async (response) => {
      await response.text();
      return response.status;
    },
    () => 'no answer',
  );
  return { answer, cards: (await server.cards()).size };
}

describe('a write', () => {
  it.each<[string, FaultRule['fault'], unknown, number]>([
    ['reset before it is done', { kind: 'resetBefore' }, 'no answer', 0],
    ['reset after it was done', { kind: 'resetAfter' }, 'no answer', 1],
    ['answered with a status, not done', { kind: 'status', status: 503 }, 503, 0],
    ['answered with a status, done', { kind: 'status', status: 503, isDone: true }, 503, 1],
    ['answered with a log-in page', { kind: 'html' }, 200, 0],
    ['answered with nothing', { kind: 'empty' }, 200, 0],
  ])('%s', async (_, fault, answer, cards) => {
    server.faults.push({ on: 'put-card', fault });

    expect(await outcomeOfPut()).toEqual({ answer, cards });
  });

  it.each<[string, boolean, number]>([
    ['not done', false, 0],
    ['done', true, 1],
  ])('stalled, %s: only the client ends it', async (_, isDone, cards) => {
    const client = new AbortController();
    // The client gives up once the server has the request.
    const act = (): void => {
      setTimeout(() => client.abort(), 50);
    };
    server.faults.push(
      { on: 'put-card', fault: { kind: 'otherClient', act } },
      { on: 'put-card', fault: { kind: 'stall', isDone } },
    );

    expect(await outcomeOfPut(client.signal)).toEqual({ answer: 'no answer', cards });
    expect(server.requests).toMatchObject([{ kind: 'put-card', status: null }]);
  });
});

describe('an answer', () => {
  it('cut by the connection cannot be read', async () => {
    await server.putCard('a.vcf', CARD);
    server.faults.push({ on: 'get-card', fault: { kind: 'truncateBody', bytes: 20 } });
    const href = `${server.origin}${server.contacts.homeHref}Default/a.vcf`;
    const headers = { 'accept-encoding': 'identity' };

    await expect(async () => {
      const response = await callDav(server, 'GET', href, { headers });
      return response.text();
    }).rejects.toThrow('terminated');
  });

  it('cut clean looks whole to HTTP', async () => {
    await server.putCard('a.vcf', CARD);
    server.faults.push({
      on: 'get-card',
      fault: { kind: 'truncateBody', bytes: 20, isClean: true },
    });
    const href = `${server.origin}${server.contacts.homeHref}Default/a.vcf`;
    const response = await callDav(server, 'GET', href, {
      headers: { 'accept-encoding': 'identity' },
    });

    expect(await response.text()).toBe(CARD.slice(0, 20));
  });

  it('sent slowly is whole in the end', async () => {
    server.faults.push({ on: 'session', fault: { kind: 'slowBody', totalMs: 20 } });

    expect((await readSession(server.sessionUrl, server.token)).accountId).not.toBe('');
  });

  it('loses its ETag, or has another', async () => {
    server.faults.push(
      { on: 'put-card', nth: 1, fault: { kind: 'dropEtag' } },
      { on: 'put-card', nth: 2, fault: { kind: 'alterEtag', change: (etag) => `W/${etag}` } },
    );
    const first = await putCard();
    const second = await putCard();

    expect(first.headers.get('etag')).toBeNull();
    expect(second.headers.get('etag')).toMatch(/^W\/"/u);
  });

  it('has its JSON and its text changed', async () => {
    server.faults.push(
      { on: 'Core/echo', fault: { kind: 'replaceJson', change: () => ({ changed: true }) } },
      { on: 'propfind', fault: { kind: 'replaceText', change: () => '<changed/>' } },
    );
    const json = await call(['Core/echo', {}]);
    const text = await callDav(server, 'PROPFIND', server.cardDavUrl, { headers: { depth: '0' } });

    expect(json.body).toEqual({ changed: true });
    expect(await text.text()).toBe('<changed/>');
  });
});

describe('a JMAP answer', () => {
  it('comes under a call id that nobody used', async () => {
    server.faults.push({ on: 'Core/echo', fault: { kind: 'wrongCallId' } });
    const { methodResponses } = await call(['Core/echo', {}]);

    expect(methodResponses[0]?.[2]).not.toBe('0');
  });

  it('lacks the response to a method', async () => {
    const fault = { kind: 'missingResponse', method: 'Mailbox/get' } as const;
    server.faults.push({ on: 'Mailbox/get', fault });
    const { methodResponses } = await call(['Mailbox/get', { ids: [] }], ['Core/echo', {}]);

    expect(methodResponses.map(([name]) => name)).toEqual(['Core/echo']);
  });

  it('is a method error, and the method was not executed', async () => {
    server.faults.push({
      on: 'Mailbox/set',
      fault: { kind: 'methodError', method: 'Mailbox/set', type: 'serverUnavailable' },
    });
    const create = { x: { name: 'Not there', parentId: null } };
    const { methodResponses } = await call(['Mailbox/set', { create }]);

    expect(methodResponses).toMatchObject([['error', { type: 'serverUnavailable' }, '0']]);
    expect(server.mail.findMailbox('Not there', null)).toBeUndefined();
  });

  it('refuses some emails of an update and does the others', async () => {
    const x = await server.createMailbox('X');
    const y = await server.createMailbox('Y');
    const [a, b] = [
      await server.addEmail({ from: null, mailboxIds: [x] }),
      await server.addEmail({ from: null, mailboxIds: [x] }),
    ];
    const fault = { kind: 'setError', emailIds: [a], type: 'rateLimit' } as const;
    server.faults.push({ on: 'Email/set', fault });
    const patch = { [`mailboxIds/${y}`]: true };
    const { methodResponses } = await call(['Email/set', { update: { [a]: patch, [b]: patch } }]);

    expect(methodResponses[0]?.[1]).toMatchObject({
      updated: { [b]: null },
      notUpdated: { [a]: { type: 'rateLimit' } },
    });
    expect(server.mail.emails.get(a)?.mailboxIds).toEqual(new Set([x]));
    expect(server.mail.emails.get(b)?.mailboxIds).toEqual(new Set([x, y]));
  });
});

describe('a rule', () => {
  it.each<[string, Omit<FaultRule, 'fault'>, readonly number[]]>([
    ['strikes the first by default', { on: 'put-card' }, [503, 201, 204, 204]],
    ['strikes the n-th', { on: 'put-card', nth: 3 }, [201, 204, 503, 204]],
    ['strikes several', { on: 'put-card', nth: 2, times: 2 }, [201, 503, 503, 204]],
    ['strikes all', { on: 'any', times: Infinity }, [503, 503, 503, 503]],
    ['does not strike another kind', { on: 'report', mayMiss: true }, [201, 204, 204, 204]],
    [
      'counts only what its condition lets through',
      { on: 'put-card', when: ({ body }) => body.length === 0, mayMiss: true },
      [201, 204, 204, 204],
    ],
  ])('%s', async (_, rule, expected) => {
    server.faults.push({ ...rule, fault: { kind: 'status', status: 503 } });
    const statuses: number[] = [];
    while (statuses.length < expected.length) statuses.push((await putCard()).status);

    expect(statuses).toEqual(expected);
  });

  it.each<[string, Partial<FaultRule>]>([
    ['of another kind', { on: 'report' }],
    ['fewer than its number', { nth: 2 }],
    ['none that its condition lets through', { when: () => false }],
  ])('that no request meets (%s) is an error at the end: nothing was tested', async (_, rule) => {
    const other = await startStandIn();
    other.faults.push({ on: 'session', ...rule, fault: { kind: 'resetBefore' } });
    await fetch(other.sessionUrl);

    await expect(other.close()).rejects.toThrow('no request met the fault resetBefore');
  });

  it('lets another client act just before', async () => {
    const act = async (): Promise<void> => {
      await server.putCard('a.vcf', CARD);
    };
    server.faults.push({ on: 'put-card', fault: { kind: 'otherClient', act } });

    // 204 and not 201: the card was there when the PUT came.
    expect((await putCard()).status).toBe(204);
  });
});

it('the record has everything that came, in order, with its credentials', async () => {
  server.faults.push({ on: 'put-card', fault: { kind: 'resetBefore' } });
  await call(['Mailbox/get', { ids: [] }], ['Core/echo', {}]);
  await putCard().catch(() => undefined);

  expect(server.requests).toMatchObject([
    { kind: 'session', method: 'GET', status: 200, authorization: `Bearer ${server.token}` },
    { kind: 'jmap', jmapMethods: ['Mailbox/get', 'Core/echo'], status: 200 },
    { kind: 'put-card', method: 'PUT', status: null, bytesIn: CARD.length },
  ]);
});
