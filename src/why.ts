import packageJson from '../package.json' with { type: 'json' };
import { runCommand } from './terminal/run-command.ts';
import { WHY_USAGE as usage } from './terminal/usage.ts';

/* Why a sender's mail goes where it goes. */

void runCommand(
  process,
  { usage, flags: ['json'], values: ['since'], mostPositionals: 1, package: packageJson },
  async ({ flags, values, positionals, ...command }) => {
    await import('./http/install.ts');
    const { runWhy } = await import('./run/why/answer.ts');
    const { readEnvironment } = await import('./settings/environment.ts');
    const [address = null] = positionals;
    const [since = null] = values.get('since') ?? [];
    const env = readEnvironment(command.env);
    return runWhy({ ...command, env, address, since, isJson: flags.has('json') });
  },
);
