import { spawn } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A server that runs beside the tests; `stop` kills it, and so does the end of this process. */
export interface Tethered {
  readonly hasEnded: () => boolean;
  /** The last lines that it wrote. */
  readonly lastWords: () => string;
  stop(): Promise<void>;
}

/**
 * Starts a program that must not outlive us, however we die: a shell beside it waits on a pipe that
 * only we hold open, then kills it. Its data is thrown away, so a kill does no harm.
 */
export function startTethered(command: string, args: readonly string[], logPath: string): Tethered {
  const log = openSync(logPath, 'a', 0o600);
  const shell = spawn('/bin/sh', ['-c', TETHER, 'tether', command, ...args], {
    stdio: ['pipe', log, log],
    detached: true,
  });
  closeSync(log);
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true;
      resolve();
    };
    shell.once('exit', end);
    shell.once('error', end);
  });
  // The shell may be gone already, and that is fine.
  shell.stdin?.on('error', () => undefined);
  return {
    hasEnded: () => isOver,
    lastWords: () => readFileSync(logPath, 'utf8').split('\n').slice(-6).join('\n'),
    async stop() {
      shell.stdin?.end();
      await ended;
    },
  };
}

/** Ends when the program ends, or ends it when standard input does. */
const TETHER = `
trap '' INT TERM HUP
"$@" </dev/null &
program=$!
exec 3<&0
( read -r _ <&3; kill -KILL $program 2>/dev/null ) &
watch=$!
wait $program
kill $watch 2>/dev/null
`;

/** A port of 127.0.0.1 that was free a moment ago. */
export function findFreePort(): Promise<number> {
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
