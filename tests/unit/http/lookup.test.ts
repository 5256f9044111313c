import { createSocket, type Socket } from 'node:dgram';
import type { LookupAddress } from 'node:dns';
import { afterEach, describe, expect, it } from 'vitest';

import { createLookup } from '../../../src/http/lookup.ts';

const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

describe('a name is looked up', () => {
  it.each(['localhost', 'LOCALHOST'])('%s without a name server', async (name) => {
    const silent = await startNameServer(null);

    const addresses = await look(name, [silent.address]);

    expect(addresses.map(({ address }) => address)).toContain('127.0.0.1');
    expect(silent.queries()).toBe(0);
  });

  it('by the machine once a name server has answered, also that there is no such name', async () => {
    const refusing = await startNameServer(NO_SUCH_NAME);

    const looked = look('no-such-name.invalid', [refusing.address]);

    await expect(looked).rejects.toMatchObject({ syscall: 'getaddrinfo' });
    expect(refusing.queries()).toBeGreaterThan(0);
  });
});

describe('with a name server that is silent', () => {
  it('the lookup ends as soon as the run does', async () => {
    const silent = await startNameServer(null);
    const run = new AbortController();
    const beganMs = performance.now();
    setTimeout(() => run.abort(), 100);

    const looked = look('mail.example', [silent.address], run.signal);

    await expect(looked).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    expect(performance.now() - beganMs).toBeLessThan(2000);
    expect(silent.queries()).toBeGreaterThan(0);
  });

  it('nothing is asked after the run', async () => {
    const silent = await startNameServer(null);

    const looked = look('mail.example', [silent.address], AbortSignal.abort());

    await expect(looked).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    expect(silent.queries()).toBe(0);
  });
});

function look(
  name: string,
  servers: readonly string[],
  signal = new AbortController().signal,
): Promise<readonly LookupAddress[]> {
  const lookup = createLookup({ signal, servers });
  return new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses as readonly LookupAddress[]);
      else reject(error);
    });
  });
}

/** RFC 1035 §4.1.1, RCODE 3. */
const NO_SUCH_NAME = 3;

/** Answers every query with the code, or with nothing. */
async function startNameServer(
  code: number | null,
): Promise<{ readonly address: string; readonly queries: () => number }> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  let queries = 0;
  socket.on('message', (query, { port, address }) => {
    queries += 1;
    if (code === null) return;
    const answer = Buffer.from(query);
    answer[2] = 0x81;
    answer[3] = 0x80 | code;
    socket.send(answer, port, address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  return { address: `127.0.0.1:${socket.address().port}`, queries: () => queries };
}
