import { expect, it } from 'vitest';

import { findCategoryDoubts } from '../../../src/setup/doubts.ts';
import { aCategory } from '../../support/builders.ts';

it.each<[name: string, meant: string | null]>([
  ['Feeds', 'Feed'],
  ['Fead', 'Feed'],
  ['Fede', 'Feed'],
  ['pAper trail', 'Paper Trail'],
  ['Feed', null],
  ['Food', null],
  ['Friends', null],
])('a category "%s": is %j meant?', (name, meant) => {
  const [doubt = ''] = findCategoryDoubts([aCategory(name)]);

  expect(/did you mean "(?<meant>.*)"/u.exec(doubt)?.groups?.['meant'] ?? null).toBe(meant);
});
