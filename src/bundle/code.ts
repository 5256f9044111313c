import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Where the compiled form of a code file is kept. Node's own compile cache has only the functions that
 * are compiled while a file is loaded: a third of what a pass needs.
 */
export function compiledPath(file: string): string {
  return `${file}.compiled`;
}

/** A CommonJS file as a function of CommonJS' five variables. */
export function compileCode(file: string, cachedData?: Buffer): Script {
  // The bundler writes ASCII only, which as Latin-1 needs no decoding.
  const text = readFileSync(file, 'latin1');
  return new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

/** Whether this Node accepts the compiled form of the file: it has to come from the same V8. */
export function isCompiled(file: string): boolean {
  const compiled = readCompiled(file);
  return compiled !== undefined && compileCode(file, compiled).cachedDataRejected === false;
}

/**
 * Runs a code file, and once each file that it requires by `./`. It takes the compiled form if there is
 * one of this version of V8, else the text, which is slower and otherwise the same.
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
