import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Breakage } from './breakages.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface Verdict {
  readonly kind: 'noticed' | 'survived';
  /** The test file that failed. */
  readonly by: string;
  readonly why: string;
}

/** A copy of the project that may be broken. */
export interface Copy {
  /** Breaks one rule, runs the tests that must notice, and repairs it. */
  judge(breakage: Breakage): Promise<Verdict>;
  remove(): Promise<void>;
}

/**
 * Breakages whose text is not in the source exactly once, because the source was changed and they
 * were not.
 */
export async function findMisfits(breakages: readonly Breakage[]): Promise<readonly string[]> {
  const misfits: string[] = [];
  for (const { name, file, from, noticedBy } of breakages) {
    const text = await readFile(join(PROJECT, 'src', file), 'utf8').catch(() => '');
    const count = text.split(from).length - 1;
    if (count !== 1) misfits.push(`${name}: its text is ${count} times in src/${file}, not once`);
    for (const test of noticedBy) {
      const found = await readFile(join(PROJECT, 'tests', test)).catch(() => null);
      if (found === null) misfits.push(`${name}: no test file tests/${test}`);
    }
  }
  return misfits;
}

export async function openCopy(): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-mutate-'));
  for (const name of ['src', 'tests', 'deploy', '.github', 'README.md', 'Containerfile']) {
    await cp(join(PROJECT, name), join(folder, name), { recursive: true });
  }
  for (const name of ['package.json', 'tsconfig.json']) {
    await cp(join(PROJECT, name), join(folder, name));
  }
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  return {
    async judge({ file, from, to, noticedBy }) {
      const path = join(folder, 'src', file);
      const sound = await readFile(path, 'utf8');
      await writeFile(
        path,
        sound.replace(from, () => to),
      );
      try {
        return await runTests(folder, noticedBy);
      } finally {
        await writeFile(path, sound);
      }
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/**
 * Only a failing test counts. A test file that cannot be loaded does not: then the breakage is not
 * a valid program.
 */
async function runTests(folder: string, files: readonly string[]): Promise<Verdict> {
  const reportPath = join(folder, 'report.json');
  await rm(reportPath, { force: true });
  const args = ['run', '--config', 'tests/vitest.config.ts', '--reporter=json'];
  // One worker: with more, --bail ends the others before they have reported what failed.
  args.push('--bail=1', '--maxWorkers=1');
  const command = [
    join(PROJECT, 'node_modules/vitest/vitest.mjs'),
    ...args,
    `--outputFile=${reportPath}`,
    // The stand-in is enough: a real server is slow to start and would say the same.
    '--testNamePattern=^(?!.* on (?:Cyrus|Radicale))',
    ...files.map((file) => `tests/${file}`),
  ];
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      command,
      { cwd: folder, maxBuffer: 2 ** 26, timeout: 300_000 },
      (_, stdout, stderr) => resolve(`${stdout}${stderr}`),
    );
  });
  const text = await readFile(reportPath, 'utf8').catch(() => '');
  if (text === '') return { kind: 'survived', by: '', why: `no test ran: ${output.slice(-400)}` };
  const { testResults } = JSON.parse(text) as Report;
  const failed = testResults.find(({ assertionResults }) =>
    assertionResults.some(({ status }) => status === 'failed'),
  );
  if (failed === undefined) {
    const broken = testResults.find(({ status }) => status === 'failed');
    const why = broken === undefined ? `no test failed of ${files.join(', ')}` : broken.message;
    return { kind: 'survived', by: '', why: why.slice(0, 400) };
  }
  return { kind: 'noticed', by: failed.name.slice(folder.length + '/tests/'.length), why: '' };
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}
