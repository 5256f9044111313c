import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { errorCodeOf } from '../../src/errors.ts';

/**
 * The first log-in by IMAP creates the Inbox and the mailboxes with roles; JMAP does not. Waits until the
 * server is up, until `deadline`, in milliseconds of `Date.now()`.
 */
export async function logInByImap(
  socketPath: string,
  { username, password }: { readonly username: string; readonly password: string },
  deadline: number,
): Promise<void> {
  for (;;) {
    try {
      await runImapScript(socketPath, [
        `a LOGIN ${username} "${password}"`,
        'b SELECT INBOX',
        'c LOGOUT',
      ]);
      return;
    } catch (error) {
      const isNotUpYet = ['ENOENT', 'ECONNREFUSED'].includes(errorCodeOf(error) ?? '');
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
