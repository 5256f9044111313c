import { expect, test } from 'vitest';

import { strangers } from './strangers.ts';
import { runTrials } from './trials.ts';

test('strangers: none of them passes for somebody else', { timeout: 180_000 }, async () => {
  const { tried, broken } = await runTrials(strangers(), { seed: 1, size: 'sample' });

  expect(broken).toEqual([]);
  expect(tried).toBe(12);
});
