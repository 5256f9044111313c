import type { LastFailure, RunState } from './state.ts';

/** What `status` prints, as one line of JSON. */
export interface Health {
  readonly status: 'ok' | 'unhealthy';
  /** Whole seconds since the last successful pass; null when there was none. */
  readonly last_poll_age_seconds: number | null;
  readonly consecutive_failures: number;
  readonly last_failure: LastFailure | null;
}

export interface HealthRule {
  readonly now: Date;
  readonly pollIntervalSeconds: number;
  /** `MAILROOM_MAX_CONSECUTIVE_FAILURES`. */
  readonly maxFailures: number;
}

/**
 * Unhealthy when the last success is two poll intervals old or more (one pass was missed for
 * certain), or when failures reached the maximum. A fresh installation is ok.
 */
export function judgeHealth(state: RunState, rule: HealthRule): Health {
  const ageMs = lastPollAgeMs(state, rule.now);
  const isStale = ageMs !== null && ageMs >= 2 * rule.pollIntervalSeconds * 1000;
  const hasFailedTooOften = state.consecutiveFailures >= rule.maxFailures;
  return {
    status: isStale || hasFailedTooOften ? 'unhealthy' : 'ok',
    last_poll_age_seconds: ageMs === null ? null : Math.floor(ageMs / 1000),
    consecutive_failures: state.consecutiveFailures,
    last_failure: state.lastFailure,
  };
}

/** Zero for a time in the future: clocks of two machines may differ. */
function lastPollAgeMs(state: RunState, now: Date): number | null {
  if (state.lastSuccessfulRun === null) return null;
  return Math.max(0, now.getTime() - Date.parse(state.lastSuccessfulRun));
}
