import about from '../package.json' with { type: 'json' };
import { runCommand } from './run/command.ts';

/* One triage pass, as the CronJob runs it. */

void runCommand(process, { name: 'pass', about }, async ({ flags, values, ...command }) => {
  const { runOnce } = await import('./run/once.ts');
  return runOnce({
    ...command,
    isDryRun: flags.has('dry-run'),
    only: values.get('only') ?? [],
    isText: values.get('format')?.includes('text') ?? false,
    isVerbose: flags.has('verbose'),
  });
});
