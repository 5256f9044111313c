import { execFile } from 'node:child_process';
import {
  appendFile,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
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
    environment = {};
    folder = await mkdtemp(join(tmpdir(), 'mailroom-bundle-'));
    await cp(programs.folder, folder, { recursive: true });
    // What is compiled belongs to a place.
    await run('compile.js');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const codePath = (name: string): string => join(folder, 'code', name);
  let environment: NodeJS.ProcessEnv = {};
  const run = (program: string, ...args: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const command = [join(folder, program), ...args];
      execFile(process.execPath, command, { env: environment }, (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr }),
      );
    });

  test('has all its code compiled, by the Node that runs it', async () => {
    expect(await run('compile.js', '--check')).toEqual({
      exitCode: 0,
      stdout: 'compiled\n',
      stderr: '',
    });
  });

  test.each(['run-once', 'status', 'setup'])('%s starts with what was compiled', async (name) => {
    environment = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
    const { stderr, stdout } = await run(`${name}.js`, '--version');

    // With NODE_DEBUG_NATIVE, Node says it on either.
    expect(stderr + stdout).toContain(`${codePath(name)}.js was accepted`);
  });

  test.each(['run-once', 'status', 'setup'])('%s says that a Node is too old', async (name) => {
    const old = join(folder, 'old.cjs');
    await writeFile(
      old,
      `Object.defineProperty(process, 'version', { value: 'v20.20.2' });
      delete require('node:module').enableCompileCache;`,
    );
    environment = { NODE_OPTIONS: `--require=${old}` };

    expect(await run(`${name}.js`, '--help')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(
        `Mailroom needs Node 24.12 or newer; this is Node 20.20 (${process.execPath}).`,
      ),
    });
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
  ])('runs the same where what was compiled %s', async (_name, change) => {
    for (const path of await compiledPaths()) await change(path);

    await expectAllToRun();
  });

  test('runs the same where what was compiled is of another text', async () => {
    for (const program of PROGRAMS) await appendFile(codePath(`${program}.js`), '\n// longer');

    await expectAllToRun();
  });

  test('is compiled again by compile.js', async () => {
    await rm(join(folder, 'compiled'), { recursive: true });
    expect(await run('compile.js', '--check')).toMatchObject({ exitCode: 1 });

    expect(await run('compile.js')).toMatchObject({ exitCode: 0, stdout: '' });

    expect(await run('compile.js', '--check')).toMatchObject({ exitCode: 0 });
    // Whoever runs it may read it.
    for (const path of await compiledPaths()) expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  async function compiledPaths(): Promise<readonly string[]> {
    const names = await readdir(join(folder, 'compiled'), { recursive: true });
    const paths = names.map((name) => join(folder, 'compiled', name));
    const files = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()));
    const found = paths.filter((_, index) => files[index]);
    expect(found.length).toBeGreaterThan(5);
    return found;
  }

  async function expectAllToRun(): Promise<void> {
    for (const program of PROGRAMS) {
      const { exitCode, stdout, stderr } = await run(`${program}.js`, '--version');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(/^mailroom \d/u);
    }
  }
});

const PROGRAMS = ['run-once', 'status', 'setup', 'why'];

interface Ended {
  readonly exitCode: string | number | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
