import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A way to start the triage pass. */
export interface BenchProgram {
  readonly name: 'bundle' | 'tsx';
  readonly command: readonly string[];
}

export interface BenchPrograms {
  readonly all: readonly BenchProgram[];
  remove(): Promise<void>;
}

/** The bundle as `npm run build` makes it and the image has it, and the source through tsx. */
export async function buildPrograms(nodeFlags: readonly string[] = []): Promise<BenchPrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-bench-'));
  execFileSync('npm', ['run', '--silent', 'build', '--', `--outdir=${folder}`], {
    cwd: PROJECT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}\n');
  return {
    all: [
      { name: 'bundle', command: [process.execPath, ...nodeFlags, join(folder, 'run-once.js')] },
      { name: 'tsx', command: ['npx', 'tsx', 'src/run-once.ts'] },
    ],
    remove: () => rm(folder, { recursive: true }),
  };
}
