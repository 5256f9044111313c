import { expect, test } from 'vitest';

import { editedOnAPhone } from './phone.ts';
import { runTrials } from './trials.ts';

test(
  'edited on a phone meanwhile: nothing of the user’s is lost',
  { timeout: 180_000 },
  async () => {
    const { tried, broken } = await runTrials(editedOnAPhone(), { seed: 1, size: 'sample' });

    expect(broken).toEqual([]);
    expect(tried).toBe(80);
  },
);
