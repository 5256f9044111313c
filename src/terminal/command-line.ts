import { createRequire } from 'node:module';
import type * as NodeUtil from 'node:util';

import packageJson from '../../package.json' with { type: 'json' };

export const version: string = packageJson.version;

export type CommandLine =
  | { readonly kind: 'run'; readonly flags: ReadonlySet<string> }
  /** Nothing to run: print the text and exit. */
  | {
      readonly kind: 'print';
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
      readonly exitCode: number;
    };

/** An `import` of node:util reads all its members, and reading one of them opens standard error. */
const load = createRequire(import.meta.filename);

/** Reads flags without values; `--help` and `--version` are known to every command. */
export function parseCommandLine(
  args: readonly string[],
  usage: string,
  knownFlags: readonly string[],
): CommandLine {
  const names = [...knownFlags, 'help', 'version'];
  try {
    const { parseArgs } = load('node:util') as typeof NodeUtil;
    const { values } = parseArgs({
      args: [...args],
      options: Object.fromEntries(names.map((name) => [name, { type: 'boolean' as const }])),
      allowPositionals: false,
    });
    if (values['help'] === true) return print('stdout', usage, 0);
    if (values['version'] === true) return print('stdout', `mailroom ${version}\n`, 0);
    return { kind: 'run', flags: new Set(names.filter((name) => values[name] === true)) };
  } catch (error) {
    // The first sentence names the argument. The rest is advice to programmers.
    const [problem = ''] = (error as Error).message.split('. ');
    return print('stderr', `${problem}\n\n${usage}`, 1);
  }
}

function print(stream: 'stdout' | 'stderr', text: string, exitCode: number): CommandLine {
  return { kind: 'print', stream, text, exitCode };
}
