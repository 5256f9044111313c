import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';

import { type Ping, type PingResult, pingUrlFor, sendPing } from '../../../src/run/ping.ts';

interface Seen {
  readonly request: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = number | 'close' | ((response: ServerResponse) => void);

let stopServer: () => void = () => undefined;
afterEach(() => stopServer());

/** Sends a ping to a server that gives these answers, the last one again and again. */
async function ping(
  answers: readonly Answer[],
  change: Partial<Ping> = {},
): Promise<{ readonly result: PingResult; readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { method = '', url = '', headers } = request;
      seen.push({ request: `${method} ${url}`, headers, body: await text(request) });
      const answer = answers[Math.min(seen.length, answers.length) - 1];
      if (answer === 'close') request.socket.destroy();
      else if (typeof answer === 'function') answer(response);
      else response.writeHead(answer ?? 200, { location: '/elsewhere' }).end('OK');
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  stopServer = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  const result = await sendPing({
    url: `http://127.0.0.1:${port}/not-a-real-check?rid=1`,
    outcome: 'poll_complete',
    summary: 'poll_complete: 2 of 2 senders handled, 5 emails swept',
    proxyEnv: null,
    stop: new AbortController().signal,
    ...change,
  });
  return { result, seen };
}

describe('a ping', () => {
  it('is one POST of the summary, without credentials', async () => {
    const { result, seen } = await ping([200]);

    expect(result).toEqual({ problem: null, requests: 1 });
    expect(seen).toMatchObject([
      {
        request: 'POST /not-a-real-check?rid=1',
        body: 'poll_complete: 2 of 2 senders handled, 5 emails swept',
      },
    ]);
    expect(Object.keys(seen[0]?.headers ?? {})).not.toContain('authorization');
  });

  it.each(['poll_failed', 'startup_failed'] as const)('goes to /fail after %s', async (outcome) => {
    const { seen } = await ping([204], { outcome });

    expect(seen.map(({ request }) => request)).toEqual(['POST /not-a-real-check/fail?rid=1']);
  });

  it('is not sent by a run that a signal stopped, nor once the signal has come', async () => {
    const nothing = { result: { problem: null, requests: 0 }, seen: [] };

    expect(await ping([200], { outcome: 'run_stopped' })).toEqual(nothing);
    stopServer();
    expect(await ping([200], { stop: AbortSignal.abort() })).toEqual(nothing);
  });

  it.each<[rule: string, answers: readonly Answer[], requests: number, problem: RegExp | null]>([
    ['a server error that passes', [503, 200], 2, null],
    ['a server error that stays', [500], 2, /^POST 127\.0\.0\.1:\d+: HTTP 500$/u],
    ['a connection that is closed, once', ['close', 200], 2, null],
    ['a connection that is closed', ['close'], 2, /^POST 127\.0\.0\.1:\d+\/: connection closed/u],
    ['a check that does not exist', [404], 1, /: HTTP 404$/u],
    ['too many pings', [429], 1, /: HTTP 429$/u],
    ['a redirect, which is not followed', [302], 1, /: HTTP 302$/u],
    [
      'an answer without an end: its status is enough',
      [(response) => void response.writeHead(200).write('x')],
      1,
      null,
    ],
  ])('%s', async (_rule, answers, requests, problem) => {
    const { result, seen } = await ping(answers);

    expect(result.requests).toBe(requests);
    expect(seen).toHaveLength(requests);
    if (problem === null) expect(result.problem).toBeNull();
    else expect(result.problem).toMatch(problem);
    expect(result.problem ?? '').not.toContain('not-a-real-check');
  });

  it('a server that is not there: the host alone is named', async () => {
    const { result } = await ping([200], { url: 'http://127.0.0.1:1/not-a-real-check' });

    expect(result).toEqual({
      problem: 'POST 127.0.0.1:1/: connection refused (ECONNREFUSED)',
      requests: 2,
    });
  });

  it('a signal ends a try that is under way, and nothing is wrong then', async () => {
    const stop = new AbortController();
    const { result } = await ping([() => stop.abort()], { stop: stop.signal });

    expect(result).toEqual({ problem: null, requests: 1 });
  });
});

it('goes through the proxy of HTTPS_PROXY, as the servers do', async () => {
  const asked: string[] = [];
  const proxy = createServer().on('connect', ({ url = '' }: IncomingMessage, socket: Duplex) => {
    asked.push(url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  stopServer = () => void proxy.close();
  const { port } = proxy.address() as AddressInfo;

  const result = await sendPing({
    url: 'https://hc.example/not-a-real-check',
    outcome: 'poll_complete',
    summary: 'poll_complete',
    proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '' },
    stop: new AbortController().signal,
  });

  expect(new Set(asked)).toEqual(new Set(['hc.example:443']));
  expect(result.problem).toMatch(/^POST hc\.example\/: the proxy of HTTPS_PROXY/u);
});

describe('where a failure is told', () => {
  it.each([
    ['https://hc.example/check', 'https://hc.example/check/fail'],
    ['https://hc.example/check/', 'https://hc.example/check/fail'],
    ['https://hc.example/', 'https://hc.example/fail'],
    ['https://hc.example/check?a=1', 'https://hc.example/check/fail?a=1'],
  ])('%s', (url, expected) => {
    expect(pingUrlFor(url, 'startup_failed').href).toBe(expected);
    expect(pingUrlFor(url, 'poll_complete').href).toBe(url);
  });
});
