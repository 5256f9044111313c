import packageJson from '../package.json' with { type: 'json' };
import { runCommand } from './terminal/run-command.ts';
import { SETUP_USAGE as usage } from './terminal/usage.ts';

/* Compares the account with the settings, and creates what is missing. */

void runCommand(
  process,
  { usage, flags: ['apply', 'json', 'rules'], package: packageJson },
  async ({ flags, ...command }) => {
    await import('./http/install.ts');
    const { runSetup } = await import('./setup/run-setup.ts');
    const { readEnvironment } = await import('./settings/environment.ts');
    const env = readEnvironment(command.env);
    return runSetup({
      ...command,
      env,
      mayWrite: flags.has('apply'),
      isJson: flags.has('json'),
      areRulesWanted: flags.has('rules'),
    });
  },
);
