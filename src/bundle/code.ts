import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Where what V8 compiled of a file of code is kept. Node's own compile cache has only the functions
 * that are compiled when a file is loaded, which is a third of what a pass needs.
 */
export function compiledPath(file: string): string {
  return `${file}.compiled`;
}

/** A file of CommonJS, as one function of CommonJS' five names. */
export function compileCode(file: string, cachedData?: Buffer): Script {
  // The bundler writes ASCII only, which as Latin-1 needs no decoding.
  const text = readFileSync(file, 'latin1');
  return new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

/** Whether this Node takes what was compiled of the file: the versions of V8 have to be the same. */
export function isCompiled(file: string): boolean {
  const compiled = readCompiled(file);
  return compiled !== undefined && compileCode(file, compiled).cachedDataRejected === false;
}

/**
 * Runs a file of code, and those that it requires by `./`, each once. From what was compiled where
 * that is there and of this version of V8, else from the text: slower, and otherwise the same.
 */
export function runCode(file: string): void {
  const modules = new Map<string, { exports: unknown }>();
  const requireNode = createRequire(file);
  const load = (path: string): unknown => {
    const known = modules.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as unknown };
    modules.set(path, module);
    const folder = dirname(path);
    const require = (name: string): unknown =>
      name.startsWith('./') ? load(join(folder, name)) : requireNode(name);
    const run = compileCode(path, readCompiled(path)).runInThisContext() as Code;
    run.call(module.exports, module.exports, require, module, path, folder);
    return module.exports;
  };
  load(file);
}

type Code = (
  exports: unknown,
  require: (name: string) => unknown,
  module: { readonly exports: unknown },
  filename: string,
  dirname: string,
) => void;

function readCompiled(file: string): Buffer | undefined {
  const path = compiledPath(file);
  return existsSync(path) ? readFileSync(path) : undefined;
}
