import { execFile } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** Bundles the programs as the image does (`npm run build`), into a folder that any user may read. */
export async function buildBundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-bundle-'));
  await promisify(execFile)('npm', ['run', 'build', '--', `--outdir=${folder}`], { cwd: PROJECT });
  await chmod(folder, 0o755);
  return folder;
}
