import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/* Comments, messages and pages are in everyday words, and cite nothing that a reader cannot open. */

const PROJECT = join(import.meta.dirname, '../..');

const FOLDERS = ['.ci', '.github', 'deploy', 'src', 'tests'];

const files = [
  'README.md',
  'Containerfile',
  '.env.example',
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(PROJECT.length + 1)),
  ),
].filter((path) => !path.includes('/fixtures/') && !path.endsWith('prose.test.ts'));

test('the files were read', () => {
  expect(files.length).toBeGreaterThan(250);
  expect(files).toContain('src/run-once.ts');
});

test.each([
  ['cite README, a page of .github or an RFC', /\bCONTRACT\b|\bthe contract's\b/u],
  ['say "again"', /(?<![:'])\banew\b(?!@)/u],
  ['say "confirmed"', /\bborne out\b/u],
])('%s', (_instead, pattern) => {
  const found = files.flatMap((path) =>
    readFileSync(join(PROJECT, path), 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );

  expect(found).toEqual([]);
});

test('every export of src says what it is, in a comment of its own', () => {
  const sources = files.filter((path) => path.startsWith('src/') && path.endsWith('.ts'));
  const exported = sources.flatMap((path) => {
    const lines = readFileSync(join(PROJECT, path), 'utf8').split('\n');
    return lines.flatMap((line, index) =>
      line.startsWith('export ') ? [{ at: `${path}:${index + 1}`, above: lines[index - 1] }] : [],
    );
  });
  const bare = exported.filter(({ above }) => above?.trimEnd().endsWith('*/') !== true);

  expect(exported.length).toBeGreaterThan(500);
  expect(bare.map(({ at }) => at)).toEqual([]);
});
