import './http/install.ts';

import { runSetup } from './setup/run-setup.ts';
import { parseCommandLine } from './terminal/command-line.ts';

const USAGE = `Usage: npx tsx src/setup.ts [--apply] [--json]

Compares the account of the MAILROOM_ settings with what a triage pass needs: credentials,
mailboxes, triage labels, contact groups, state. Then prints the rules to make by hand in Fastmail.
Nothing is written without --apply. Exit code 0: all is there; 1: something is missing or failed.

  --apply     create the mailboxes, labels and contact groups that are missing, and nothing else
  --json      print one JSON object, for programs
  --help      show this text
  --version   show the version

To begin, put these three into a file .env (cp .env.example .env):

  MAILROOM_JMAP_TOKEN         Fastmail: Settings > Privacy & Security > Manage API tokens >
                              New API token; scope "Email", not read-only
  MAILROOM_CARDDAV_USERNAME   the address with which you log in to Fastmail
  MAILROOM_CARDDAV_PASSWORD   Settings > Privacy & Security > Manage app passwords and access >
                              New app password; access to contacts (CardDAV)

then look, create, and look again:

  npx tsx --env-file=.env src/setup.ts
  npx tsx --env-file=.env src/setup.ts --apply
`;

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2), USAGE, ['apply', 'json']);
  if (command.kind === 'print') {
    process[command.stream].write(command.text);
    process.exitCode = command.exitCode;
    return;
  }
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  // Until it has come to its end: Node exits when nothing is left to wait for.
  process.exitCode = 1;
  process.exitCode = await runSetup({
    env: process.env,
    mayWrite: command.flags.has('apply'),
    isJson: command.flags.has('json'),
    output: process.stdout,
    isTerminal: process.stdout.isTTY,
    errorOutput: process.stderr,
    isErrorTerminal: process.stderr.isTTY,
    stop: stop.signal,
  });
}

void main();
