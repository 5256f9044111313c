import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createBudget } from '../../../src/http/budget.ts';
import { createHttpClients } from '../../../src/http/clients.ts';
import { findProxy, type Proxy } from '../../../src/http/proxy.ts';
import { createTransport } from '../../../src/http/transport.ts';
import type { Logger } from '../../../src/log/logger.ts';
import { makeCertificates } from '../../support/kube/certificates.ts';

const URL_OF_PROXY = 'http://proxy.example:3128/';

describe('the proxy for https', () => {
  it.each<[rule: string, env: Readonly<Record<string, string>>, expected: object]>([
    ['none is named', { HTTP_PROXY: URL_OF_PROXY }, { kind: 'none' }],
    ['an empty variable', { HTTPS_PROXY: ' ' }, { kind: 'none' }],
    ['HTTPS_PROXY', { HTTPS_PROXY: URL_OF_PROXY }, used(URL_OF_PROXY)],
    ['ALL_PROXY stands in', { ALL_PROXY: URL_OF_PROXY }, used(URL_OF_PROXY)],
    [
      'small letters win',
      { https_proxy: URL_OF_PROXY, HTTPS_PROXY: 'http://other.example/' },
      used(URL_OF_PROXY),
    ],
    [
      'NO_PROXY goes with it',
      { HTTPS_PROXY: URL_OF_PROXY, NO_PROXY: 'a.example' },
      used(URL_OF_PROXY, 'a.example'),
    ],
    [
      'its password is known as a secret',
      { HTTPS_PROXY: 'http://me:fake-secret@proxy.example/' },
      { kind: 'used', password: 'fake-secret' },
    ],
    [
      'another protocol is ignored',
      { HTTPS_PROXY: 'socks5://proxy.example' },
      { kind: 'ignored', variable: 'HTTPS_PROXY' },
    ],
    [
      'no URL is ignored',
      { ALL_PROXY: 'proxy.example:3128' },
      { kind: 'ignored', variable: 'ALL_PROXY' },
    ],
  ])('%s', (_, env, expected) => {
    expect(findProxy(env)).toMatchObject(expected);
  });

  it.each<[Proxy, readonly unknown[]]>([
    [{ kind: 'none' }, []],
    [
      { kind: 'ignored', variable: 'HTTPS_PROXY' },
      [['proxy_ignored', expect.objectContaining({ variable: 'HTTPS_PROXY' })]],
    ],
  ])('$kind: the log says once that it is not used', (proxy, expected) => {
    const logged: unknown[] = [];

    createHttpClients({ ...SERVERS, proxy }, aBudget(), collecting(logged));

    expect(logged).toEqual(expected);
  });
});

describe('a request over https', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailroom-proxy-'));
  const tunnels: string[] = [];
  let server: Server;
  let proxy: Server;
  beforeAll(async () => {
    makeCertificates(folder);
    const [key, cert] = ['server.key', 'server.crt'].map((name) =>
      readFileSync(join(folder, name)),
    );
    server = createServer({ key, cert }, (_request, response) => response.end('secure'));
    const plain = createPlainServer((_request, response) => response.end('plain'));
    proxy = plain.on('connect', (request, client) => {
      tunnels.push(request.url ?? '');
      const upstream = connect(portOf(server), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
    });
    for (const one of [server, proxy]) {
      await new Promise<void>((resolve) => {
        one.listen(0, '127.0.0.1', resolve);
      });
    }
  });
  afterAll(() => {
    for (const one of [server, proxy]) one.closeAllConnections();
    for (const one of [server, proxy]) one.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['goes through the proxy', '', true],
    ['does not where NO_PROXY names the host', 'localhost', false],
  ])('%s', async (_, noProxy, isTunnelled) => {
    tunnels.length = 0;
    const url = new URL(`https://localhost:${portOf(server)}/x`);

    const response = await transport(noProxy)(url, {});

    expect(await response.text()).toBe('secure');
    expect(tunnels).toEqual(isTunnelled ? [url.host] : []);
  });

  it('but plain http, which is for this machine alone, never does', async () => {
    const url = new URL(`http://localhost:${portOf(proxy)}/`);

    const response = await transport('')(url, {});

    expect(await response.text()).toBe('plain');
    expect(tunnels).toEqual([]);
  });

  function transport(noProxy: string): ReturnType<typeof createTransport> {
    tunnels.length = 0;
    return createTransport({
      timeoutMs: 10_000,
      readCa: async () => readFileSync(join(folder, 'ca.crt'), 'utf8'),
      proxyEnv: { HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`, NO_PROXY: noProxy },
    });
  }
});

function used(url: string, noProxy = ''): object {
  return { kind: 'used', env: { HTTPS_PROXY: url, NO_PROXY: noProxy } };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

const SERVERS = {
  jmapSessionUrl: 'https://jmap.example.com/session',
  jmapToken: 'fake-token',
  cardDavUrl: 'https://dav.example.com/',
  cardDavUsername: 'jane@example.com',
  cardDavPassword: 'fake-password',
  trustedHosts: [],
  requestTimeoutMs: 1000,
};

function aBudget(): ReturnType<typeof createBudget> {
  return createBudget({
    passTimeoutMs: 1000,
    stop: new AbortController().signal,
    stopGraceMs: 0,
  });
}

function collecting(logged: unknown[]): Logger {
  const log = (event: string, fields?: object): void => {
    logged.push([event, fields]);
  };
  const logger: Logger = { debug: log, info: log, warning: log, error: log, child: () => logger };
  return logger;
}
