import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

import { compileCode, compiledPath, isCompiled } from './code.ts';

/*
 * `node compile.js` keeps what this Node's V8 makes of the bundle beside it. It is of use to the same
 * version of V8 only, so the image makes it anew. With --check it writes nothing, and fails when
 * what is there would not be taken.
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
    // A program has the flags that were before, or V8 would not take it.
    setFlagsFromString('--lazy');
    writeFileSync(compiledPath(file), script.createCachedData());
  }
}
