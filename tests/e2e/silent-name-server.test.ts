import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { startProgram } from '../support/process.ts';
import { builtPrograms } from '../support/programs.ts';
import { isRequired, skipNote } from '../support/required.ts';
import { parseLogLines } from '../support/run-mailroom.ts';

/* The machine's name server swallows every query: the machine's own lookup would wait for minutes. */

const programs = builtPrograms();

/** A mount namespace of its own, for an /etc/resolv.conf of its own; and port 53, which is root's. */
const mayMount =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/hosts', '/etc/resolv.conf']).status ===
    0;
const isSkipped = !mayMount && !isRequired('mounts');
const note = skipNote(isSkipped, 'root, and leave to mount', 'mounts');

/** Likely nobody else's: the whole of 127.0.0.0/8 is loopback. */
const NAME_SERVER = '127.83.73.53';

/** What a pod is given. */
const GRACE_MS = 20_000;

let folder: string;
let nameServer: Socket | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-silent-'));
});

afterEach(async () => {
  nameServer?.close();
  nameServer = undefined;
  await rm(folder, { recursive: true });
});

it.skipIf(isSkipped).each(['SIGTERM', 'SIGINT'] as const)(
  `%s with a silent name server ends the run within 20 s, as any other${note}`,
  async (signal) => {
    const socket = createSocket('udp4');
    nameServer = socket;
    const asked = once(socket, 'message');
    socket.bind(53, NAME_SERVER);
    await once(socket, 'listening');
    const statePath = join(folder, 'state.json');
    const run = startProgram(await withNameServer(NAME_SERVER, programs.runOnce), {
      env: {
        PATH: process.env['PATH'] ?? '',
        MAILROOM_JMAP_TOKEN: 'made-up-token',
        MAILROOM_CARDDAV_USERNAME: 'alice@mail.example',
        MAILROOM_CARDDAV_PASSWORD: 'made-up-password',
        MAILROOM_JMAP_SESSION_URL: 'https://jmap.mail.example/session',
        MAILROOM_CARDDAV_URL: 'https://dav.mail.example/',
        MAILROOM_STATE_FILE: statePath,
      },
      cwd: folder,
    });
    await Promise.race([asked, run.result]);

    run.kill(signal);
    const overdue = setTimeout(() => run.kill('SIGKILL'), GRACE_MS);
    const result = await run.result;
    clearTimeout(overdue);

    expect(result).toMatchObject({ exitCode: 0, signal: null, stderr: '' });
    expect(parseLogLines(result.stdout).at(-1)).toMatchObject({
      event: 'run_stopped',
      reason: 'shutdown_signal',
    });
    expect(JSON.parse(await readFile(statePath, 'utf8'))).toMatchObject({
      consecutiveFailures: 0,
      lastRun: { outcome: 'run_stopped' },
    });
  },
);

/** The command, for a machine that knows this name server alone, and is as patient as one can be. */
async function withNameServer(
  address: string,
  command: readonly string[],
): Promise<readonly string[]> {
  const file = join(folder, 'resolv.conf');
  await writeFile(file, `nameserver ${address}\noptions timeout:30 attempts:5\n`);
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return ['unshare', '--mount', 'bash', '-c', script, file, ...command];
}
