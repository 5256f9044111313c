import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

import { compileCode, compiledPath, isCompiled } from './code.ts';

/*
 * `node compile.js` writes the compiled form of the bundle beside it. Only the same version of V8 can
 * use it, so the image makes its own. With --check it writes nothing, and fails when this Node would
 * not accept what is there.
 */

const folder = join(import.meta.dirname, 'code');

const files = readdirSync(folder).filter((name) => name.endsWith('.js'));

if (process.argv.includes('--check')) {
  const stale = files.filter((name) => !isCompiled(join(folder, name)));
  process.stdout.write(
    stale.length === 0 ? 'compiled\n' : `not compiled by this Node: ${stale.join(', ')}\n`,
  );
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const name of files) {
    const file = join(folder, name);
    // Every function, not only those that run while the file is loaded.
    setFlagsFromString('--no-lazy');
    const script = compileCode(file);
    // The programs run with the default, and V8 refuses code that was compiled with other flags.
    setFlagsFromString('--lazy');
    writeFileSync(compiledPath(file), script.createCachedData());
  }
}
