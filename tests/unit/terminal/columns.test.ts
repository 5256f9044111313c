import { expect, it } from 'vitest';

import { columnsOf, cutToColumns, padToColumns } from '../../../src/terminal/columns.ts';

it.each([
  ['letters', 'news@shop.example', 17],
  ['an accent of its own', 'Jose\u0301', 4],
  ['Chinese', '王小明', 6],
  ['full-width letters', 'ＡＢ', 4],
  ['emoji', '👩‍👩‍👧🇩🇪', 4],
  ['nothing to see', 'a\u200Bb', 2],
])('%s take their columns', (_name, text, columns) => {
  expect(columnsOf(text)).toBe(columns);
});

it.each([
  ['fits', '王小明', 6, '王小明'],
  ['is cut between characters', '王小明', 5, '王小…'],
  ['is cut before a wide character', '王小明', 4, '王…'],
  ['is cut after a whole emoji', '👩‍👩‍👧👩‍👩‍👧', 3, '👩‍👩‍👧…'],
])('a text that %s', (_name, text, columns, cut) => {
  expect(cutToColumns(text, columns)).toBe(cut);
  expect(columnsOf(cut)).toBeLessThanOrEqual(columns);
});

it.each([
  ['narrow', 'ab', 4, 'ab  '],
  ['wide', '王', 4, '王  '],
  ['too long', '王小明', 4, '王小明'],
])('a %s text is padded to its columns', (_name, text, columns, padded) => {
  expect(padToColumns(text, columns)).toBe(padded);
});
