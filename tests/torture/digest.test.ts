import { expect, test } from 'vitest';

import { digestsToo } from './digest.ts';
import { runTrials } from './trials.ts';

test(
  'a pass in which a digest is due: triage as without, and nothing goes untold',
  { timeout: 300_000 },
  async () => {
    const { tried, broken } = await runTrials(digestsToo(), { seed: 1, size: 'sample' });

    expect(broken).toEqual([]);
    expect(tried).toBe(48);
  },
);
