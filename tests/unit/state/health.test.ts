import { describe, expect, test } from 'vitest';

import { judgeHealth } from '../../../src/state/health.ts';
import { emptyDigestMemory } from '../../../src/state/digest-memory.ts';
import { emptyState, lostState, type RunState } from '../../../src/state/state.ts';

const now = new Date('2026-11-02T10:10:00.000Z');
const schedule = { pollIntervalSeconds: 300, maxFailures: 10 };
const lastFailure = {
  at: '2026-11-02T10:09:00.000Z',
  event: 'poll_failed',
  message: 'no answer',
} as const;
const lastRun = (outcome: 'poll_complete' | 'startup_failed', counts = {}) => ({
  startedAt: '2026-11-02T10:08:59.000Z',
  finishedAt: '2026-11-02T10:09:00.000Z',
  outcome,
  counts,
});

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
    [
      'one failure without any success is',
      { ...emptyState, consecutiveFailures: 1 },
      'unhealthy',
      null,
    ],
    [
      'but not where the state was lost',
      { ...lostState(null), consecutiveFailures: 1 },
      'ok',
      null,
    ],
    [
      'a run that could not start is unhealthy at once',
      { ...lastSuccess('2026-11-02T10:09:00Z', 1), lastRun: lastRun('startup_failed') },
      'unhealthy',
      60,
    ],
    ['ten minutes ahead: two clocks', lastSuccess('2026-11-02T10:20:00.000Z'), 'ok', 0],
    ['further ahead is not believed', lastSuccess('2026-11-02T10:20:01.000Z'), 'unhealthy', null],
  ] as const)('%s', (_name, state, status, age) => {
    expect(judgeHealth(state, now, schedule)).toMatchObject({ status, last_poll_age_seconds: age });
  });

  test('knows the digest and the ping, and is none the worse for their failures', () => {
    const trouble = { since: '2026-11-02T06:00:00.000Z', problem: 'over quota' };
    const state = {
      ...emptyState,
      lastSuccessfulRun: '2026-11-02T10:09:00.000Z',
      digest: { ...emptyDigestMemory, sentAt: '2026-11-01T06:00:00Z', failure: trouble },
      pingFailure: trouble,
    };

    expect(judgeHealth(state, now, schedule)).toMatchObject({
      status: 'ok',
      digest: { last_sent: '2026-11-01T06:00:00Z', failure: trouble },
      ping_failure: trouble,
    });
  });

  test('is printed with exactly these names', () => {
    const counts = { conflicts: 2, refused: 1, emails_without_sender: 3, processed: 7 };
    const state = {
      ...lastSuccess('2026-11-02T10:09:00Z', 1),
      lastFailure,
      lastRun: lastRun('poll_complete', counts),
    };

    expect(judgeHealth(state, now, schedule)).toEqual({
      status: 'ok',
      reason: 'the last successful pass was 60 seconds ago; failures since: 1',
      last_poll_age_seconds: 60,
      consecutive_failures: 1,
      last_failure: lastFailure,
      waiting: { conflicts: 2, refused: 1, without_sender: 3 },
      digest: null,
      ping_failure: null,
    });
  });

  test.each([
    ['a fresh installation', emptyState, 'no pass has run yet'],
    ['all well', lastSuccess('2026-11-02T10:06:00Z'), 'the last successful pass was 4 minutes ago'],
    [
      'no pass for hours',
      lastSuccess('2026-11-02T07:00:00Z'),
      'the last successful pass was 3 hours ago, and one is due every 5 minutes',
    ],
    [
      'too many failures',
      { ...lastSuccess('2026-11-02T10:06:00Z', 10), lastFailure },
      '10 passes in a row have failed, the limit is 10: no answer',
    ],
    [
      'none ever succeeded',
      { ...emptyState, consecutiveFailures: 2, lastFailure },
      '2 passes have failed, and none has ever succeeded: no answer',
    ],
    [
      'no start',
      { ...emptyState, consecutiveFailures: 1, lastFailure, lastRun: lastRun('startup_failed') },
      'the last run could not start: no answer',
    ],
    [
      'a clock',
      lastSuccess('2027-11-02T10:06:00Z'),
      'the last success is dated in the future: a clock was or is wrong',
    ],
  ])('gives the reason in a sentence: %s', (_name, state, reason) => {
    expect(judgeHealth(state, now, schedule).reason).toBe(reason);
  });
});
