import './http/install.ts';

import { text } from 'node:stream/consumers';

import { reportStatus } from './run/status-report.ts';
import { parseCommandLine } from './terminal/command-line.ts';

const USAGE = `Usage: npx tsx src/status.ts [--stdin]

Prints one line of JSON about the last passes; exit code 0 healthy, 1 unhealthy.

  --stdin     judge what is piped in, a state.json or its ConfigMap as JSON:
              kubectl -n mailroom get configmap mailroom-state -o json | npx tsx src/status.ts --stdin
  --help      show this text
  --version   show the version

Without --stdin it reads the state where run-once keeps it: MAILROOM_STATE_FILE, or the ConfigMap
when it runs in a cluster.
`;

async function main(): Promise<void> {
  const command = parseCommandLine(process.argv.slice(2), USAGE, ['stdin']);
  if (command.kind === 'print') {
    process[command.stream].write(command.text);
    process.exitCode = command.exitCode;
    return;
  }
  // Until it has come to its end: Node exits when nothing is left to wait for.
  process.exitCode = 1;
  const stdin = command.flags.has('stdin') ? await text(process.stdin) : null;
  const report = await reportStatus(process.env, stdin);
  process[report.stream].write(report.text);
  process.exitCode = report.exitCode;
}

void main();
