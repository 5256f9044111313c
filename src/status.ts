import about from '../package.json' with { type: 'json' };
import { runCommand } from './run/command.ts';

/* The health check. */

void runCommand(process, { name: 'status', about }, async ({ flags, ...command }) => {
  const { runStatus } = await import('./run/status-report.ts');
  return runStatus({ ...command, isPiped: flags.has('stdin'), isJson: flags.has('json') });
});
