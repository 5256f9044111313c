import packageJson from '../package.json' with { type: 'json' };
import { runCommand } from './terminal/run-command.ts';
import { RUN_ONCE_USAGE as usage } from './terminal/usage.ts';

/* One triage pass, as the CronJob runs it. */

void runCommand(
  process,
  { usage, flags: ['dry-run', 'verbose'], values: ['only', 'format'], package: packageJson },
  async ({ flags, values, ...command }) => {
    await import('./http/install.ts');
    const { runOnce } = await import('./run/run.ts');
    const { writeTerminationMessage } = await import('./run/termination-message.ts');
    const { readEnvironment } = await import('./settings/environment.ts');
    const env = readEnvironment(command.env);
    const only = values.get('only') ?? [];
    const isDryRun = flags.has('dry-run');
    const isText = values.get('format')?.includes('text') ?? false;
    const isVerbose = flags.has('verbose');
    const options = { ...command, env, isDryRun, only, isText, isVerbose };
    return runOnce({ ...options, writeTerminationMessage });
  },
);
