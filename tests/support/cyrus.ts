import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { type CyrusOptions, cyrusConf, imapdConf } from './cyrus-config.ts';
import { type CyrusInstall, PACKAGED_CYRUS } from './cyrus-install.ts';
import { findFreePort } from './kube/tethered.ts';
import { logInByImap } from './imap-login.ts';
import { deliverByLmtp } from './lmtp.ts';
import type { TestAccount } from './test-account.ts';
import { openWireAccount } from './wire-account.ts';

const USERNAME = 'alice';
const PASSWORD = 'alice-pw';

/**
 * Starts a fresh Cyrus IMAP server (JMAP and CardDAV, the software that Fastmail runs) on loopback
 * in a temporary folder, as user `cyrus` if we are root, otherwise as ourselves. Several may run
 * side by side. It ends with `close`, and also when this process dies for whatever reason: a shell
 * beside it waits on a pipe that only we hold open.
 */
export async function startCyrus(
  options: CyrusOptions = {},
  install: CyrusInstall = PACKAGED_CYRUS,
): Promise<TestAccount> {
  if (!install.isThere()) throw new Error(`Cyrus is not installed: it needs ${install.needs}`);
  // Another process may have taken the free port by the time Cyrus wants it.
  for (let attempt = 1; ; attempt += 1) {
    const instance = await createInstance(options, install);
    try {
      await waitUntilReady(instance);
      return await openAccount(instance, install);
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

async function createInstance(options: CyrusOptions, install: CyrusInstall): Promise<Instance> {
  const folder = await mkdtemp(join(tmpdir(), 'cy-'));
  // The socket paths are bound by sockaddr_un's 108 bytes.
  if (folder.length > 80) throw new Error(`TMPDIR is too long a path for sockets: ${folder}`);
  const owner = install.findOwner();
  const port = await findFreePort();
  const secret = randomBytes(32).toString('hex');
  for (const name of ['conf', 'spool', 'search', 'socket', 'proc', 'lock', 'jwt', 'sieve']) {
    await mkdir(join(folder, name));
  }
  await writeFile(join(folder, 'jwt/key.pem'), hmacKey(secret));
  await writeFile(join(folder, 'imapd.conf'), imapdConf(folder, owner.name, options));
  await writeFile(join(folder, 'cyrus.conf'), cyrusConf(folder, port, options));
  const env = { ...process.env, HOME: folder, CYRUS_USER: owner.name };
  const addUser = `/usr/sbin/saslpasswd2 -p -c -f ${folder}/sasldb2 -u localhost ${USERNAME}`;
  const [program = '', ...args] = install.enter(addUser.split(' '));
  if (owner.ids !== null) await chownAll(folder, owner.ids);
  execFileSync(program, args, { env, input: PASSWORD });
  const master = install.enter(['/usr/lib/cyrus/bin/master']);
  const shell = spawn('/bin/sh', ['-c', WATCH, 'cyrus-watch', folder, ...master], {
    env,
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
 * Runs master until standard input ends, then kills it and its children, which it finds by the
 * configuration file on their command line. Nothing of theirs is kept, and if asked politely they
 * would wait for clients with open connections.
 */
const WATCH = `
trap '' INT TERM HUP
folder=$1
shift
"$@" -C "$folder/imapd.conf" -M "$folder/cyrus.conf" -p "$folder/master.pid" </dev/null &
read -r _
kill -KILL $!
ours() {
  printf %s "$1/imapd.conf" | grep -lF -f - /proc/[0-9]*/cmdline 2>/dev/null | tr -dc '0-9\\n'
}
i=0
# The pattern comes by a pipe, or grep would find itself.
while left=$(ours "$folder"); [ -n "$left" ] && [ $i -lt 60 ]; do
  kill -KILL $left 2>/dev/null
  i=$((i + 1))
  sleep 0.05
done
wait
rm -rf "$folder"
`;

async function stop({ shell, ended }: Instance): Promise<void> {
  shell.stdin?.end();
  await ended;
}

async function waitUntilReady({ folder, port, token }: Instance): Promise<void> {
  const deadline = Date.now() + 10_000;
  // An IMAP login creates the Inbox and the mailboxes with roles; JMAP does not.
  const user = { username: USERNAME, password: PASSWORD };
  await logInByImap(join(folder, 'socket/imap'), user, deadline);
  const headers = { authorization: `Bearer ${token}` };
  for (;;) {
    // The token is signed with this instance's own key, so 200 means that ours answered, and not
    // another server on the same port.
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

function openAccount(instance: Instance, { kind }: CyrusInstall): Promise<TestAccount> {
  const root = `http://127.0.0.1:${instance.port}/`;
  return openWireAccount({
    kind,
    sessionUrl: `${root}jmap/`,
    cardDavUrl: root,
    defaultBookHref: `/dav/addressbooks/user/${USERNAME}/Default/`,
    token: instance.token,
    username: USERNAME,
    password: PASSWORD,
    deliver: (messages) => deliverByLmtp(join(instance.folder, 'socket/lmtp'), USERNAME, messages),
    close: () => stop(instance),
  });
}

async function chownAll(folder: string, ids: { uid: number; gid: number }): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  for (const name of ['', ...names]) await chown(join(folder, name), ids.uid, ids.gid);
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
