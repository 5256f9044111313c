import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startCyrus } from './cyrus.ts';
import { findFreePort, startTethered } from './kube/tethered.ts';
import type { ServerOptions, TestAccount } from './test-account.ts';
import { wireContacts } from './wire-account.ts';
import { callDav } from './wire.ts';

const PROGRAM = '/usr/bin/radicale';

export function isRadicaleInstalled(): boolean {
  return existsSync(PROGRAM);
}

/**
 * An account whose contacts are on a fresh Radicale, on loopback and in a temporary folder, and whose
 * mail is on a Cyrus. Radicale gives whole cards where a part is asked for, keeps every byte of a
 * card, and knows nothing of rules for mail. It ends with `close`, and when this process dies.
 */
export async function startRadicale(options: ServerOptions = {}): Promise<TestAccount> {
  if (!isRadicaleInstalled()) {
    throw new Error('Radicale is not installed: apt-get install --no-install-recommends radicale');
  }
  const cyrus = await startCyrus(options);
  const { username, password } = cyrus;
  const port = await findFreePort();
  const folder = await mkdtemp(join(tmpdir(), 'radicale-'));
  await writeFile(join(folder, 'users'), `${username}:${password}\n`);
  await writeFile(join(folder, 'config'), configuration(folder, port));
  const radicale = startTethered(
    PROGRAM,
    ['--config', join(folder, 'config')],
    join(folder, 'log'),
  );
  const close = async (): Promise<void> => {
    await Promise.all([radicale.stop(), cyrus.close()]);
    await rm(folder, { recursive: true, force: true });
  };
  const cardDavUrl = `http://127.0.0.1:${port}/`;
  const defaultBookHref = `/${username}/Default/`;
  const server = { ...cyrus, cardDavUrl, defaultBookHref };
  try {
    await createDefaultBook(server, new URL(defaultBookHref, cardDavUrl)).catch(
      (error: unknown) => {
        throw new Error(radicale.lastWords(), { cause: error });
      },
    );
    const emailsFromGroup = (): never => {
      throw new Error('Radicale has no rules for mail');
    };
    return { ...cyrus, ...wireContacts(server), cardDavUrl, emailsFromGroup, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function configuration(folder: string, port: number): string {
  return [
    '[server]',
    `hosts = 127.0.0.1:${port}`,
    'max_connections = 200',
    '[auth]',
    'type = htpasswd',
    `htpasswd_filename = ${folder}/users`,
    'htpasswd_encryption = plain',
    'delay = 0',
    '[rights]',
    'type = owner_only',
    '[storage]',
    `filesystem_folder = ${folder}/collections`,
    '',
  ].join('\n');
}

async function createDefaultBook(server: Parameters<typeof callDav>[0], url: URL): Promise<void> {
  const body =
    '<mkcol xmlns="DAV:"><set><prop><resourcetype><collection/>' +
    '<addressbook xmlns="urn:ietf:params:xml:ns:carddav"/></resourcetype></prop></set></mkcol>';
  const init = { headers: { 'content-type': 'text/xml' }, body };
  const deadline = Date.now() + 15_000;
  for (;;) {
    const status = await callDav(server, 'MKCOL', url, init).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 201) return;
    if (status !== 0 || Date.now() > deadline) {
      throw new Error(`Radicale did not make an address book: ${status}`);
    }
    await sleep(50);
  }
}
