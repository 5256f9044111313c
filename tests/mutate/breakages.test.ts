import { expect, test } from 'vitest';

import { readTable } from '../support/page-table.ts';
import { BREAKAGES } from './breakages.ts';
import { findMisfits, openCopy } from './copy.ts';

test('every breakage still fits the source, once, and its tests are there', async () => {
  expect(await findMisfits(BREAKAGES)).toEqual([]);
});

test('there are at least 40, each with a name of its own', () => {
  expect(new Set(BREAKAGES.map(({ name }) => name)).size).toBe(BREAKAGES.length);
  expect(BREAKAGES.length).toBeGreaterThanOrEqual(40);
});

test('tests/README.md has a row for each, of a run that tried them all', async () => {
  const { rows, text } = await readTable('mutate');

  expect(rows).toEqual(
    BREAKAGES.map(({ name, file, noticedBy }) => [
      name,
      `\`${file}\``,
      noticedBy.map((test) => `\`${test}\``).join(', '),
    ]),
  );
  expect(text).toMatch(new RegExp(`: ${BREAKAGES.length} breakages\\.$`, 'u'));
});

test('a breakage that no test looks at survives, and one that is looked at does not', async () => {
  const copy = await openCopy();
  const breakage = { ...BREAKAGES[0]!, noticedBy: ['unit/triage/names.test.ts'] };

  const unseen = await copy.judge(breakage);
  const seen = await copy.judge({ ...breakage, noticedBy: BREAKAGES[0]!.noticedBy });
  await copy.remove();

  expect(unseen).toMatchObject({ kind: 'survived' });
  expect(seen).toMatchObject({ kind: 'noticed', by: 'unit/triage/author.test.ts' });
}, 120_000);
