import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type BuildOptions, type Plugin } from 'esbuild';

/*
 * `npm run build [-- --outdir=FOLDER]`: the programs as the image has them.
 *
 *   run-once.js  status.js  setup.js  why.js   start the file of their name in code/
 *   code/                              each program in one file, and beside it what only some passes need
 *   compile.js                         compiles them ahead of time; it has been run once
 */

const SOURCES = join(import.meta.dirname, '..');

const PROGRAMS = ['run-once', 'status', 'setup', 'why'];

/** An idle pass never loads these packages, so they are files of their own. */
const APART = ['tsdav', 'ical.js', 'email-addresses'];

const { values } = parseArgs({ options: { outdir: { type: 'string', default: 'dist' } } });

const outdir = resolve(values.outdir);

const codeFolder = join(outdir, 'code');

rmSync(codeFolder, { recursive: true, force: true });

mkdirSync(codeFolder, { recursive: true });

// Node obeys the nearest package.json, and the bundle may lie in any folder.
writeFileSync(join(outdir, 'package.json'), '{"type":"commonjs"}\n');

/** CommonJS, which loads faster, and is what the compile cache is filled with. */
const OPTIONS = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  supported: { 'dynamic-import': false },
  define: {
    'import.meta.filename': '__filename',
    'import.meta.dirname': '__dirname',
    'process.env.NODE_ENV': '"production"',
  },
  // Half a megabyte of tables for character sets that we never ask for.
  external: ['iconv-lite'],
  alias: {
    // Node's own streams, rather than winston's copy of them: a tenth of an empty program's CPU.
    'readable-stream': 'node:stream',
    'readable-stream/lib/_stream_writable.js': '_stream_writable',
  },
  // Identifiers stay as they are: errors are logged by the names of their classes.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

const leaveApart: Plugin = {
  name: 'leave-apart',
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./]/ }, ({ path }) =>
      APART.includes(path) ? { path: `./${fileNameOf(path)}.js`, external: true } : undefined,
    );
  },
};

await build({
  ...OPTIONS,
  entryPoints: PROGRAMS.map((program) => ({ in: join(SOURCES, `${program}.ts`), out: program })),
  plugins: [leaveApart],
  outdir: codeFolder,
});

await build({
  ...OPTIONS,
  entryPoints: APART.map((name) => ({ in: name, out: fileNameOf(name) })),
  // To an ES module, the `default` of a CommonJS file is everything that it exports.
  footer: { js: 'module.exports = { ...module.exports.default, ...module.exports };' },
  outdir: codeFolder,
});

await build({
  ...OPTIONS,
  entryPoints: [
    ...PROGRAMS.map((program) => ({ in: join(SOURCES, 'bundle/start.ts'), out: program })),
    { in: join(SOURCES, 'bundle/compile.ts'), out: 'compile' },
  ],
  outdir,
});

execFileSync(process.execPath, [join(outdir, 'compile.js')], { stdio: 'inherit' });

/** `ical.js` → `ical`. */
function fileNameOf(packageName: string): string {
  return packageName.replace(/\.js$/u, '');
}
