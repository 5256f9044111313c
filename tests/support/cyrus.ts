import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type CyrusOptions, cyrusConf, imapdConf } from './cyrus-config.ts';
import { deliverByLmtp } from './lmtp.ts';
import type { TestAccount } from './test-account.ts';
import { openWireAccount } from './wire-account.ts';

const MASTER = '/usr/lib/cyrus/bin/master';
const USERNAME = 'alice';
const PASSWORD = 'alice-pw';

/** What a machine has to have for `startCyrus`. */
export const CYRUS_NEEDS =
  'Cyrus: apt-get install --no-install-recommends cyrus-imapd cyrus-caldav sasl2-bin libsasl2-modules';

export function isCyrusInstalled(): boolean {
  return existsSync(MASTER);
}

/**
 * Starts a fresh Cyrus IMAP server (JMAP and CardDAV, the software that Fastmail runs) on loopback in
 * a temporary folder, as user `cyrus` when we are root, else as ourselves. Several may run side by
 * side. It ends with `close`, and also when this process dies in whatever way: a shell beside it waits
 * on a pipe that only we hold open.
 */
export async function startCyrus(options: CyrusOptions = {}): Promise<TestAccount> {
  if (!isCyrusInstalled()) {
    throw new Error(`Cyrus is not installed: it needs ${CYRUS_NEEDS}`);
  }
  // The free port may be taken by another by the time that Cyrus wants it.
  for (let attempt = 1; ; attempt += 1) {
    const instance = await createInstance(options);
    try {
      await waitUntilReady(instance);
      return await openAccount(instance);
    } catch (error) {
      await stop(instance);
      if (attempt === 3) throw error;
    }
  }
}

interface Instance {
  readonly folder: string;
  readonly port: number;
  readonly token: string;
  readonly shell: ChildProcess;
  readonly ended: Promise<void>;
}

interface Owner {
  readonly name: string;
  /** Null: run as ourselves. */
  readonly ids: { readonly uid: number; readonly gid: number } | null;
}

