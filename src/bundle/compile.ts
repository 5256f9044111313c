import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { constants, createRequire, enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

/*
 * `node compile.js` fills Node's compile cache for the bundle, in `compiled/` beside it. The cache
 * works only for the same version of Node, run by the same user, so the image makes its own, as its
 * own user. With --check it writes nothing, and fails if this Node would not use what is there.
 */

const folder = join(import.meta.dirname, 'compiled');

const codeFolder = join(import.meta.dirname, 'code');

const files = readdirSync(codeFolder).filter((name) => name.endsWith('.js'));

const programs = files.filter((name) => existsSync(join(import.meta.dirname, name)));

if (process.argv.includes('--check')) {
  const isThere = isCompiled();
  process.stdout.write(isThere ? 'compiled\n' : 'not compiled by this Node, or for another user\n');
  process.exitCode = isThere ? 0 : 1;
} else {
  // The folder itself stays: it is the only one in the image that may be written.
  for (const name of listFolders()) rmSync(join(folder, name), { recursive: true });
  for (const name of programs) {
    // Loads everything that the program needs at its start, and does nothing else.
    execFileSync(process.execPath, [join(import.meta.dirname, name), '--version']);
  }
  enableCompileCache(folder);
  const load = createRequire(import.meta.filename);
  for (const name of files.filter((one) => !programs.includes(one))) load(join(codeFolder, name));
  flushCompileCache();
  // Node lets only its owner read it, but in the image the files belong to root.
  for (const part of readdirSync(folder)) {
    for (const name of readdirSync(join(folder, part))) chmodSync(join(folder, part, name), 0o644);
  }
}

/** Node has a folder for each version and user, and makes one where it is missing. */
function isCompiled(): boolean {
  const before = listFolders();
  const { status } = enableCompileCache(folder);
  const after = listFolders();
  for (const name of after.filter((one) => !before.includes(one))) {
    rmSync(join(folder, name), { recursive: true });
  }
  const [only, ...others] = after;
  return (
    status === constants.compileCacheStatus.ENABLED &&
    only !== undefined &&
    others.length === 0 &&
    readdirSync(join(folder, only)).length >= files.length
  );
}

function listFolders(): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
