import { expect, test } from 'vitest';

import { sampleSeed } from '../support/sample.ts';
import { killedAnywhere } from './killed.ts';
import { runTrials } from './trials.ts';

test(
  `killed anywhere (seed ${sampleSeed}): the next pass ends as an undisturbed one`,
  { timeout: 300_000 },
  async () => {
    const { tried, broken } = await runTrials(killedAnywhere(), {
      seed: sampleSeed,
      size: 'sample',
    });

    expect(broken).toEqual([]);
    expect(tried).toBe(65);
  },
);
