import { execFile } from 'node:child_process';
import {
  appendFile,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';

/* What V8 compiled beforehand makes a start cheaper, and nothing else. */

describe('the bundle', () => {
  const programs = builtPrograms();

  /** A copy, to be spoiled. */
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailroom-bundle-'));
    await cp(programs.folder, folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const codePath = (name: string): string => join(folder, 'code', name);
  const run = (program: string, ...args: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const command = [join(folder, program), ...args];
      execFile(process.execPath, command, (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr }),
      );
    });

  test('has all its code compiled, by the Node that runs it', async () => {
    expect(await run('compile.js', '--check')).toEqual({
      exitCode: 0,
      stdout: 'compiled\n',
      stderr: '',
    });
    const names = await readdir(join(folder, 'code'));
    const compiled = names.filter((name) => name.endsWith('.compiled'));
    expect(compiled).toHaveLength(names.length / 2);
    expect(compiled.length).toBeGreaterThan(3);
  });

  test('is ASCII, as it is read', async () => {
    for (const name of ['run-once', 'status', 'setup', 'tsdav', 'ical']) {
      const bytes = await readFile(codePath(`${name}.js`));
      expect(bytes.length).toBeGreaterThan(1000);
      expect(bytes.findIndex((byte) => byte > 127)).toBe(-1);
    }
  });

  test.each<readonly [string, (path: string) => Promise<void>]>([
    ['is not there', (path) => rm(path)],
    ['is empty', (path) => truncate(path)],
    ['is cut off', async (path) => truncate(path, Math.floor((await readFile(path)).length / 2))],
    ['is something else', (path) => writeFile(path, 'x'.repeat(100_000))],
    ['is of another text', (path) => appendFile(path.replace(/\.compiled$/u, ''), '\n// longer')],
  ])('runs the same where what was compiled %s', async (_name, change) => {
    for (const program of ['run-once', 'status', 'setup']) {
      await change(codePath(`${program}.js.compiled`));
    }

    const check = await run('compile.js', '--check');
    const started = await Promise.all(
      ['run-once.js', 'status.js', 'setup.js'].map((program) => run(program, '--version')),
    );

    expect(check).toMatchObject({
      exitCode: 1,
      stdout: 'not compiled by this Node: run-once.js, setup.js, status.js\n',
    });
    for (const { exitCode, stdout, stderr } of started) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(/^mailroom \d/u);
    }
  });

  test('is compiled again by compile.js', async () => {
    await truncate(codePath('run-once.js.compiled'));

    expect(await run('compile.js')).toMatchObject({ exitCode: 0, stdout: '' });

    expect(await run('compile.js', '--check')).toMatchObject({ exitCode: 0 });
  });
});

interface Ended {
  readonly exitCode: string | number | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
