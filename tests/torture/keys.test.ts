import { expect, test } from 'vitest';

import { keysStayHome } from './keys.ts';
import { runTrials } from './trials.ts';

test('keys: nothing is sent to strangers, no secret is printed', { timeout: 180_000 }, async () => {
  const { tried, broken } = await runTrials(keysStayHome(), { seed: 1, size: 'sample' });

  expect(broken).toEqual([]);
  expect(tried).toBeGreaterThan(100);
});
