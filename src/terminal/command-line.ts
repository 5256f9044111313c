import { createRequire } from 'node:module';
import type * as NodeUtil from 'node:util';

import { messageOf } from '../errors.ts';
import { findNearestName } from './nearest.ts';

export type CommandLine =
  | { readonly kind: 'run'; readonly flags: ReadonlySet<string> }
  /** Nothing to run: print the text and exit. */
  | Printed;

interface Printed {
  readonly kind: 'print';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly exitCode: number;
}

/** What a command says of itself. */
export interface CommandText {
  /** For `--help`. */
  readonly usage: string;
  /** For `--version`. */
  readonly version: string;
}

/** Parses flags without values; `--help` and `--version` are known to every command. */
export function parseCommandLine(
  args: readonly string[],
  knownFlags: readonly string[],
  { usage, version }: CommandText,
): CommandLine {
  // An `import` of node:util reads all its members, and reading one of them opens standard error.
  const { parseArgs } = createRequire(import.meta.filename)('node:util') as typeof NodeUtil;
  const names = [...knownFlags, 'help', 'version'];
  try {
    const { values } = parseArgs({
      args: [...args],
      options: Object.fromEntries(
        names.map((name) => [
          name,
          { type: 'boolean' as const, ...(name === 'help' ? { short: 'h' } : {}) },
        ]),
      ),
      allowPositionals: false,
    });
    if (values['help'] === true) return print('stdout', usage, 0);
    if (values['version'] === true) return print('stdout', `mailroom ${version}\n`, 0);
    return { kind: 'run', flags: new Set(names.filter((name) => values[name] === true)) };
  } catch (error) {
    // The first sentence names the argument. The rest is advice to programmers.
    const [problem = ''] = messageOf(error).split('. ');
    return print('stderr', `${problem}\n${findAdvice(args, names)}\n`, 1);
  }
}

/** The second line of a complaint: what was probably meant. */
function findAdvice(args: readonly string[], names: readonly string[]): string {
  const known = names.map((name) => `--${name}`);
  const wrong = args.find((arg) => arg.startsWith('-') && arg !== '-h' && !known.includes(arg));
  const [text = ''] = (wrong ?? '').toLowerCase().split('=');
  const full = text.length > 3 ? known.find((flag) => flag.startsWith(text)) : undefined;
  const near = findNearestName(text, known);
  const isNear = near !== null && near.distance <= Math.floor(text.length * 0.4);
  const meant = full ?? (isNear ? near.name : null);
  return meant === null ? '--help shows what there is.' : `Did you mean ${meant}?`;
}

function print(stream: Printed['stream'], text: string, exitCode: number): Printed {
  return { kind: 'print', stream, text, exitCode };
}
