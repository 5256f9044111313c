import { describe, expect, test } from 'vitest';

import { judgeHealth } from '../../../src/state/health.ts';
import { emptyState, lostState, type RunState } from '../../../src/state/state.ts';

const rule = {
  now: new Date('2026-11-02T10:10:00.000Z'),
  pollIntervalSeconds: 300,
  maxFailures: 10,
};

const lastSuccess = (lastSuccessfulRun: string, consecutiveFailures = 0): RunState => ({
  ...emptyState,
  lastSuccessfulRun,
  consecutiveFailures,
});

describe('health', () => {
  test.each([
    ['a fresh installation is ok', emptyState, 'ok', null],
    ['a lost state is ok', lostState(null), 'ok', null],
    ['a recent success is ok', lastSuccess('2026-11-02T10:09:00.500Z'), 'ok', 59],
    ['just under two intervals is ok', lastSuccess('2026-11-02T10:00:00.001Z'), 'ok', 599],
    ['two intervals are unhealthy', lastSuccess('2026-11-02T10:00:00.000Z'), 'unhealthy', 600],
    ['a day is unhealthy', lastSuccess('2026-11-01T10:10:00Z'), 'unhealthy', 86_400],
    ['a success in the future is now', lastSuccess('2026-11-02T10:11:00.000Z'), 'ok', 0],
    ['one failure too few is ok', lastSuccess('2026-11-02T10:10:00Z', 9), 'ok', 0],
    [
      'the maximum of failures is unhealthy',
      lastSuccess('2026-11-02T10:10:00Z', 10),
      'unhealthy',
      0,
    ],
    ['also without any success', { ...emptyState, consecutiveFailures: 10 }, 'unhealthy', null],
  ] as const)('%s', (_name, state, status, age) => {
    expect(judgeHealth(state, rule)).toMatchObject({ status, last_poll_age_seconds: age });
  });

  test('is printed with exactly these names', () => {
    const lastFailure = {
      at: '2026-11-02T10:09:00.000Z',
      event: 'poll_failed',
      message: 'no answer',
    } as const;

    const health = judgeHealth({ ...lastSuccess('2026-11-02T10:09:00Z', 1), lastFailure }, rule);

    expect(health).toEqual({
      status: 'ok',
      last_poll_age_seconds: 60,
      consecutive_failures: 1,
      last_failure: lastFailure,
    });
  });
});
