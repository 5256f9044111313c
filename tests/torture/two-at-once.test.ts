import { expect, test } from 'vitest';

import { runTrials } from './trials.ts';
import { twoAtOnce } from './two-at-once.ts';

test('two passes at once: the end is that of one alone', { timeout: 300_000 }, async () => {
  const { tried, broken } = await runTrials(twoAtOnce(), { seed: 1, size: 'sample' });

  expect(broken).toEqual([]);
  expect(tried).toBe(124);
});
