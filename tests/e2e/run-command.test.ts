import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

import { COMMANDS } from '../../src/terminal/commands.ts';
import { findNodeProblem } from '../../src/terminal/node-version.ts';
import { type CommandHost, runCommand } from '../../src/run/command.ts';

const options = {
  name: 'status',
  about: { version: '1.2.3', engines: { node: '>=24.12' } },
} as const;

/** Runs a command that returns `exitCode`; what it printed, and whether it ran at all. */
async function run(args: readonly string[], version = 'v24.12.0', exitCode = 0) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const host = {
    argv: ['node', 'test.ts', ...args],
    env: {},
    execPath: '/opt/old/node',
    exitCode: undefined,
    version,
    stdin: new PassThrough(),
    stdout,
    stderr,
    on: () => host,
  } as unknown as CommandHost;
  let flags: ReadonlySet<string> | null = null;
  await runCommand(host, options, async (command) => {
    expect(host.exitCode).toBe(1);
    ({ flags } = command);
    return exitCode;
  });
  stdout.end();
  stderr.end();
  return { exitCode: host.exitCode, flags, out: await text(stdout), err: await text(stderr) };
}

describe('runCommand', () => {
  it('the exit code is what the command returns', async () => {
    expect(await run(['--json'], 'v24.12.0', 1)).toMatchObject({ exitCode: 1, err: '' });
    expect(await run(['--json'])).toMatchObject({ exitCode: 0, flags: new Set(['json']) });
  });

  it('--help and --version print and run nothing', async () => {
    expect(await run(['--help'])).toMatchObject({
      exitCode: 0,
      flags: null,
      out: COMMANDS.status.usage,
    });
    expect(await run(['--version'])).toMatchObject({ exitCode: 0, out: 'mailroom 1.2.3\n' });
  });

  it('a Node that is too old runs nothing, and both versions and its path are named', async () => {
    const { exitCode, flags, out, err } = await run(['--help'], 'v20.20.2');

    expect({ exitCode, flags, out }).toEqual({ exitCode: 1, flags: null, out: '' });
    expect(err).toMatch(/needs Node 24\.12 or newer; this is Node 20\.20 \(\/opt\/old\/node\)/u);
  });
});

describe('the version of Node', () => {
  it.each([
    ['v24.12.0', true],
    ['v24.13.1', true],
    ['v25.0.0', true],
    ['v24.11.9', false],
    ['v22.21.0', false],
    ['v9.99.0', false],
  ])('%s is new enough: %s', (version, isNewEnough) => {
    expect(findNodeProblem({ version, execPath: 'node' }, '>=24.12') === null).toBe(isNewEnough);
  });
});
