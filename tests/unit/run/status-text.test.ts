import { describe, expect, it } from 'vitest';

import { renderHealth } from '../../../src/run/status-text.ts';
import { judgeHealth } from '../../../src/state/health.ts';
import { emptyState, type RunState } from '../../../src/state/state.ts';

const now = new Date('2026-11-25T12:04:00.000Z');
const schedule = { pollIntervalSeconds: 300, maxFailures: 10 };

const after = (
  outcome: 'poll_complete' | 'startup_failed' | 'run_stopped',
  change: Partial<RunState>,
  counts = {},
): RunState => ({
  ...emptyState,
  lastSuccessfulRun: '2026-11-25T12:00:00.000Z',
  lastRun: { startedAt: '', finishedAt: '2026-11-25T12:00:00.000Z', outcome, counts },
  ...change,
});

const quiet = { conflicts: 0, refused: 0, emails_without_sender: 0 };
const time = new Date('2026-11-25T12:00:00.000Z').toLocaleString();

describe('the health check for a person', () => {
  it.each<[string, RunState, readonly string[]]>([
    [
      'all well',
      after('poll_complete', {}, { ...quiet, triaged_senders: 2, processed: 1, emails_swept: 5 }),
      [
        'Healthy: the last successful pass was 4 minutes ago.',
        `Last run: ${time}, 1 of 2 senders handled, 5 emails moved.`,
        'Nothing waits for you.',
      ],
    ],
    [
      'something waits',
      after('poll_complete', {}, { conflicts: 1, refused: 2, emails_without_sender: 1 }),
      [
        'Healthy: the last successful pass was 4 minutes ago.',
        `Last run: ${time}, 0 of 0 senders handled, 0 emails moved.`,
        'Waiting for you, under the error label: 1 sender with contradicting labels, 2 senders refused by a server, 1 email without a usable sender.',
      ],
    ],
    [
      'no start, and a message that would forge a line',
      after('startup_failed', {
        consecutiveFailures: 1,
        lastFailure: { at: '', event: 'startup_failed', message: 'HTTP 401\nHealthy' },
      }),
      [
        'Unhealthy: the last run could not start: HTTP 401 Healthy.',
        `Last run: ${time}, failed.`,
        'What waits for you is not known: the last run did not get so far.',
      ],
    ],
    [
      'nothing yet',
      emptyState,
      [
        'Healthy: no pass has run yet.',
        'No run is recorded yet.',
        'What waits for you is not known: the last run did not get so far.',
      ],
    ],
  ])('three lines: %s', (_rule, state, lines) => {
    expect(renderHealth(judgeHealth(state, now, schedule), state)).toBe(`${lines.join('\n')}\n`);
  });
});
