import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { createBudget } from '../../../src/http/budget.ts';
import { MalformedAnswerError, UrlNotTrustedError } from '../../../src/errors.ts';
import { createConfigMapStore } from '../../../src/state/config-map-store.ts';
import { formatState } from '../../../src/state/format.ts';
import { createKubeClient, type KubeClient } from '../../../src/state/kube-client.ts';
import { afterFailure, emptyState, type RunState } from '../../../src/state/state.ts';
import { makeCertificates } from '../../support/kube/certificates.ts';

/*
 * Answers that a healthy API server does not give; what it does give is tested on a real one
 * (contract/state-store.test.ts).
 */

const configMap = (resourceVersion = '7', data?: Record<string, string>): string =>
  JSON.stringify({ kind: 'ConfigMap', metadata: { resourceVersion }, data });

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly contentType: string;
  readonly body: string;
}
type Answer = (response: ServerResponse, seen: Seen) => void | Promise<void>;

const json =
  (body: string, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };

let folder: string;
let server: Server;
/** What the server says, request by request; the last one stays. */
let answers: readonly Answer[] = [];
let seen: Seen[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-kube-client-'));
  makeCertificates(folder);
  const [cert, key] = await Promise.all([
    readFile(join(folder, 'server.crt')),
    readFile(join(folder, 'server.key')),
  ]);
  server = createServer({ cert, key }, (request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await writeFile(join(folder, 'token'), 'first-token\n');
  await writeFile(join(folder, 'namespace'), 'mailroom');
});
afterEach(async () => {
  seen = [];
  await writeFile(join(folder, 'token'), 'first-token\n');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const { method = '', url = '', headers } = request;
  const one = {
    method,
    url,
    authorization: headers.authorization ?? '',
    contentType: headers['content-type'] ?? '',
    body: Buffer.concat(chunks).toString(),
  };
  seen.push(one);
  await answers[Math.min(seen.length, answers.length) - 1]?.(response, one);
}

function open(timeoutMs = 5000): KubeClient {
  return createKubeClient({
    host: '127.0.0.1',
    port: String((server.address() as AddressInfo).port),
    serviceAccountDir: folder,
    timeoutMs,
    budget: createBudget({
      passTimeoutMs: 30_000,
      stop: new AbortController().signal,
      stopGraceMs: 1000,
    }),
  });
}

describe('requests', () => {
  test('a read and a write, as the API wants them', async () => {
    answers = [json(configMap())];
    const patch = { metadata: { resourceVersion: '7' }, data: { 'state.json': 'é' } };

    await open().readConfigMap('mailroom-state');
    await open().patchConfigMap('mailroom-state', patch);

    const path = '/api/v1/namespaces/mailroom/configmaps/mailroom-state';
    const authorization = 'Bearer first-token';
    expect(seen[0]).toMatchObject({ method: 'GET', url: path, authorization, body: '' });
    expect(seen[1]).toMatchObject({
      method: 'PATCH',
      url: `${path}?fieldManager=mailroom`,
      authorization,
      contentType: 'application/merge-patch+json',
    });
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual(patch);
  });

  test('a token that is refused is read again, once', async () => {
    answers = [
      async (response, request) => {
        await writeFile(join(folder, 'token'), 'second-token');
        await json('{"kind":"Status"}', 401)(response, request);
      },
      json(configMap()),
    ];

    await open().readConfigMap('mailroom-state');

    expect(seen.map(({ authorization }) => authorization)).toEqual([
      'Bearer first-token',
      'Bearer second-token',
    ]);
  });

  test('503 is tried again', async () => {
    answers = [json('{"kind":"Status"}', 503), json(configMap())];

    await open().readConfigMap('mailroom-state');

    expect(seen).toHaveLength(2);
  });

  test('the token does not follow a redirect to another place', async () => {
    let strangers = 0;
    const stranger = createServer(() => (strangers += 1));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    answers = [
      (response) => {
        response.writeHead(302, { location: `https://127.0.0.1:${port}/` }).end();
      },
    ];

    const reading = open().readConfigMap('mailroom-state');

    await expect(reading).rejects.toThrow(UrlNotTrustedError);
    expect(strangers).toBe(0);
    stranger.close();
  });
});

describe('what cannot be right is an error', () => {
  test.each([
    ['no JSON', '<html>'],
    ['another kind', '{"kind":"Status","metadata":{"resourceVersion":"7"}}'],
    ['no resourceVersion', '{"kind":"ConfigMap","metadata":{}}'],
    [
      'data that is no text',
      '{"kind":"ConfigMap","metadata":{"resourceVersion":"7"},"data":{"a":1}}',
    ],
  ])('%s', async (_name, body) => {
    answers = [json(body)];

    await expect(open().readConfigMap('mailroom-state')).rejects.toThrow(MalformedAnswerError);
  });

  test('an answer that breaks off', async () => {
    answers = [
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"kind":', () => response.destroy());
      },
    ];

    await expect(open().readConfigMap('mailroom-state')).rejects.toThrow(MalformedAnswerError);
  });

  test('an answer that never comes', async () => {
    answers = [() => undefined];

    await expect(open(1000).readConfigMap('mailroom-state')).rejects.toThrow(
      /no complete answer within 1 s$/u,
    );
    // The state must not hold up the mail: one retry.
    expect(seen).toHaveLength(2);
  });
});

/** A failed run that ended then. */
const finishedAt = (time: string) => (state: RunState) =>
  afterFailure(
    state,
    { startedAt: '2026-11-02T10:00:01.000Z', finishedAt: time, counts: {}, known: null },
    { event: 'poll_failed', message: 'no answer' },
  );

describe('a conflict', () => {
  const stored: RunState = {
    ...emptyState,
    lastRun: {
      startedAt: '2026-11-02T10:00:00.000Z',
      finishedAt: '2026-11-02T10:00:05.000Z',
      outcome: 'poll_failed',
      counts: {},
    },
  };
  const conflict = json('{"kind":"Status","reason":"Conflict"}', 409);
  const withState = (resourceVersion: string, state: RunState): Answer =>
    json(configMap(resourceVersion, { 'state.json': formatState(state) }));

  test('that our own write made, whose answer was lost: it counts once', async () => {
    const change = finishedAt('2026-11-02T10:00:09.000Z');
    const answers503 = json('{"kind":"Status"}', 503);
    answers = [withState('7', stored), answers503, conflict, withState('8', change(stored))];

    await createConfigMapStore(open(), 'mailroom-state').save(change);

    expect(seen.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'PATCH', 'GET']);
  });

  test('with a run that wrote the very same: both count', async () => {
    // Both ended before the run that is stored, so neither shows its own times.
    const change = finishedAt('2026-11-02T10:00:02.000Z');
    const lastFailure = {
      at: '2026-11-02T10:00:05.000Z',
      event: 'poll_failed',
      message: 'x',
    } as const;
    const before = { ...stored, lastFailure };
    answers = [
      withState('7', before),
      conflict,
      withState('8', change(before)),
      json(configMap('9')),
    ];

    await createConfigMapStore(open(), 'mailroom-state').save(change);

    const [last] = seen.slice(-1).map(({ body }) => JSON.parse(body));
    expect(JSON.parse(last.data['state.json'])).toMatchObject({ consecutiveFailures: 2 });
  });
});
