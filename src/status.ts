import packageJson from '../package.json' with { type: 'json' };
import { runCommand } from './terminal/run-command.ts';
import { STATUS_USAGE as usage } from './terminal/usage.ts';

/* The health check. */

void runCommand(
  process,
  { usage, flags: ['stdin', 'json'], package: packageJson },
  async ({ flags, ...command }) => {
    await import('./http/install.ts');
    const { runStatus } = await import('./run/status-report.ts');
    const { readEnvironment } = await import('./settings/environment.ts');
    const env = readEnvironment(command.env);
    return runStatus({ ...command, env, isPiped: flags.has('stdin'), isJson: flags.has('json') });
  },
);
