import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Tells child processes and test workers where this test run's programs are. */
const FOLDER_VARIABLE = 'MAILROOM_TEST_PROGRAMS';

/** The programs as the image has them: they start in a third of the time. */
export interface Programs {
  readonly folder: string;
  readonly runOnce: readonly string[];
  readonly status: readonly string[];
  readonly setup: readonly string[];
  readonly why: readonly string[];
}

/**
 * Bundles the programs as `npm run build` does, once for a whole run of the tests; vitest calls it
 * before the first file. From then on `builtPrograms` finds them. Returns what removes them.
 */
export async function buildPrograms(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-programs-'));
  const args = ['run', '--silent', 'build', '--', `--outdir=${folder}`];
  await promisify(execFile)('npm', args, { cwd: PROJECT });
  // Tests of containers and pods run them as another user.
  await chmod(folder, 0o755);
  process.env[FOLDER_VARIABLE] = folder;
  return () => rm(folder, { recursive: true });
}

/** The programs of this test run. They must not be changed: to change one, copy it first. */
export function builtPrograms(): Programs {
  const folder = process.env[FOLDER_VARIABLE];
  if (folder === undefined) throw new Error('buildPrograms comes first');
  return {
    folder,
    runOnce: [process.execPath, join(folder, 'run-once.js')],
    status: [process.execPath, join(folder, 'status.js')],
    setup: [process.execPath, join(folder, 'setup.js')],
    why: [process.execPath, join(folder, 'why.js')],
  };
}
