import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

import { createTransport } from '../../../src/http/transport.ts';

const children: ChildProcess[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('a name with two addresses', () => {
  it('of which the one that lives takes its time', async () => {
    const { port, resume } = await startBusyServer();
    setTimeout(resume, 600);
    // Nobody listens at the second.
    const send = createTransport({
      timeoutMs: 15_000,
      lookup: answering('127.0.0.1', '127.0.0.2'),
    });

    const response = await send(new URL(`http://two.example:${port}/`), {});

    expect(await response.text()).toBe('ok');
  });
});

function answering(...addresses: readonly string[]): LookupFunction {
  return (_name, _options, callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
}

/** Its queue of connections is full until it is resumed: the handshake takes a second or so. */
async function startBusyServer(): Promise<{ readonly port: number; readonly resume: () => void }> {
  const child = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [text] = await once(child.stdout, 'data');
  const port = Number(text);
  child.kill('SIGSTOP');
  for (let count = 0; count < 6; count += 1) {
    sockets.push(connect({ host: '127.0.0.1', port }).on('error', () => undefined));
  }
  await new Promise((resolve) => {
    setTimeout(resolve, 200);
  });
  return { port, resume: () => child.kill('SIGCONT') };
}

const SERVER = `
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok');
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port));
`;
