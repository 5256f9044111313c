import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';

import { renderHealth } from '../../../src/run/status-text.ts';
import { judgeHealth } from '../../../src/state/health.ts';
import { emptyDigestMemory } from '../../../src/state/digest-memory.ts';
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
const local = (utc: string): string => new Date(utc).toLocaleString();
const time = local('2026-11-25T12:00:00.000Z');

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
      'a digest was left, and the next one fails, as does the ping',
      after(
        'poll_complete',
        {
          digest: {
            ...emptyDigestMemory,
            sentAt: '2026-11-24T06:00:00.000Z',
            failure: { since: '2026-11-25T06:00:00.000Z', problem: 'mailbox "X" is missing' },
          },
          pingFailure: { since: '2026-11-25T11:00:00.000Z', problem: 'POST hc.example: HTTP 500' },
        },
        quiet,
      ),
      [
        'Healthy: the last successful pass was 4 minutes ago.',
        `Last run: ${time}, 0 of 0 senders handled, 0 emails moved. Last digest: ${local('2026-11-24T06:00:00.000Z')}. The digest has failed since ${local('2026-11-25T06:00:00.000Z')}: mailbox "X" is missing. The ping has failed since ${local('2026-11-25T11:00:00.000Z')}: POST hc.example: HTTP 500.`,
        'Nothing waits for you.',
      ],
    ],
    [
      'nothing yet',
      emptyState,
      [
        'Healthy: no pass has run yet.',
        'No run is recorded yet.',
        'What waits for you is not known yet.',
      ],
    ],
  ])('three lines: %s', (_rule, state, lines) => {
    const text = renderHealth(judgeHealth(state, now, schedule), state, Infinity);

    expect(text).toBe(`${lines.join('\n')}\n`);
  });

  it.each([60, 80, 140])('%i columns: what is too long for a line goes on below it', (width) => {
    const state = after(
      'poll_complete',
      {
        digest: {
          ...emptyDigestMemory,
          sentAt: '2026-11-24T06:00:00.000Z',
          failure: { since: '2026-11-25T06:00:00.000Z', problem: 'mailbox "報告" is missing' },
        },
        pingFailure: { since: '2026-11-25T11:00:00.000Z', problem: 'POST hc.example: HTTP 500' },
      },
      { conflicts: 1, refused: 2, emails_without_sender: 1 },
    );
    const health = judgeHealth(state, now, schedule);

    const lines = renderHealth(health, state, width).trimEnd().split('\n');

    expect(lines.filter((line) => stringWidth(line) > width)).toEqual([]);
    expect(lines.filter((line) => !line.startsWith('  '))).toHaveLength(3);
    const words = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();
    expect(words(lines.join(' '))).toBe(words(renderHealth(health, state, Infinity)));
  });
});
