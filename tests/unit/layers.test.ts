import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/* Dependencies point down, and never in a circle. What is read here is the text of the sources, comments left out. */

/**
 * Every arrow from one room to another points down. The entries at the top of `src/` are above all
 * floors. A new room goes on the lowest floor that is above all that it imports.
 */
const FLOORS: readonly (readonly string[])[] = [
  ['setup'],
  ['run'],
  ['settings', 'contacts', 'mail', 'state'],
  ['pass', 'terminal', 'http'],
  ['triage', 'log', 'errors.ts'],
];
/** It makes the programs and starts them, and no import ties it to the rest. */
const APART = 'bundle';

const MAX_LINES = 260;

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));
const ENTRIES: readonly string[] = [
  'run-once.ts',
  'status.ts',
  'setup.ts',
  'why.ts',
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
  readonly lineCount: number;
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
      expect.arrayContaining(['run/command.ts', 'run/once.ts']),
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
      'http/json.ts',
      'log/escape-xml.ts',
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

  it('every room stands on a floor', () => {
    const rooms = new Set(sources.map(roomOf).filter((room) => !ENTRIES.includes(room)));
    expect([...rooms].toSorted()).toEqual([...FLOORS.flat(), APART].toSorted());
  });

  it('every import from one room into another points down', () => {
    expect(
      wrongs(
        () => true,
        (one, source) => {
          const from = roomOf(source);
          const to = roomOf({ path: one });
          return !one.endsWith('.ts') || from === to || floorOf(to) > floorOf(from);
        },
      ),
    ).toEqual([]);
  });

  it('no file imports itself by way of others, types counted', () => {
    expect(findCircles(sources)).toEqual([]);
  });

  it('a circle would be found: of three files, and of a file with itself', () => {
    const file = (path: string, ...imports: readonly string[]): Source => ({
      path,
      folder: '',
      code: '',
      lineCount: 1,
      imports,
    });

    expect(
      findCircles([
        file('a.ts', 'b.ts'),
        file('b.ts', 'c.ts', 'd.ts'),
        file('c.ts', 'a.ts'),
        file('d.ts'),
        file('e.ts', 'e.ts'),
      ]),
    ).toEqual(['a.ts → b.ts → c.ts → a.ts', 'e.ts → e.ts']);
  });

  it(`a file has at most ${MAX_LINES} lines`, () => {
    const long = sources.filter(({ lineCount }) => lineCount > MAX_LINES).map(({ path }) => path);
    expect(long).toEqual([]);
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

/** The first folder; a file at the top is a room of its own. */
function roomOf({ path }: Pick<Source, 'path'>): string {
  return path.split('/')[0] ?? '';
}

/** 0 for an entry. A room that is not in the plan is below all, so it may import nothing. */
function floorOf(room: string): number {
  if (ENTRIES.includes(room)) return 0;
  const index = FLOORS.findIndex((floor) => floor.includes(room));
  return index === -1 ? Infinity : index + 1;
}

/** Each circle once, from its first file in alphabetical order on. */
function findCircles(files: readonly Source[]): readonly string[] {
  const importsByPath = new Map(files.map(({ path, imports }) => [path, imports]));
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const next of importsByPath.get(path) ?? []) {
      if (importsByPath.has(next)) visit(next, [...way, path]);
    }
    done.add(path);
  };
  for (const path of [...importsByPath.keys()].toSorted()) visit(path, []);
  return circles;
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
      const text = readFileSync(join(SOURCES, name), 'utf8');
      const code = withoutComments(text);
      const lineCount = text.split('\n').length - 1;
      const [folder = ''] = path.includes('/') ? path.split('/') : [''];
      return {
        path,
        folder,
        code,
        lineCount,
        imports: findImports(code, dirname(join(SOURCES, name))),
      };
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
