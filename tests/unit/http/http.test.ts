import { inspect } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';

import { createBudget } from '../../../src/http/budget.ts';
import {
  CredentialsError,
  HttpStatusError,
  MalformedAnswerError,
  NetworkError,
  StoppedError,
  TimeoutError,
  UrlNotTrustedError,
} from '../../../src/errors.ts';
import { createHttp, type Http, type HttpOptions } from '../../../src/http/http.ts';
import { type RequestBudget } from '../../../src/http/budget.ts';
import { createTrustRule } from '../../../src/http/trust.ts';
import { createTransport } from '../../../src/http/transport.ts';
import {
  type Answer,
  answer,
  cutByLength,
  cutInChunk,
  reset,
  stall,
  stallInBody,
  useScriptedServers,
} from '../../support/http-server.ts';

const SECRET = 'Bearer made-up-secret';
const start = useScriptedServers();

/** What `http` sends with, unless the test says otherwise. */
let transport: NonNullable<HttpOptions['fetch']> = fetch;

// Over Node's fetch, and over the one that the program runs with.
describe.each<[name: string, transport: NonNullable<HttpOptions['fetch']>]>([
  ["Node's fetch", fetch],
  ['our transport', createTransport({ timeoutMs: 5000 })],
])('over %s', (_name, given) => {
  beforeEach(() => {
    transport = given;
  });

  describe('an exchange', () => {
    it('carries method, headers, body and credentials, and gives the whole answer', async () => {
      const server = await start(answer(207, '<ok/>', { 'content-type': 'text/xml', etag: '"1"' }));
      const { http, budget } = client(server);

      const response = await http(`${server.url}/dav/?x=1`, {
        method: 'REPORT',
        headers: { depth: '1', 'content-type': 'text/xml' },
        body: '<query/>',
      });

      expect(server.received).toEqual([
        expect.objectContaining({ method: 'REPORT', path: '/dav/?x=1', body: '<query/>' }),
      ]);
      expect(server.received[0]?.headers).toMatchObject({
        authorization: SECRET,
        depth: '1',
        'content-type': 'text/xml',
        'content-length': '8',
      });
      expect([response.status, response.url]).toEqual([207, `${server.url}/dav/?x=1`]);
      expect(response.headers.get('etag')).toBe('"1"');
      expect(await response.text()).toBe('<ok/>');
      expect(budget.requestCount).toBe(1);
    });

    it.each([200, 201, 204, 207])('with status %i is a success', async (status) => {
      const server = await start(answer(status));
      const { http } = client(server);

      expect((await http(server.url)).status).toBe(status);
    });

    it("replaces credentials of the caller's own", async () => {
      const server = await start(answer(200));
      const { http } = client(server);

      await http(server.url, { headers: { Authorization: 'Basic other' } });

      expect(server.received[0]?.headers.authorization).toBe(SECRET);
    });

    it('refuses a body that could not be sent twice', async () => {
      const server = await start(answer(200));
      const { http } = client(server);

      await expect(http(server.url, { method: 'PUT', body: new ReadableStream() })).rejects.toThrow(
        TypeError,
      );
      expect(server.received).toEqual([]);
    });
  });

  describe('a failure that may pass is tried again', () => {
    it.each<[rule: string, fault: Answer]>([
      ...[408, 425, 429, 500, 502, 503, 504].map((status): [string, Answer] => [
        `status ${status}`,
        answer(status),
      ]),
      ['connection reset', reset],
      ['no answer in time', stall],
      ['a body that stalls', stallInBody],
      ['a body shorter than announced', cutByLength],
      ['a chunked body cut off', cutInChunk],
    ])('%s', async (_rule, fault) => {
      const server = await start(fault, answer(200, 'good'));
      const { http, budget } = client(server, { timeoutMs: 1000 });

      const response = await http(server.url, { method: 'POST', body: 'sent' });

      expect(await response.text()).toBe('good');
      expect(server.received.map(({ body }) => body)).toEqual(['sent', 'sent']);
      expect(budget.requestCount).toBe(2);
    });

    it.each(['GET', 'PUT', 'POST', 'PATCH', 'PROPFIND', 'REPORT', 'DELETE'])(
      'with %s too',
      async (method) => {
        const server = await start(answer(503), answer(200));
        const { http } = client(server);

        await http(server.url, { method });

        expect(server.received.map((request) => request.method)).toEqual([method, method]);
      },
    );

    it('three times at most, and says each time that it does', async () => {
      const server = await start(answer(503));
      const retries: unknown[] = [];
      const { http, budget } = client(server, { onRetry: (retry) => retries.push(retry) });

      await expect(http(`${server.url}/x`)).rejects.toThrow(HttpStatusError);

      expect(server.received).toHaveLength(4);
      expect(budget.requestCount).toBe(4);
      expect(retries).toEqual(
        [1, 2, 3].map((retry) => ({
          retry,
          problem: expect.stringMatching(/^GET 127\.0\.0\.1:\d+\/x: HTTP 503$/u),
          delayMs: expect.any(Number),
        })),
      );
    });

    it('with credentials asked for again', async () => {
      const server = await start(answer(503), answer(200));
      const tokens = ['first', 'second'];
      const { http } = client(server, { authorization: async () => tokens.shift() ?? 'none' });

      await http(server.url);

      expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
        'first',
        'second',
      ]);
    });

    it.each([400, 404, 405, 409, 412, 413, 423, 501, 507])('but not status %i', async (status) => {
      const server = await start(answer(status), answer(200));
      const { http } = client(server);

      await expect(http(server.url, { method: 'PUT' })).rejects.toMatchObject({
        name: 'HttpStatusError',
        status,
      });
      expect(server.received).toHaveLength(1);
    });
  });

  describe('Retry-After', () => {
    it('is honoured in seconds', async () => {
      const server = await start(answer(429, '', { 'retry-after': '1' }), answer(200));
      const retries: { delayMs: number }[] = [];
      const { http } = client(server, { onRetry: (retry) => retries.push(retry) });

      await http(server.url);

      expect(retries).toMatchObject([{ delayMs: 1000 }]);
    });

    it.each([
      ['an hour', '3600'],
      ['a date in an hour', new Date(Date.now() + 3_600_000).toUTCString()],
    ])('of %s, longer than the run has, ends it at once', async (_rule, value) => {
      const server = await start(answer(429, '', { 'retry-after': value }), answer(200));
      const { http } = client(server);

      await expect(http(server.url)).rejects.toMatchObject({
        name: 'HttpStatusError',
        status: 429,
        message: expect.stringContaining(`the server asks to wait: ${value}`),
      });
      expect(server.received).toHaveLength(1);
    });
  });

  describe('an error says what a person needs', () => {
    it.each<[rule: string, method: string, fault: Answer, kind: unknown, message: RegExp]>([
      ['401', 'GET', answer(401), CredentialsError, /^GET 127\.0\.0\.1:\d+\/dav: HTTP 401: /u],
      ['401 to a PUT', 'PUT', answer(401), CredentialsError, /HTTP 401/u],
      ['403 to a read', 'PROPFIND', answer(403), CredentialsError, /^PROPFIND .*HTTP 403/u],
      ['403 to a PUT', 'PUT', answer(403), HttpStatusError, /^PUT .*HTTP 403$/u],
      ['404', 'GET', answer(404), HttpStatusError, /^GET .*HTTP 404$/u],
      [
        'reset',
        'GET',
        reset,
        NetworkError,
        /^GET .*connection closed by the server \((?:ECONNRESET|UND_ERR_SOCKET)\)$/u,
      ],
      [
        'no answer',
        'GET',
        stall,
        TimeoutError,
        /^GET .*no complete answer within 0\.15 s \(MAILROOM_REQUEST_TIMEOUT\)$/u,
      ],
      ['a stalled body', 'GET', stallInBody, TimeoutError, /no complete answer within/u],
      ['a short body', 'GET', cutByLength, MalformedAnswerError, /^GET .*the answer broke off$/u],
      ['a cut chunked body', 'GET', cutInChunk, MalformedAnswerError, /the answer broke off$/u],
    ])('%s', async (_rule, method, fault, kind, message) => {
      const server = await start(fault);
      const { http } = client(server, { timeoutMs: 150 });

      const error = await failure(http(`${server.url}/dav?query=hidden`, { method }));

      expect(error).toBeInstanceOf(kind);
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain('hidden');
    });

    it.each<[rule: string, type: string, body: string, detail: string]>([
      [
        'problem+json',
        'application/problem+json',
        '{"type":"urn:ietf:params:jmap:error:limit","limit":"maxCallsInRequest","detail":"too\\nmany","x":"no"}',
        'urn:ietf:params:jmap:error:limit, maxCallsInRequest, too many',
      ],
      [
        'the element in DAV:error',
        'application/xml',
        '<?xml version="1.0"?><D:error xmlns:D="DAV:"><C:no-uid-conflict xmlns:C="x"><D:href>hidden</D:href></C:no-uid-conflict></D:error>',
        'no-uid-conflict',
      ],
      [
        "Kubernetes' Status",
        'application/json',
        '{"kind":"Status","reason":"Conflict","message":"the object has been modified","details":{"uid":"hidden"}}',
        'Conflict, the object has been modified',
      ],
      ['no page made for people', 'text/html', '<html><title>hidden</title></html>', ''],
      ['no plain text', 'text/plain', 'hidden', ''],
      ['no broken JSON', 'application/json', '{"type":"hidden', ''],
      ['no JSON array', 'application/json', '["hidden"]', ''],
      ['nothing where there is nothing', 'application/json', '', ''],
    ])('with %s', async (_rule, type, body, detail) => {
      const server = await start(answer(409, body, { 'content-type': type }));
      const { http } = client(server);

      const error = await failure(http(server.url, { method: 'PUT' }));

      expect(error).toMatchObject({ status: 409, detail });
      expect(error.message).toMatch(detail === '' ? /HTTP 409$/u : /HTTP 409 \(/u);
      expect(inspect(error, { depth: 10 })).not.toContain('hidden');
    });

    it('in 200 characters at most, on one line', async () => {
      const body = JSON.stringify({ detail: `\u001B[31m\r\n${'x'.repeat(5000)}` });
      const server = await start(answer(400, body, { 'content-type': 'application/problem+json' }));
      const { http } = client(server);

      const error = (await failure(http(server.url))) as HttpStatusError;

      expect(error.detail).toMatch(/^\[31m x+…$/u);
      expect(error.detail).toHaveLength(200);
    });

    it('no TLS at the other end', async () => {
      const server = await start(answer(200));
      const url = server.url.replace('http:', 'https:');
      const { http } = client({ url });

      const error = await failure(http(url));

      expect(error).toBeInstanceOf(NetworkError);
      expect(error.message).toMatch(/TLS cannot be set up \(/u);
    });

    it.each([
      ['ENOTFOUND', NetworkError, 'the host name cannot be resolved'],
      ['EAI_AGAIN', NetworkError, 'the host name cannot be resolved'],
      ['EHOSTUNREACH', NetworkError, 'no route to the server'],
      ['CERT_HAS_EXPIRED', NetworkError, 'TLS cannot be set up'],
      ['ERR_TLS_CERT_ALTNAME_INVALID', NetworkError, 'TLS cannot be set up'],
      ['UND_ERR_CONNECT_TIMEOUT', TimeoutError, 'no connection in time'],
      ['EUNHEARDOF', NetworkError, 'connection failed'],
    ])('%s', async (code, kind, said) => {
      const cause = Object.assign(new Error('from the system'), { code });
      const { http } = client(
        { url: 'https://mail.example' },
        { fetch: () => Promise.reject(new TypeError('fetch failed', { cause })) },
      );

      const error = await failure(http('https://mail.example/'));

      expect(error).toBeInstanceOf(kind);
      expect(error.message).toBe(`GET mail.example/: ${said} (${code})`);
      expect(error.cause).toMatchObject({ message: 'from the system', code });
    });

    it('connection refused', async () => {
      const server = await start(answer(200));
      const { http } = client(server);
      await server.close();

      const error = await failure(http(server.url));

      expect(error).toBeInstanceOf(NetworkError);
      expect(error.message).toMatch(/connection refused \(ECONNREFUSED\)$/u);
    });

    it('but takes a limit of log-ins for no wrong password', async () => {
      const server = await start(answer(401, 'per-10 minute limit for logins exceeded'));
      const { http } = client(server);

      await expect(http(server.url)).rejects.toMatchObject({
        name: 'HttpStatusError',
        status: 429,
      });
      expect(server.received).toHaveLength(1);
    });

    it('and waits out a limit of log-ins when told how long', async () => {
      const server = await start(
        answer(401, 'limit for logins', { 'retry-after': '0' }),
        answer(200),
      );
      const { http } = client(server);

      expect((await http(server.url)).status).toBe(200);
    });

    it('and passes on what is a bug of the transport', async () => {
      const server = await start(answer(200));
      const bug = new RangeError('a bug');
      const { http } = client(server, { fetch: () => Promise.reject(bug) });

      await expect(http(server.url)).rejects.toBe(bug);
    });
  });

  describe('an injected transport', () => {
    it('is called with a URL and an init, and its system errors are network errors', async () => {
      const server = await start(answer(200));
      const seen: unknown[] = [];
      const { http } = client(server, {
        fetch: (url, init) => {
          seen.push([url.href, init.method, init.redirect]);
          return Promise.reject(
            Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
          );
        },
      });

      await expect(http(server.url)).rejects.toThrow(NetworkError);
      expect(seen).toEqual(Array.from({ length: 4 }, () => [`${server.url}/`, 'GET', 'manual']));
    });
  });

  describe('an answer that is compressed although nobody asked', () => {
    it.each<[encoding: string, compress: (text: string) => Buffer]>([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ])('%s is undone', async (encoding, compress) => {
      const body = compress('<multistatus/>');
      const server = await start((response) => {
        response.writeHead(207, { 'content-encoding': encoding }).end(body);
      });
      const { http } = client(server);

      const response = await http(server.url);

      expect(await response.text()).toBe('<multistatus/>');
      expect(server.received).toHaveLength(1);
    });

    it('in a way that we do not know is named', async () => {
      const server = await start(answer(200, 'bytes', { 'content-encoding': 'lzma' }));
      const { http } = client(server);

      await expect(http(server.url)).rejects.toThrow(/compressed as lzma, which was not asked/u);
    });
  });

  describe('a 401', () => {
    it('is tried once more with a new token where that is wanted', async () => {
      const server = await start(answer(401), answer(200));
      const tokens = ['old', 'new'];
      const { http } = client(server, {
        unauthorizedRetry: true,
        authorization: () => tokens.shift() ?? 'none',
      });

      await http(server.url);

      expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['old', 'new']);
    });

    it('is believed the second time', async () => {
      const server = await start(answer(401));
      const { http } = client(server, { unauthorizedRetry: true });

      await expect(http(server.url)).rejects.toThrow(CredentialsError);
      expect(server.received).toHaveLength(2);
    });

    it('is believed the first time elsewhere', async () => {
      const server = await start(answer(401));
      const { http } = client(server);

      await expect(http(server.url)).rejects.toThrow(CredentialsError);
      expect(server.received).toHaveLength(1);
    });
  });

  describe('a redirect', () => {
    it.each([301, 302, 307, 308])('with %i keeps method, body and credentials', async (status) => {
      const server = await start(answer(status, '', { location: '/new' }), answer(207, 'x'));
      const { http, budget } = client(server);

      const response = await http(`${server.url}/old`, {
        method: 'PROPFIND',
        body: '<a/>',
        headers: { depth: '0' },
      });

      expect(response.url).toBe(`${server.url}/new`);
      expect(server.received[1]).toMatchObject({ method: 'PROPFIND', path: '/new', body: '<a/>' });
      expect(server.received[1]?.headers).toMatchObject({ depth: '0', authorization: SECRET });
      expect(budget.requestCount).toBe(2);
    });

    it('with 303 asks for the answer with GET', async () => {
      const server = await start(answer(303, '', { location: 'new' }), answer(200));
      const { http } = client(server);

      await http(`${server.url}/a/old`, {
        method: 'POST',
        body: 'x',
        headers: { 'content-type': 'text/plain' },
      });

      expect(server.received[1]).toMatchObject({ method: 'GET', path: '/a/new', body: '' });
      expect(server.received[1]?.headers).not.toHaveProperty('content-type');
    });

    it.each(['PUT', 'PATCH', 'DELETE'])(
      'with 303 does not say that a %s was done',
      async (method) => {
        const server = await start(answer(303, '', { location: 'new' }), answer(200));
        const { http } = client(server);

        await expect(http(`${server.url}/card`, { method })).rejects.toThrow(MalformedAnswerError);

        expect(server.received).toHaveLength(1);
      },
    );

    it.each<[rule: string, path: string]>([
      ['another host', '/'],
      ['another host, user info imitating ours', '/x'],
    ])('to %s is not followed, and nothing reaches it', async (rule, path) => {
      const foreign = await start(answer(200));
      const target = new URL(path, foreign.url);
      if (rule.includes('user info')) target.username = '127.0.0.1';
      const server = await start(answer(302, '', { location: target.href }));
      const { http } = client(server);

      await expect(http(server.url)).rejects.toThrow(UrlNotTrustedError);
      expect(foreign.received).toEqual([]);
    });

    it('to a trusted host is followed, credentials and all', async () => {
      const second = await start(answer(200));
      const server = await start(answer(302, '', { location: second.url }));
      const { http } = client(server, {}, [new URL(second.url).host]);

      await http(server.url);

      expect(second.received[0]?.headers.authorization).toBe(SECRET);
    });

    it('from https to http is refused even where the target is trusted', async () => {
      const server = await start(answer(200));
      const { http } = client(server, {
        trust: { check: () => undefined },
        fetch: async () => new Response(null, { status: 302, headers: { location: server.url } }),
      });

      await expect(http('https://127.0.0.1/')).rejects.toThrow(/redirected from https to http/u);
      expect(server.received).toEqual([]);
    });

    it('to what is no URL is malformed', async () => {
      const server = await start(answer(302, '', { location: 'http://[' }));
      const { http } = client(server);

      await expect(http(server.url)).rejects.toThrow(MalformedAnswerError);
    });

    it('in a circle ends after five', async () => {
      const server = await start(answer(302, '', { location: '/again' }));
      const { http } = client(server);

      await expect(http(server.url)).rejects.toThrow(/redirected 6 times/u);
      expect(server.received).toHaveLength(6);
    });

    it.each([300, 304, 305])('that is none (%i) is no success', async (status) => {
      const server = await start(answer(status));
      const { http } = client(server);

      await expect(http(server.url)).rejects.toMatchObject({ name: 'HttpStatusError', status });
    });
  });

  describe('trust', () => {
    it.each([
      ['a foreign host', (url: string) => url],
      ['user info', (url: string) => url.replace('//', '//user:hidden@')],
    ])('keeps the first request from %s', async (rule, toUrl) => {
      const ours = await start(answer(200));
      const foreign = await start(answer(200));
      const { http, budget } = client(ours);
      const target = toUrl(rule === 'user info' ? ours.url : foreign.url);

      const error = await failure(http(target));

      expect(error).toBeInstanceOf(UrlNotTrustedError);
      expect(inspect(error)).not.toContain('hidden');
      expect([...ours.received, ...foreign.received]).toEqual([]);
      expect(budget.requestCount).toBe(0);
    });

    it('cannot be judged for what is no URL', async () => {
      const server = await start(answer(200));
      const { http } = client(server);

      await expect(http('/relative')).rejects.toThrow(MalformedAnswerError);
    });
  });

  describe('credentials', () => {
    it.each<[rule: string, fault: Answer]>([
      ['401', answer(401)],
      ['403', answer(403)],
      ['404', answer(404)],
      ['503', answer(503)],
      ['reset', reset],
      ['timeout', stall],
      ['cut body', cutInChunk],
      ['foreign redirect', answer(302, '', { location: 'https://evil.example/' })],
    ])('are in no error, nor in its causes: %s', async (_rule, fault) => {
      const server = await start(fault);
      const { http } = client(server, { timeoutMs: 100 });

      const error = await failure(http(server.url));

      expect(inspect(error, { depth: 20, showHidden: true, getters: true })).not.toContain(
        'made-up-secret',
      );
      expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/authorization/iu);
    });

    it('that cannot be sent are not repeated', async () => {
      const server = await start(answer(200));
      const { http } = client(server, { authorization: () => 'Bearer made-up-secret\n\u0000x' });

      const error = await failure(http(server.url));

      expect(error).toBeInstanceOf(CredentialsError);
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('made-up-secret');
      expect(server.received).toEqual([]);
    });

    it('that cannot be read end the request', async () => {
      const server = await start(answer(200));
      const problem = new CredentialsError('token file missing');
      const { http } = client(server, { authorization: () => Promise.reject(problem) });

      await expect(http(server.url)).rejects.toBe(problem);
      expect(server.received).toEqual([]);
    });
  });

  describe('the budget', () => {
    it('ends what is under way when the pass timeout is over', async () => {
      const server = await start(stall);
      const budget = createBudget({ ...PLENTY, passTimeoutMs: 1000, stop: never() });
      const { http } = client(server, { budget });

      await expect(http(server.url)).rejects.toThrow(
        expect.objectContaining({
          name: 'TimeoutError',
          message: expect.stringMatching(/^GET .*not done within 1 s \(MAILROOM_PASS_TIMEOUT\)$/u),
        }),
      );
      expect(server.received).toHaveLength(1);
    });

    it('that is used up sends nothing', async () => {
      const server = await start(answer(200));
      const budget = createBudget({ ...PLENTY, passTimeoutMs: 1, stop: never() });
      await new Promise((resolve) => {
        budget.signal.addEventListener('abort', resolve);
        // The budget's own timer does not keep a process alive, this one does.
        setTimeout(resolve, 10_000).unref();
      });
      const { http } = client(server, { budget });

      await expect(http(server.url)).rejects.toThrow(TimeoutError);
      expect(server.received).toEqual([]);
      expect(budget.requestCount).toBe(0);
    });

    it('lets a request under way finish after a stop', async () => {
      const stop = new AbortController();
      const server = await start((response) => {
        stop.abort();
        setTimeout(() => response.end('done'), 50);
      });
      const { http } = client(server, { budget: createBudget({ ...PLENTY, stop: stop.signal }) });

      expect(await (await http(server.url)).text()).toBe('done');
    });

    it('begins no retry after a stop', async () => {
      const stop = new AbortController();
      const server = await start((response) => {
        stop.abort();
        response.writeHead(503).end();
      });
      const { http } = client(server, { budget: createBudget({ ...PLENTY, stop: stop.signal }) });

      const error = await failure(http(server.url));

      expect(error).toBeInstanceOf(StoppedError);
      expect(error.cause).toBeInstanceOf(HttpStatusError);
      expect(server.received).toHaveLength(1);
    });

    it('ends the wait for a retry at a stop', async () => {
      const stop = new AbortController();
      const server = await start(answer(503, '', { 'retry-after': '60' }));
      const { http } = client(server, {
        budget: createBudget({ ...PLENTY, passTimeoutMs: 120_000, stop: stop.signal }),
        onRetry: () => setTimeout(() => stop.abort(), 20),
      });

      await expect(http(server.url)).rejects.toThrow(StoppedError);
      expect(server.received).toHaveLength(1);
    });

    it('ends what is under way when the grace after a stop is over', async () => {
      const stop = new AbortController();
      const server = await start((_response) => stop.abort());
      const budget = createBudget({ passTimeoutMs: 60_000, stop: stop.signal, stopGraceMs: 50 });
      const { http } = client(server, { budget });

      await expect(http(server.url)).rejects.toThrow(StoppedError);
      expect(server.received).toHaveLength(1);
    });

    it.each<[rule: string, fault: Answer]>([
      ['before the answer', stall],
      ['in the body', stallInBody],
    ])("ends with the caller's own signal too, with the caller's reason: %s", async (_, fault) => {
      const mine = new AbortController();
      const reason = new Error('my reason');
      const server = await start((...exchange) => {
        setTimeout(() => mine.abort(reason), 50);
        fault(...exchange);
      });
      const { http } = client(server);

      const answered = http(server.url, { signal: mine.signal });

      await expect(answered).rejects.toBe(reason);
      expect(server.received).toHaveLength(1);
    });
  });
});

const PLENTY = { passTimeoutMs: 30_000, stopGraceMs: 15_000 };

function client(
  server: { readonly url: string },
  overrides: Partial<HttpOptions> = {},
  trustedHosts: readonly string[] = [],
): { readonly http: Http; readonly budget: RequestBudget } {
  const budget = overrides.budget ?? createBudget({ ...PLENTY, stop: never() });
  const http = createHttp({
    authorization: () => SECRET,
    trust: createTrustRule({ configuredUrl: server.url, trustedHosts }),
    fetch: transport,
    timeoutMs: 5000,
    backoffMs: 2,
    ...overrides,
    budget,
  });
  return { http, budget };
}

async function failure(exchange: Promise<Response>): Promise<Error> {
  return exchange.then(
    () => {
      throw new Error('the request did not fail');
    },
    (error: unknown) => error as Error,
  );
}

function never(): AbortSignal {
  return new AbortController().signal;
}
