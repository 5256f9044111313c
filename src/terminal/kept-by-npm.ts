import type { CommandForm } from './command-line.ts';
import { COMMANDS } from './commands.ts';

/**
 * `npm run pass --dry-run` gives the flag to npm, and none to the program, which would then write. Null
 * where npm kept nothing; else two lines that say what to type.
 */
export function findKeptByNpm(
  env: Readonly<Record<string, string | undefined>>,
  { flags, values = [] }: Pick<CommandForm, 'flags' | 'values'>,
  args: readonly string[],
): string | null {
  const script = env['npm_lifecycle_event'] ?? '';
  // A script of package.json is called as the command that it starts.
  if (!Object.hasOwn(COMMANDS, script)) return null;
  const kept = [...flags, ...values].find((flag) => {
    if (args.some((arg) => arg.split('=')[0] === `--${flag}`)) return false;
    const value = env[`npm_config_${flag.replaceAll('-', '_')}`] ?? '';
    return value !== '' && value !== 'false';
  });
  if (kept === undefined) return null;
  return `npm kept --${kept} for itself, so nothing was done.\nDid you mean npm run ${script} -- --${kept}?\n`;
}
