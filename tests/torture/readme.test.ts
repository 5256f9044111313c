import { expect, test } from 'vitest';

import { readTable } from '../support/page-table.ts';
import { ORDEALS } from './ordeals.ts';
import { renderTable } from './table.ts';

const CIRCUMSTANCES = { seed: 7, minutes: 1.25, date: new Date('2026-11-01T12:00:00Z') };

test('a broken promise is in the table', () => {
  const [ordeal] = ORDEALS;
  if (ordeal === undefined) throw new Error('no ordeals');

  const table = renderTable([{ ordeal, tried: 1234, broken: ['one', 'two'] }], CIRCUMSTANCES);

  expect(table).toContain('| 1,234 | broken 2 times |');
  expect(table).toContain('`npm run torture -- --seed=7`, 2026-11-01, 1.3 minutes.');
});

test('tests/README.md has a row for each promise, of a run in which all of them held', async () => {
  const { rows } = await readTable('torture');

  expect(rows.map(([promise]) => promise)).toEqual(ORDEALS.map(({ promise }) => promise));
  expect(rows.map(([, , result]) => result)).toEqual(ORDEALS.map(() => 'held'));
  const seldom = rows.filter(([, tried = '']) => !(Number(tried.replaceAll(',', '')) > 1));
  expect(seldom).toEqual([]);
});
