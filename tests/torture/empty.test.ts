import { expect, test } from 'vitest';

import { emptyIsNotNothing } from './empty.ts';
import { runTrials } from './trials.ts';

test('empty is not nothing: what rests on it is not written', { timeout: 180_000 }, async () => {
  const { tried, broken } = await runTrials(emptyIsNotNothing(), { seed: 1, size: 'sample' });

  expect(broken).toEqual([]);
  expect(tried).toBe(17);
});
