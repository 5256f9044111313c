import { connect } from 'node:net';

/**
 * Hands messages to the server as a mail relay does (RFC 2033), for one local user, all over one
 * connection: the server starts a process for each.
 */
export function deliverByLmtp(
  socketPath: string,
  user: string,
  messages: readonly string[],
): Promise<void> {
  const steps: readonly (readonly [line: string, answer: RegExp])[] = [
    ['LHLO relay.example', /^2/u],
    ...messages.flatMap((message): readonly (readonly [string, RegExp])[] => [
      ['MAIL FROM:<bounce@relay.example>', /^2/u],
      [`RCPT TO:<${user}>`, /^2/u],
      ['DATA', /^3/u],
      [`${message.replace(/^\./gmu, '..')}\r\n.`, /^2/u],
    ]),
    ['QUIT', /^2/u],
  ];
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let received = '';
    let step = -1;
    const fail = (problem: string): void => {
      socket.destroy();
      reject(new Error(`LMTP: ${problem}`));
    };
    socket.setTimeout(20_000, () => fail('timed out'));
    socket.once('error', (error) => reject(error));
    socket.once('close', () => fail(`closed behind step ${step}`));
    socket.on('data', (data) => {
      received += data.toString('latin1');
      for (;;) {
        const end = received.indexOf('\r\n');
        if (end === -1) return;
        const line = received.slice(0, end);
        received = received.slice(end + 2);
        // Before the last line of an answer the code has a hyphen behind it.
        if (line.charAt(3) === '-') continue;
        const expected = steps[step]?.[1] ?? /^2/u;
        if (!expected.test(line)) return fail(line);
        step += 1;
        const next = steps[step];
        if (next === undefined) {
          resolve();
          socket.end();
          return;
        }
        socket.write(`${next[0]}\r\n`, 'utf8');
      }
    });
  });
}
