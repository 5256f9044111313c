import './http/install.ts';

import { closeSync, existsSync, openSync, writeSync } from 'node:fs';

import { runOnce } from './run/run.ts';
import { parseCommandLine } from './terminal/command-line.ts';

const USAGE = `Usage: npx tsx src/run-once.ts [--dry-run]

One triage pass over the account of the MAILROOM_ settings, then exits.

  --dry-run   read everything, write nothing anywhere, log each action as would_...
  --help      show this text
  --version   show the version

Needs MAILROOM_JMAP_TOKEN, MAILROOM_CARDDAV_USERNAME and MAILROOM_CARDDAV_PASSWORD; README has all
settings. To read them from a file: npx tsx --env-file=.env src/run-once.ts
`;

/** Where Kubernetes reads why a container ended (terminationMessagePath); absent elsewhere. */
const TERMINATION_LOG = '/dev/termination-log';

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2), USAGE, ['dry-run']);
  if (command.kind === 'print') {
    process[command.stream].write(command.text);
    process.exitCode = command.exitCode;
    return;
  }
  // Until it has come to its end: Node exits when nothing is left to wait for.
  process.exitCode = 1;
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  process.exitCode = await runOnce({
    env: process.env,
    isDryRun: command.flags.has('dry-run'),
    output: process.stdout,
    isTerminal: process.stdout.isTTY,
    stop: stop.signal,
    writeTerminationMessage(text) {
      // Not created where it is missing: that would leave a file on somebody's own machine.
      if (!existsSync(TERMINATION_LOG)) return;
      const file = openSync(TERMINATION_LOG, 'r+');
      writeSync(file, text);
      closeSync(file);
    },
  });
}

void main();
