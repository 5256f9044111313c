import { createRequire } from 'node:module';
import type * as NodeUtil from 'node:util';

import { messageOf } from '../errors.ts';
import { findNearestName } from './nearest.ts';

/** What a command line asks for. */
export type CommandLine =
  | ({ readonly kind: 'run' } & Arguments)
  /** Nothing to run: print the text and exit. */
  | Printed;

/** What was given on the command line. */
export interface Arguments {
  readonly flags: ReadonlySet<string>;
  /** Of flags with a value, each given as often as it was. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** What is no flag. */
  readonly positionals: readonly string[];
}

/** How a command is called. */
export interface CommandForm {
  /** What `--help` prints. */
  readonly usage: string;
  /** Flags without a value. */
  readonly flags: readonly string[];
  /** Flags with a value, which may be given more than once. */
  readonly values?: readonly string[];
  /** What such a flag may be; a flag that is not named here takes anything. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  readonly mostPositionals?: number;
}

interface Printed {
  readonly kind: 'print';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly exitCode: number;
}

/** `--help` and `--version` are known to every command. */
export function parseCommandLine(
  args: readonly string[],
  form: CommandForm,
  version: string,
): CommandLine {
  // An `import` of node:util reads all its members, and reading one of them opens standard error.
  const { parseArgs } = createRequire(import.meta.filename)('node:util') as typeof NodeUtil;
  const names = [...form.flags, 'help', 'version'];
  const valueNames = form.values ?? [];
  try {
    const { values: parsed, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries([
        ...names.map((name) => [
          name,
          { type: 'boolean' as const, ...(name === 'help' ? { short: 'h' } : {}) },
        ]),
        ...valueNames.map((name) => [name, { type: 'string' as const, multiple: true }]),
      ]),
      allowPositionals: (form.mostPositionals ?? 0) > 0,
    });
    const values: Readonly<Record<string, unknown>> = parsed;
    if (values['help'] === true) return print('stdout', form.usage, 0);
    if (values['version'] === true) return print('stdout', `mailroom ${version}\n`, 0);
    const tooMany = positionals[form.mostPositionals ?? 0];
    if (tooMany !== undefined) throw new Error(`Unexpected argument '${tooMany}'`);
    for (const [flag, allowed] of Object.entries(form.choices ?? {})) {
      const wrong = textsOf(values[flag]).find((text) => !allowed.includes(text));
      if (wrong !== undefined)
        throw new Error(`--${flag} takes ${allowed.join(' or ')}, not '${wrong}'`);
    }
    return {
      kind: 'run',
      flags: new Set(names.filter((name) => values[name] === true)),
      values: new Map(valueNames.map((name) => [name, textsOf(values[name])])),
      positionals,
    };
  } catch (error) {
    // The first sentence names the argument. The rest is advice to programmers.
    const [problem = ''] = messageOf(error).split('. ');
    return print('stderr', `${problem}\n${findAdvice(args, [...names, ...valueNames])}\n`, 1);
  }
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
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
