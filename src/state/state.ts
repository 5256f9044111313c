import {
  applyDigestChange,
  type DigestChange,
  type DigestMemory,
  type Trouble,
} from './digest-memory.ts';

/*
 * What one run leaves for the next: `state.json`, in a file or in a ConfigMap. Everything here is a
 * function from a stored state to the next one, so that a run whose write met a conflict can apply
 * its outcome to what another run stored meanwhile.
 */

/** The stored state; times are ISO 8601 UTC. */
export interface RunState {
  readonly version: 1;
  readonly consecutiveFailures: number;
  readonly lastSuccessfulRun: string | null;
  readonly lastRun: LastRun | null;
  readonly lastFailure: LastFailure | null;
  readonly discovery: Discovery | null;
  /** How often the run that wrote it is scheduled; null in a state of earlier versions. */
  readonly schedule: Schedule | null;
  /** Null where digests are off. */
  readonly digest: DigestMemory | null;
  /** The ping fails, for so long; null: it does not, or there is none. */
  readonly pingFailure: Trouble | null;
  /** CardDAV user name of the account that it belongs to; null where that is not known. */
  readonly account: string | null;
  /**
   * An earlier state was found unreadable: `lastSuccessfulRun: null` then does not mean that there
   * was no success, and this is not a fresh installation.
   */
  readonly wasLost: boolean;
}

/** What the health of an installation is judged by, wherever that is done. */
export interface Schedule {
  readonly pollIntervalSeconds: number;
  /** `MAILROOM_MAX_CONSECUTIVE_FAILURES`. */
  readonly maxFailures: number;
}

/** How the last run ended, well or not; `outcome` is the log event that said so. */
export interface LastRun {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly outcome: 'poll_complete' | FailureEvent | 'run_stopped';
  readonly counts: Counts;
}

/** The last run that failed. `at` is ISO 8601 UTC, `message` is for people. */
export interface LastFailure {
  readonly at: string;
  readonly event: FailureEvent;
  readonly message: string;
}

/** The log event of a run that failed. */
export type FailureEvent = 'poll_failed' | 'startup_failed';

/** The numbers of `poll_complete`, by name. */
export type Counts = Readonly<Record<string, number>>;

/** What is remembered of the servers, and for which settings it holds. */
export interface Discovery extends DiscoverySettings {
  /** What the mail adapter remembers; it alone parses it. */
  readonly session: unknown;
  /** What the contacts adapter remembers; it alone parses it. */
  readonly books: unknown;
}

/** What has to be the same for what was discovered to be used again. */
export interface DiscoverySettings {
  readonly sessionUrl: string;
  readonly cardDavUrl: string;
  readonly username: string;
}

/** What a finished run adds to the state. */
export interface FinishedRun {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly counts: Counts;
  /** Null where the settings could not be read: what is stored stays. */
  readonly known: {
    readonly discovery: Discovery | null;
    readonly schedule: Schedule;
    readonly account: string;
  } | null;
  /** Absent: what is stored stays. */
  readonly digest?: DigestChange;
}

/** The state of a fresh installation. */
export const emptyState: RunState = {
  version: 1,
  consecutiveFailures: 0,
  lastSuccessfulRun: null,
  lastRun: null,
  lastFailure: null,
  discovery: null,
  schedule: null,
  digest: null,
  pingFailure: null,
  account: null,
  wasLost: false,
};

/** What an unreadable state is replaced by: empty, but not taken for a fresh installation. */
export function lostState(lastSuccessfulRun: string | null): RunState {
  return { ...emptyState, lastSuccessfulRun, wasLost: true };
}

/**
 * False only where it is certain that no pass ever succeeded: then every failure is a startup
 * failure.
 */
export function hasSucceededOrAssumeSo(state: RunState): boolean {
  return state.lastSuccessfulRun !== null || state.wasLost;
}

/** What is remembered for exactly these settings; null when any of them changed. */
export function findDiscovery(state: RunState, settings: DiscoverySettings): Discovery | null {
  const stored = state.discovery;
  return stored !== null &&
    stored.sessionUrl === settings.sessionUrl &&
    stored.cardDavUrl === settings.cardDavUrl &&
    stored.username === settings.username
    ? stored
    : null;
}

/** Whether a run for another account wrote it; then it says nothing about this one. */
export function isOfOtherAccount(state: RunState, account: string): boolean {
  return state.account !== null && state.account !== account;
}

/** The stored state after a successful run. Two runs may save in any order: the later time wins. */
export function afterSuccess(stored: RunState, run: FinishedRun): RunState {
  return {
    ...afterRun(stored, run, 'poll_complete'),
    consecutiveFailures: 0,
    lastSuccessfulRun: laterTime(stored.lastSuccessfulRun, run.finishedAt),
    wasLost: false,
  };
}

/** The stored state after a failed run: one more failure in a row, and the later of two reasons. */
export function afterFailure(
  stored: RunState,
  run: FinishedRun,
  failure: { readonly event: FailureEvent; readonly message: string },
): RunState {
  const ours: LastFailure = {
    at: run.finishedAt,
    event: failure.event,
    message: cutMessage(failure.message),
  };
  const theirs = stored.lastFailure;
  return {
    ...afterRun(stored, run, failure.event),
    consecutiveFailures: stored.consecutiveFailures + 1,
    lastFailure: theirs !== null && isLater(theirs.at, ours.at) ? theirs : ours,
  };
}

/** SIGTERM or SIGINT: neither a success nor a failure. */
export function afterStop(stored: RunState, run: FinishedRun): RunState {
  return afterRun(stored, run, 'run_stopped');
}

/**
 * The clocks of two machines may differ by this much, and so may the ends of two runs that overlap.
 */
export const MAX_AHEAD_MS = 10 * 60 * 1000;

const MAX_MESSAGE_LENGTH = 1000;

/** What a run's ping came to; `null` when nothing is to be stored: all is as it was. */
export function afterPing(stored: RunState, trouble: Trouble | null): RunState | null {
  if ((stored.pingFailure === null) === (trouble === null)) return null;
  return { ...stored, pingFailure: trouble };
}

function afterRun(stored: RunState, run: FinishedRun, outcome: LastRun['outcome']): RunState {
  const { startedAt, finishedAt, counts } = run;
  const theirs = stored.lastRun;
  return {
    ...stored,
    lastRun:
      theirs !== null && isLater(theirs.finishedAt, finishedAt)
        ? theirs
        : { startedAt, finishedAt, outcome, counts },
    ...run.known,
    digest: run.digest === undefined ? stored.digest : applyDigestChange(stored.digest, run.digest),
  };
}

function laterTime(stored: string | null, ours: string): string {
  return stored !== null && isLater(stored, ours) ? stored : ours;
}

/** A time far ahead of `than` was written by a clock that was wrong, and would win for ever. */
function isLater(time: string, than: string): boolean {
  const aheadMs = Date.parse(time) - Date.parse(than);
  return aheadMs > 0 && aheadMs <= MAX_AHEAD_MS;
}

function cutMessage(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  const cut = message.slice(0, MAX_MESSAGE_LENGTH - 1);
  // Half a surrogate pair is not a character.
  return `${cut.replace(/[\uD800-\uDBFF]$/u, '')}…`;
}
