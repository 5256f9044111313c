import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/* Dependencies point inwards. What is read here is the text of the sources, comments left out. */

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));
const ENTRIES: readonly string[] = [
  'run-once.ts',
  'status.ts',
  'setup.ts',
  'bundle/make.ts',
  'bundle/compile.ts',
];
const ADAPTERS: readonly string[] = ['mail', 'contacts', 'state'];
/** All that the adapters and the rules may have of Node for nothing: pure functions. */
const PURE_MODULES: readonly string[] = ['node:url'];

interface Source {
  /** Below `src/`, with `/`. */
  readonly path: string;
  /** The first folder; empty at the top. */
  readonly folder: string;
  readonly code: string;
  /** Packages and `node:` modules as named; files as paths below `src/`. */
  readonly imports: readonly string[];
}

const sources = readSources();

describe('layers', () => {
  it('were read: every folder has its files, and every file its imports', () => {
    expect(sources.length).toBeGreaterThan(60);
    for (const folder of ['', 'triage', ...ADAPTERS]) {
      expect(sources.filter((source) => source.folder === folder).length).toBeGreaterThan(3);
    }
    const paths = sources.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining([...ENTRIES, 'triage/plan.ts']));
    expect(importsOf('triage/plan.ts')).toContain('triage/model.ts');
    expect(importsOf('run-once.ts')).toEqual(
      expect.arrayContaining(['http/web/install.ts', 'run/run.ts']),
    );
    expect(importsOf('contacts/dav/client.ts')).toContain('tsdav');
    // Every local file that is imported was read too: a wrong reading of paths would show here.
    const local = sources.flatMap(({ imports }) => imports.filter((one) => one.endsWith('.ts')));
    expect(local.filter((one) => !paths.includes(one))).toEqual([]);
    expect(local.length).toBeGreaterThan(150);
  });

  it('triage/ imports only itself, and pure functions of Node', () => {
    expect(
      wrongs(
        ({ folder }) => folder === 'triage',
        (one) => one.startsWith('triage/') || PURE_MODULES.includes(one),
      ),
    ).toEqual([]);
  });

  it('mail/, contacts/ and state/ never import one another, nor the settings', () => {
    expect(
      wrongs(
        ({ folder }) => ADAPTERS.includes(folder),
        (one, { folder }) =>
          !one.startsWith('settings') &&
          !ADAPTERS.some((other) => other !== folder && one.startsWith(`${other}/`)),
      ),
    ).toEqual([]);
  });

  it('mail/, contacts/ and state/ know nothing of what is built on them', () => {
    const allowed = [
      'errors.ts',
      'http/budget.ts',
      'http/http.ts',
      'http/failure.ts',
      'log/logger.ts',
      'log/plain-line.ts',
    ];

    expect(
      wrongs(
        ({ folder }) => ADAPTERS.includes(folder),
        (one, { folder }) =>
          !one.endsWith('.ts') ||
          one.startsWith(`${folder}/`) ||
          one.startsWith('triage/') ||
          allowed.includes(one),
      ),
    ).toEqual([]);
  });

  it('nothing imports an entry', () => {
    expect(
      wrongs(
        () => true,
        (one) => !ENTRIES.includes(one),
      ),
    ).toEqual([]);
  });

  it('only entries touch the process', () => {
    const touching = sources
      .filter(({ code, imports }) => {
        const isNamed = /(?<![\w.'"`-])(?:globalThis\.)?process\s*[.[(;,)]/u.test(code);
        return isNamed || imports.some((one) => /^(?:node:)?process$/u.test(one));
      })
      .map(({ path }) => path);

    expect(touching.toSorted()).toEqual(ENTRIES.toSorted());
  });

  it('nothing ends the process: process.exit drops log lines', () => {
    expect(sources.filter(({ code }) => /\bprocess\.(?:exit|abort|kill)\s*\(/u.test(code))).toEqual(
      [],
    );
  });

  it('the rules read no clock, and roll no dice', () => {
    const impure = sources.filter(
      ({ folder, code }) =>
        folder === 'triage' &&
        /\bnew Date\(\)|\bDate\.now\b|\bperformance\.|\bMath\.random\b|\brandomUUID\b|\bfetch\(/u.test(
          code,
        ),
    );

    expect(impure.map(({ path }) => path)).toEqual([]);
  });
});

function importsOf(path: string): readonly string[] {
  return sources.find((source) => source.path === path)?.imports ?? [];
}

/** Imports that are not allowed, of the files that the rule is for: `file → import`. */
function wrongs(
  isMeant: (source: Source) => boolean,
  isAllowed: (imported: string, source: Source) => boolean,
): readonly string[] {
  const meant = sources.filter(isMeant);
  expect(meant.length).toBeGreaterThan(0);
  return meant.flatMap((source) =>
    source.imports.filter((one) => !isAllowed(one, source)).map((one) => `${source.path} → ${one}`),
  );
}

function readSources(): readonly Source[] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = name.replaceAll('\\', '/');
      const code = withoutComments(readFileSync(join(SOURCES, name), 'utf8'));
      const [folder = ''] = path.includes('/') ? path.split('/') : [''];
      return { path, folder, code, imports: findImports(code, dirname(join(SOURCES, name))) };
    });
}

/** Strings are kept; what looks like a comment in one is taken for one only at the line's beginning. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*[\s\S]*?\*\//gmu, '').replaceAll(/(?:^|\s)\/\/.*$/gmu, '');
}

function findImports(code: string, folder: string): readonly string[] {
  const statements = /^(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]/gmu;
  const calls = /\b(?:import|require|load)\(\s*['"]([^'"]+)['"]\s*\)/gu;
  return [...code.matchAll(statements), ...code.matchAll(calls)].map(([, name = '']) =>
    name.startsWith('.') ? relative(SOURCES, join(folder, name)).replaceAll('\\', '/') : name,
  );
}
