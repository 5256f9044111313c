import about from '../package.json' with { type: 'json' };
import { runCommand } from './run/command.ts';

/* Compares the account with the settings, and creates what is missing. */

void runCommand(process, { name: 'setup', about }, async ({ flags, ...command }) => {
  const { runSetup } = await import('./setup/run-setup.ts');
  return runSetup({
    ...command,
    mayWrite: flags.has('apply'),
    isJson: flags.has('json'),
    areRulesWanted: flags.has('rules'),
  });
});
