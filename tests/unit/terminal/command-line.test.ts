import { describe, expect, it } from 'vitest';

import packageJson from '../../../package.json' with { type: 'json' };
import { parseCommandLine } from '../../../src/terminal/command-line.ts';

const USAGE = 'Usage: test [--dry-run]\n';

const parse = (...args: readonly string[]): ReturnType<typeof parseCommandLine> =>
  parseCommandLine(
    args,
    { usage: USAGE, flags: ['dry-run', 'json'], values: ['only'], mostPositionals: 0 },
    packageJson.version,
  );

describe('parseCommandLine', () => {
  it('a flag with a value, as often as it is given', () => {
    expect(parse('--only', 'a@x.example', '--only=b@x.example')).toMatchObject({
      kind: 'run',
      values: new Map([['only', ['a@x.example', 'b@x.example']]]),
    });
    expect(parse('--only')).toMatchObject({ kind: 'print', exitCode: 1 });
  });

  it('what is no flag, where the command takes it', () => {
    const form = { usage: USAGE, flags: [], mostPositionals: 1 };

    expect(parseCommandLine(['a'], form, '1')).toMatchObject({
      kind: 'run',
      positionals: ['a'],
    });
    expect(parseCommandLine(['a', 'b'], form, '1')).toMatchObject({
      kind: 'print',
      text: expect.stringContaining("'b'"),
    });
  });

  it.each([
    ['no flags', [], []],
    ['a known flag', ['--dry-run'], ['dry-run']],
    ['several', ['--json', '--dry-run'], ['dry-run', 'json']],
    ['one twice', ['--json', '--json'], ['json']],
  ])('%s', (_rule, args, flags) => {
    expect(parse(...args)).toMatchObject({ kind: 'run', flags: new Set(flags) });
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

  it('-h is --help', () => {
    expect(parse('-h')).toMatchObject({ stream: 'stdout', text: USAGE, exitCode: 0 });
  });

  const SHOWS = '--help shows what there is.';
  it.each([
    ['an unknown flag', ['--dry'], '--dry', 'Did you mean --dry-run?'],
    ['a typing error', ['--drz-rum'], '--drz-rum', 'Did you mean --dry-run?'],
    ['a flag of another command', ['--stdin'], '--stdin', SHOWS],
    ['an unknown flag beside --help', ['--help', '--nope'], '--nope', SHOWS],
    ['a short flag', ['-n'], '-n', SHOWS],
    ['a value where there is none', ['--dry-run=false'], '--dry-run', 'Did you mean --dry-run?'],
    ['a negation', ['--no-dry-run'], '--no-dry-run', 'Did you mean --dry-run?'],
    ['another letter case', ['--Dry-Run'], '--Dry-Run', 'Did you mean --dry-run?'],
    ['an argument that is no flag', ['now'], 'now', SHOWS],
    ['an argument behind --', ['--', '--dry-run'], '--dry-run', SHOWS],
    ['an empty argument', [''], "''", SHOWS],
  ])('%s is an error in two lines on standard error', (_rule, args, named, advice) => {
    const command = parse(...args);

    expect(command).toMatchObject({ kind: 'print', stream: 'stderr', exitCode: 1 });
    const lines = command.kind === 'print' ? command.text.split('\n') : [];
    expect(lines).toEqual([expect.stringContaining(named), advice, '']);
  });
});
