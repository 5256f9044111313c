import { expect, test } from 'vitest';

import { hostileInput } from './hostile-input.ts';
import { runTrials } from './trials.ts';

test(
  'hostile input: nothing is injected, nothing grows, nothing is lost',
  { timeout: 180_000 },
  async () => {
    const { tried, broken } = await runTrials(hostileInput(), { seed: 1, size: 'sample' });

    expect(broken).toEqual([]);
    expect(tried).toBe(73);
  },
);

test.each([
  // A mark that turns the reading direction got from the address into the name.
  57, 71,
])('found by it: From headers, seed %i', async (seed) => {
  const only = `From headers, seed ${seed}`;
  const { tried, broken } = await runTrials(hostileInput(), { seed, size: 'sample', only });

  expect(broken).toEqual([]);
  expect(tried).toBe(1);
});
