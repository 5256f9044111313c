import { describe, expect, it } from 'vitest';

import packageJson from '../../../package.json' with { type: 'json' };
import { parseCommandLine } from '../../../src/terminal/command-line.ts';

const USAGE = 'Usage: test [--dry-run]\n';

const parse = (...args: readonly string[]): ReturnType<typeof parseCommandLine> =>
  parseCommandLine(args, USAGE, ['dry-run', 'json']);

describe('parseCommandLine', () => {
  it.each([
    ['no flags', [], []],
    ['a known flag', ['--dry-run'], ['dry-run']],
    ['several', ['--json', '--dry-run'], ['dry-run', 'json']],
    ['one twice', ['--json', '--json'], ['json']],
  ])('%s', (_rule, args, flags) => {
    expect(parse(...args)).toEqual({ kind: 'run', flags: new Set(flags) });
  });

  it.each([
    ['--help', ['--help']],
    ['--help beside others', ['--dry-run', '--help', '--version']],
  ])('%s prints the usage, and nothing runs', (_rule, args) => {
    expect(parse(...args)).toEqual({ kind: 'print', stream: 'stdout', text: USAGE, exitCode: 0 });
  });

  it('--version prints the version of the package', () => {
    expect(parse('--version')).toEqual({
      kind: 'print',
      stream: 'stdout',
      text: `mailroom ${packageJson.version}\n`,
      exitCode: 0,
    });
  });

  it.each([
    ['an unknown flag', ['--dry'], '--dry'],
    ['a flag of another command', ['--stdin'], '--stdin'],
    ['an unknown flag beside --help', ['--help', '--nope'], '--nope'],
    ['a short flag', ['-n'], '-n'],
    ['a value where there is none', ['--dry-run=false'], '--dry-run'],
    ['a negation', ['--no-dry-run'], '--no-dry-run'],
    ['another letter case', ['--Dry-Run'], '--Dry-Run'],
    ['an argument that is no flag', ['now'], 'now'],
    ['an argument behind --', ['--', '--dry-run'], '--dry-run'],
    ['an empty argument', [''], "''"],
  ])('%s is an error, with usage on standard error', (_rule, args, named) => {
    const command = parse(...args);

    expect(command).toMatchObject({ kind: 'print', stream: 'stderr', exitCode: 1 });
    const [problem = '', ...rest] = (command.kind === 'print' ? command.text : '').split('\n\n');
    expect(problem).toContain(named);
    expect(problem).not.toContain('\n');
    expect(rest.join('\n\n')).toBe(USAGE);
  });
});
