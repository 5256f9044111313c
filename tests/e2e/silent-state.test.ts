import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { onStandIn } from '../support/run-mailroom-on-stand-in.ts';

/* Trouble with the state never stops the mail, not even the slowest kind of trouble. */

const programs = builtPrograms();

let folder: string;
let apiServer: Server;
const sockets = new Set<Socket>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-silent-state-'));
  const files = {
    token: 'made-up-token',
    namespace: 'mailroom',
    'ca.crt': rootCertificates[0] ?? '',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  apiServer = createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    apiServer.listen(0, '127.0.0.1', resolve);
  });
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  apiServer.close();
  await rm(folder, { recursive: true });
});

// With the mail's own timeout, a minute, and its retries this would take many.
test('an API server that accepts and never answers: the pass is carried out, in a minute', async () => {
  await onStandIn(programs, {}, async ({ scenario, mailroom }) => {
    await scenario.email({ from: 'New <new@state.example>', in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run({
      env: {
        MAILROOM_STATE_FILE: null,
        MAILROOM_SERVICE_ACCOUNT_DIR: folder,
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: String((apiServer.address() as AddressInfo).port),
        MAILROOM_REQUEST_TIMEOUT: '60',
      },
    });

    expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete', processed: 1 } });
    expect(run.find('state_unreadable')).toHaveLength(1);
    expect(run.find('state_write_failed')).toHaveLength(1);
    expect(new Set((await scenario.whereabouts()).values())).toEqual(new Set(['Feed']));
  });
});
