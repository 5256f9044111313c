import { afterAll, expect, it } from 'vitest';

import { measureOnce } from '../bench/bench-scenario.ts';
import { createMemoryLimit } from '../bench/memory-limit.ts';
import { benchPrograms, MEMORY_LIMIT_MEBIBYTES } from '../bench/programs.ts';
import { SCENARIOS } from '../bench/scenarios.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';

const limit = createMemoryLimit(MEMORY_LIMIT_MEBIBYTES);
const note =
  limit === null ? ' (skipped: it needs root, and a memory cgroup that it may make)' : '';

afterAll(() => limit?.remove());

// The kernel kills what needs more: a pass that ends well has stayed within.
it.skipIf(limit === null)(
  `the largest first day, within the ${MEMORY_LIMIT_MEBIBYTES} MiB of the CronJob${note}`,
  async () => {
    const [bundle] = await benchPrograms();
    const largest = SCENARIOS.at(-1);
    if (largest === undefined || limit === null) {
      throw new TypeError('no scenario or no limit');
    }

    const pass = await measureOnce({
      scenario: largest,
      program: { ...bundle, command: [...limit.prefix, ...bundle.command] },
      latencyMs: 0,
      openServer: () => startStandIn(),
    });

    expect(pass.requests).toBeGreaterThan(largest.senders);
    expect(limit.readPeakMebibytes()).toBeLessThanOrEqual(MEMORY_LIMIT_MEBIBYTES);
  },
);
