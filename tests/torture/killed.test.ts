import { expect, test } from 'vitest';

import { killedAnywhere } from './killed.ts';
import { runTrials } from './trials.ts';

test(
  'killed anywhere: the next pass ends as an undisturbed one',
  { timeout: 300_000 },
  async () => {
    const { tried, broken } = await runTrials(killedAnywhere(), { seed: 1, size: 'sample' });

    expect(broken).toEqual([]);
    expect(tried).toBeGreaterThan(90);
  },
);
