import { toPlainLine } from '../log/plain-line.ts';
import type { Trouble } from './digest-memory.ts';
import {
  type Counts,
  hasSucceededOrAssumeSo,
  type LastFailure,
  MAX_AHEAD_MS,
  type RunState,
  type Schedule,
} from './state.ts';

/** What `status` prints, as one line of JSON. */
export interface Health {
  readonly status: 'ok' | 'unhealthy';
  /** Why, in a sentence. */
  readonly reason: string;
  /**
   * Whole seconds since the last successful pass; null if there was none, or none that can be
   * believed.
   */
  readonly last_poll_age_seconds: number | null;
  readonly consecutive_failures: number;
  readonly last_failure: LastFailure | null;
  /** What waits for the user since the last pass; null where that pass did not get so far. */
  readonly waiting: Waiting | null;
  /** Null: digests are off, or no pass with them has succeeded yet. */
  readonly digest: DigestHealth | null;
  /** The monitoring service cannot be told; null: it can, or there is none. */
  readonly ping_failure: Trouble | null;
}

/** How the digests are doing. */
export interface DigestHealth {
  /** ISO 8601 UTC; null: none was left that is known of. */
  readonly last_sent: string | null;
  /** One is due, and fails. It does not make the whole unhealthy: mail is sorted all the same. */
  readonly failure: Trouble | null;
}

/** How much is waiting for the user. */
export interface Waiting {
  /** Senders whose labels contradict one another. */
  readonly conflicts: number;
  /** Senders for whom a server refused a write. */
  readonly refused: number;
  /** Labelled emails without a usable From address. */
  readonly without_sender: number;
}

/**
 * Unhealthy when the last success is two poll intervals old or more (one pass was missed for
 * certain), when failures reached the maximum, when the last run could not start, or when passes
 * failed and none ever succeeded. A fresh installation is ok. `schedule` says what to expect of the installation.
 */
export function judgeHealth(state: RunState, now: Date, schedule: Schedule): Health {
  const ageMs = lastPollAgeMs(state, now);
  const problem = findProblem(state, ageMs, schedule);
  return {
    status: problem === null ? 'ok' : 'unhealthy',
    reason: problem ?? describeWell(state, ageMs),
    last_poll_age_seconds: typeof ageMs === 'number' ? Math.floor(ageMs / 1000) : null,
    consecutive_failures: state.consecutiveFailures,
    last_failure: state.lastFailure,
    waiting: findWaiting(state.lastRun?.counts ?? {}),
    digest:
      state.digest === null
        ? null
        : { last_sent: state.digest.sentAt, failure: state.digest.failure },
    ping_failure: state.pingFailure,
  };
}

/** `320` seconds as `5 minutes`: in the largest unit of which there are at least two. */
function describeSeconds(seconds: number): string {
  const [size, unit] = UNITS.find(([length]) => seconds >= 2 * length) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const UNITS: readonly (readonly [size: number, name: string])[] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
];

type Age = number | 'never' | 'in the future';

function findProblem(state: RunState, ageMs: Age, schedule: Schedule): string | null {
  const { consecutiveFailures: failures, lastFailure } = state;
  const because =
    failures === 0 || lastFailure === null ? '' : `: ${toPlainLine(lastFailure.message, 200)}`;
  if (state.lastRun?.outcome === 'startup_failed') return `the last run could not start${because}`;
  if (failures >= schedule.maxFailures) {
    return `${failures} passes in a row have failed, the limit is ${schedule.maxFailures}${because}`;
  }
  if (failures > 0 && !hasSucceededOrAssumeSo(state)) {
    return `${failures} passes have failed, and none has ever succeeded${because}`;
  }
  if (ageMs === 'in the future') {
    return 'the last success is dated in the future: a clock was or is wrong';
  }
  if (ageMs !== 'never' && ageMs >= 2 * schedule.pollIntervalSeconds * 1000) {
    const age = describeSeconds(ageMs / 1000);
    const interval = describeSeconds(schedule.pollIntervalSeconds);
    return `the last successful pass was ${age} ago, and one is due every ${interval}${because}`;
  }
  return null;
}

function describeWell({ consecutiveFailures: failures }: RunState, ageMs: Age): string {
  if (typeof ageMs === 'string') {
    return failures === 0 ? 'no pass has run yet' : `${failures} passes have failed`;
  }
  const age = `the last successful pass was ${describeSeconds(ageMs / 1000)} ago`;
  return failures === 0 ? age : `${age}; failures since: ${failures}`;
}

/** Clocks of two machines may differ a little; a time further ahead would be believed for ever. */
function lastPollAgeMs({ lastSuccessfulRun }: RunState, now: Date): Age {
  if (lastSuccessfulRun === null) return 'never';
  const ageMs = now.getTime() - Date.parse(lastSuccessfulRun);
  return ageMs < -MAX_AHEAD_MS ? 'in the future' : Math.max(0, ageMs);
}

function findWaiting(counts: Counts): Waiting | null {
  const conflicts = counts['conflicts'];
  const refused = counts['refused'];
  const withoutSender = counts['emails_without_sender'];
  if (conflicts === undefined || refused === undefined || withoutSender === undefined) return null;
  return { conflicts, refused, without_sender: withoutSender };
}
