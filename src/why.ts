import about from '../package.json' with { type: 'json' };
import { runCommand } from './run/command.ts';

/* Why a sender's mail goes where it goes. */

void runCommand(process, { name: 'why', about }, async ({ flags, values, ...command }) => {
  const { runWhy } = await import('./run/why/answer.ts');
  const [address = null] = command.positionals;
  const [since = null] = values.get('since') ?? [];
  return runWhy({ ...command, address, since, isJson: flags.has('json') });
});
