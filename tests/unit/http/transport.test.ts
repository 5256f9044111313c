import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { createTransport, type Transport } from '../../../src/http/transport.ts';
import {
  answer,
  cutByLength,
  cutInChunk,
  reset,
  stall,
  stallInBody,
  useScriptedServers,
} from '../../support/http-server.ts';

const start = useScriptedServers();

const ours = createTransport({ timeoutMs: 5000 });

// What our client rests on, the same on both, so that ours may stand for Node's.
describe.each<[name: string, send: Transport]>([
  ["Node's fetch", fetch],
  ['our transport', ours],
])('%s', (_name, send) => {
  const fetchIt = (url: string | URL, init: RequestInit = {}): Promise<Response> =>
    send(new URL(url), init);

  it('sends method, headers and body', async () => {
    const server = await start(answer(200));

    await fetchIt(new URL('/a?b=c', server.url), {
      method: 'PROPFIND',
      headers: new Headers({ Depth: '1', 'X-Two': 'a b' }),
      body: 'grüße',
    });

    expect(server.received).toEqual([
      expect.objectContaining({ method: 'PROPFIND', path: '/a?b=c', body: 'grüße' }),
    ]);
    expect(server.received[0]?.headers).toMatchObject({
      depth: '1',
      'x-two': 'a b',
      'content-type': 'text/plain;charset=UTF-8',
      'content-length': '7',
      accept: '*/*',
      host: new URL(server.url).host,
    });
  });

  it.each([
    ['GET', undefined],
    ['HEAD', undefined],
    ['DELETE', undefined],
    ['PUT', '0'],
    ['POST', '0'],
  ])('sends %s without a body, its length %s', async (method, length) => {
    const server = await start(answer(204));

    await fetchIt(server.url, { method });

    expect(server.received[0]?.method).toBe(method);
    expect(server.received[0]?.headers['content-length']).toBe(length);
    expect(server.received[0]?.headers).not.toHaveProperty('transfer-encoding');
  });

  it('sends bytes as they are', async () => {
    const server = await start(answer(200));

    await fetchIt(server.url, { method: 'PUT', body: new Uint8Array([97, 98]).subarray(1) });

    expect(server.received[0]?.body).toBe('b');
  });

  it('gives status, headers, URL and body', async () => {
    const server = await start(answer(412, 'grüße', { etag: '"1"', 'content-type': 'text/xml' }));

    const response = await fetchIt(`${server.url}/x`);

    expect([response.status, response.ok, response.url]).toEqual([412, false, `${server.url}/x`]);
    expect(response.headers.get('ETag')).toBe('"1"');
    expect(await response.text()).toBe('grüße');
  });

  it('joins a header that comes twice', async () => {
    const server = await start((response) => {
      response
        .writeHead(
          200,
          [
            ['DAV', '1'],
            ['DAV', 'addressbook'],
          ].flat(),
        )
        .end();
    });

    expect((await fetchIt(server.url)).headers.get('dav')).toBe('1, addressbook');
  });

  it('gives JSON and bytes', async () => {
    const server = await start(answer(200, '{"a":1}'));

    expect(await (await fetchIt(server.url)).json()).toEqual({ a: 1 });
    expect((await (await fetchIt(server.url)).arrayBuffer()).byteLength).toBe(7);
  });

  it('gives a body once', async () => {
    const server = await start(answer(200, 'x'));
    const response = await fetchIt(server.url);

    await response.text();

    await expect(response.text()).rejects.toThrow(TypeError);
  });

  it('leaves redirects to the caller', async () => {
    const server = await start(answer(302, '', { location: '/y' }));

    const response = await fetchIt(server.url, { redirect: 'manual' });

    const location = new URL(response.headers.get('location') ?? '', server.url).href;
    expect([response.status, location]).toEqual([302, `${server.url}/y`]);
  });

  it('uses a connection again for requests that follow one another', async () => {
    const ports = new Set<number | undefined>();
    const server = await start((response, _request, socket) => {
      ports.add(socket.remotePort);
      response.end('x');
    });

    for (let index = 0; index < 9; index += 1) await (await fetchIt(server.url)).text();

    // Node's may open a second one before it knows that the first is free again.
    expect(ports.size).toBeLessThan(3);
  });

  it('fails with a TypeError whose cause says why', async () => {
    const server = await start(reset);

    await expect(fetchIt(server.url)).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: expect.stringMatching(/^(?:ECONNRESET|UND_ERR_SOCKET)$/u) },
    });
  });

  it.each([
    ['by its length', cutByLength],
    ['in a chunk', cutInChunk],
  ])('notices where the body is read that it was cut %s', async (_rule, fault) => {
    const server = await start(fault);

    const response = await fetchIt(server.url);

    await expect(response.text()).rejects.toThrow(/terminated|Invalid response body/u);
  });

  it("ends before the answer with the signal's own reason", async () => {
    const server = await start(stall);
    const controller = new AbortController();
    const reason = new Error('my reason');
    const answered = fetchIt(server.url, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);

    await expect(answered).rejects.toBe(reason);
  });

  it('ends in the body with the signal', async () => {
    const server = await start(stallInBody);
    const stop = new AbortController();
    const response = await fetchIt(server.url, { signal: stop.signal });
    const text = response.text();
    stop.abort();

    await expect(text).rejects.toThrow(/abort/u);
  });

  it('sends nothing once the signal is aborted', async () => {
    const server = await start(answer(200));
    const reason = new Error('my reason');

    await expect(fetchIt(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.received).toEqual([]);
  });

  it('does not let a header value begin another header', async () => {
    const server = await start(answer(200));

    await expect(fetchIt(server.url, { headers: { a: 'b\r\nc: d' } })).rejects.toThrow(TypeError);
    expect(server.received).toEqual([]);
  });

  it('does not send credentials that stand in a URL', async () => {
    const server = await start(answer(200));

    await expect(fetchIt(server.url.replace('//', '//me:you@'))).rejects.toThrow(TypeError);
    expect(server.received).toEqual([]);
  });
});

describe('our transport', () => {
  it('asks for no compression: a compressed answer has a weak ETag', async () => {
    const server = await start(answer(200));

    await ours(new URL(server.url), {});

    expect(server.received[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('serves the whole client in a process of its own, which never loads that of Node', async () => {
    const server = await start(answer(503), answer(302, '', { location: '/b' }), answer(207, 'ok'));
    const program = new URL('../../support/light-process.ts', import.meta.url).pathname;

    const { stdout } = await promisify(execFile)(process.execPath, [program, `${server.url}/a`]);

    expect(JSON.parse(stdout)).toEqual({ status: 207, text: 'ok', isNodeFetchLoaded: false });
    expect(server.received.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['REPORT', '/a', '<a/>'],
      ['REPORT', '/a', '<a/>'],
      ['REPORT', '/b', '<a/>'],
    ]);
    expect(server.received[2]?.headers).toMatchObject({
      authorization: 'Bearer made-up-token',
      depth: '1',
    });
  });
});