async function createInstance(options: CyrusOptions): Promise<Instance> {
  const folder = await mkdtemp(join(tmpdir(), 'cy-'));
  // The socket paths are bound by sockaddr_un's 108 bytes.
  if (folder.length > 80) throw new Error(`TMPDIR is too long a path for sockets: ${folder}`);
  const owner = findOwner();
  const port = await findFreePort();
  const secret = randomBytes(32).toString('hex');
  for (const name of ['conf', 'spool', 'search', 'socket', 'proc', 'lock', 'jwt', 'sieve']) {
    await mkdir(join(folder, name));
  }
  await writeFile(join(folder, 'jwt/key.pem'), hmacKey(secret));
  await writeFile(join(folder, 'imapd.conf'), imapdConf(folder, owner.name, options));
  await writeFile(join(folder, 'cyrus.conf'), cyrusConf(folder, port, options));
  const asOwner = { ...owner.ids, env: { ...process.env, HOME: folder, CYRUS_USER: owner.name } };
  if (owner.ids !== null) await chownAll(folder, owner.ids);
  execFileSync(
    'saslpasswd2',
    ['-p', '-c', '-f', `${folder}/sasldb2`, '-u', 'localhost', USERNAME],
    {
      ...asOwner,
      env: { ...asOwner.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
      input: PASSWORD,
    },
  );
  const shell = spawn('/bin/sh', ['-c', WATCH, 'cyrus-watch', MASTER, folder], {
    ...asOwner,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  return { folder, port, token: jsonWebToken(USERNAME, secret), shell, ended };
}

/**
 * Runs master until standard input ends, then kills it and its children, known by the configuration
 * file on their command line. Nothing of theirs is to be kept, and asked politely they would wait for
 * the clients that hold connections open.
 */
const WATCH = `
trap '' INT TERM HUP
"$1" -C "$2/imapd.conf" -M "$2/cyrus.conf" -p "$2/master.pid" </dev/null &
read -r _
kill -KILL $!
ours() {
  printf %s "$1/imapd.conf" | grep -lF -f - /proc/[0-9]*/cmdline 2>/dev/null | tr -dc '0-9\\n'
}
i=0
# The pattern comes by a pipe, or grep would find itself.
while left=$(ours "$2"); [ -n "$left" ] && [ $i -lt 60 ]; do
  kill -KILL $left 2>/dev/null
  i=$((i + 1))
  sleep 0.05
done
wait
rm -rf "$2"
`;

async function stop({ shell, ended }: Instance): Promise<void> {
  shell.stdin?.end();
  await ended;
}

async function waitUntilReady({ folder, port, token }: Instance): Promise<void> {
  const deadline = Date.now() + 10_000;
  // An IMAP login creates the Inbox and the mailboxes with roles; JMAP does not.
  await logInByImap(join(folder, 'socket/imap'), deadline);
  const headers = { authorization: `Bearer ${token}` };
  for (;;) {
    // The token is signed with this instance's own key: 200 means ours, not a neighbour on the port.
    const status = await fetch(`http://127.0.0.1:${port}/jmap/`, { headers }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`Cyrus did not answer (last status ${status})`);
    await sleep(30);
  }
}

async function logInByImap(socketPath: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      await runImapScript(socketPath, [
        `a LOGIN ${USERNAME} "${PASSWORD}"`,
        'b SELECT INBOX',
        'c LOGOUT',
      ]);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const isNotUpYet = code === 'ENOENT' || code === 'ECONNREFUSED';
      if (!isNotUpYet || Date.now() > deadline) throw error;
      await sleep(30);
    }
  }
}

/** Sends each line once the one before it was answered with OK. */
function runImapScript(socketPath: string, lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let received = '';
    let next = 0;
    socket.setTimeout(20_000, () => socket.destroy(new Error('IMAP login timed out')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`IMAP connection closed: ${received}`)));
    socket.on('data', (data) => {
      received += data.toString('latin1');
      for (;;) {
        const end = received.indexOf('\r\n');
        if (end === -1) return;
        const answer = received.slice(0, end);
        received = received.slice(end + 2);
        const awaited = next === 0 ? '*' : (lines[next - 1]?.split(' ')[0] ?? '');
        if (!answer.startsWith(`${awaited} `)) continue;
        if (!answer.startsWith(`${awaited} OK`)) {
          reject(new Error(`IMAP: ${answer}`));
          socket.destroy();
          return;
        }
        const line = lines[next];
        if (line === undefined) {
          resolve();
          socket.end();
          return;
        }
        next += 1;
        socket.write(`${line}\r\n`);
      }
    });
  });
}

function openAccount(instance: Instance): Promise<TestAccount> {
  const root = `http://127.0.0.1:${instance.port}/`;
  return openWireAccount({
    sessionUrl: `${root}jmap/`,
    cardDavUrl: root,
    defaultBookHref: `/dav/addressbooks/user/${USERNAME}/Default/`,
    token: instance.token,
    username: USERNAME,
    password: PASSWORD,
    deliver: (message) => deliverByLmtp(join(instance.folder, 'socket/lmtp'), USERNAME, message),
    close: () => stop(instance),
  });
}

function findOwner(): Owner {
  if (process.getuid?.() !== 0) {
    return { name: execFileSync('id', ['-un'], { encoding: 'utf8' }).trim(), ids: null };
  }
  return { name: 'cyrus', ids: { uid: readCyrusId('-u'), gid: readCyrusId('-g') } };
}

function readCyrusId(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'cyrus'], { encoding: 'utf8' }));
}

async function chownAll(folder: string, ids: { uid: number; gid: number }): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  for (const name of ['', ...names]) await chown(join(folder, name), ids.uid, ids.gid);
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function hmacKey(secret: string): string {
  const lines =
    Buffer.from(secret)
      .toString('base64')
      .match(/.{1,64}/gu) ?? [];
  return `-----BEGIN HMAC KEY-----\n${lines.join('\n')}\n-----END HMAC KEY-----\n`;
}

function jsonWebToken(subject: string, secret: string): string {
  const signed = `${encodeJson({ alg: 'HS256', typ: 'JWT' })}.${encodeJson({ sub: subject })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
