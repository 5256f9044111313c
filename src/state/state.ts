import { MailroomError } from '../errors.ts';

/*
 * What one run leaves for the next: `state.json`, in a file or in a ConfigMap (CONTRACT section 6).
 * Everything here is a function from a stored state to the next one, so that a run whose write met
 * a conflict can apply its outcome to what another run stored meanwhile.
 */

/** The stored state; times are ISO 8601 UTC. */
export interface RunState {
  readonly version: 1;
  readonly consecutiveFailures: number;
  readonly lastSuccessfulRun: string | null;
  readonly lastRun: LastRun | null;
  readonly lastFailure: LastFailure | null;
  readonly discovery: Discovery | null;
  /**
   * An earlier state was found unreadable: `lastSuccessfulRun: null` then does not mean that there
   * was no success, and this is not a fresh installation.
   */
  readonly wasLost: boolean;
}

/** How the last run ended, whichever way; `outcome` is the log event that said so. */
interface LastRun {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly outcome: 'poll_complete' | FailureEvent | 'run_stopped';
  readonly counts: Counts;
}

export interface LastFailure {
  readonly at: string;
  readonly event: FailureEvent;
  readonly message: string;
}

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

export interface DiscoverySettings {
  readonly sessionUrl: string;
  readonly cardDavUrl: string;
  readonly username: string;
}

/** What a finished run adds to the state. `discovery: 'keep'` leaves what is stored. */
export interface FinishedRun {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly counts: Counts;
  readonly discovery: Discovery | null | 'keep';
}

/** Thrown by `parseState`: the text is no state of ours, or one of a version not known here. */
export class StateFormatError extends MailroomError {}

export const emptyState: RunState = {
  version: 1,
  consecutiveFailures: 0,
  lastSuccessfulRun: null,
  lastRun: null,
  lastFailure: null,
  discovery: null,
  wasLost: false,
};

/** What an unreadable state is replaced by: empty, but not taken for a fresh installation. */
export function lostState(lastSuccessfulRun: string | null): RunState {
  return { ...emptyState, lastSuccessfulRun, wasLost: true };
}

/** False only where it is certain that no pass ever succeeded: then every failure is a startup failure. */
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

export function afterSuccess(stored: RunState, run: FinishedRun): RunState {
  return {
    ...afterRun(stored, run, 'poll_complete'),
    consecutiveFailures: 0,
    lastSuccessfulRun: laterTime(stored.lastSuccessfulRun, run.finishedAt),
    wasLost: false,
  };
}

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
 * The state as it is stored. What is remembered of the servers is left out when it is so large that
 * a ConfigMap (1 MiB) would refuse the whole: it can be found out again, failures cannot.
 */
export function formatState(state: RunState): string {
  const text = render(state);
  return Buffer.byteLength(text) <= MAX_STATE_BYTES ? text : render({ ...state, discovery: null });
}

/** Reads what `formatState` wrote; keys it does not know are ignored. Throws StateFormatError. */
export function parseState(text: string): RunState {
  const json = parseJson(text);
  if (!isRecord(json)) throw new StateFormatError('state is not a JSON object');
  if (json['version'] !== 1) {
    throw new StateFormatError(`state has version ${describeVersion(json['version'])}, not 1`);
  }
  const failures = json['consecutiveFailures'];
  if (!Number.isSafeInteger(failures) || (failures as number) < 0) {
    throw new StateFormatError('state: consecutiveFailures is not a whole number');
  }
  return {
    version: 1,
    consecutiveFailures: failures as number,
    lastSuccessfulRun: parseOrNull(json['lastSuccessfulRun'], 'lastSuccessfulRun', isTime),
    lastRun: parseOrNull(json['lastRun'], 'lastRun', isLastRun),
    lastFailure: parseOrNull(json['lastFailure'], 'lastFailure', isLastFailure),
    // A memory that is not understood costs a few requests, not the count of failures.
    discovery: isDiscovery(json['discovery']) ? json['discovery'] : null,
    wasLost: json['wasLost'] === true,
  };
}

/** An ISO 8601 / RFC 3339 date and time with its zone. */
export function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value));
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/u;

const MAX_STATE_BYTES = 512 * 1024;

const MAX_MESSAGE_LENGTH = 1000;

function afterRun(stored: RunState, run: FinishedRun, outcome: LastRun['outcome']): RunState {
  const { startedAt, finishedAt, counts } = run;
  const theirs = stored.lastRun;
  return {
    ...stored,
    lastRun:
      theirs !== null && isLater(theirs.finishedAt, finishedAt)
        ? theirs
        : { startedAt, finishedAt, outcome, counts },
    discovery: run.discovery === 'keep' ? stored.discovery : run.discovery,
  };
}

function laterTime(stored: string | null, ours: string): string {
  return stored !== null && isLater(stored, ours) ? stored : ours;
}

function isLater(time: string, than: string): boolean {
  return Date.parse(time) > Date.parse(than);
}

function cutMessage(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  const cut = message.slice(0, MAX_MESSAGE_LENGTH - 1);
  // Half a surrogate pair is no character.
  return `${cut.replace(/[\uD800-\uDBFF]$/u, '')}…`;
}

function render(state: RunState): string {
  return `${JSON.stringify(state, null, 2)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is not ours to print.
    throw new StateFormatError(text.trim() === '' ? 'state is empty' : 'state is not JSON');
  }
}

function describeVersion(version: unknown): string {
  return typeof version === 'number' ? String(version) : 'unknown';
}

function parseOrNull<T>(
  value: unknown,
  name: string,
  isValid: (value: unknown) => value is T,
): T | null {
  if (value === null || value === undefined) return null;
  if (!isValid(value)) throw new StateFormatError(`state: ${name} is not as Mailroom writes it`);
  return value;
}

function isLastRun(value: unknown): value is LastRun {
  return (
    isRecord(value) &&
    isTime(value['startedAt']) &&
    isTime(value['finishedAt']) &&
    typeof value['outcome'] === 'string' &&
    isRecord(value['counts']) &&
    Object.values(value['counts']).every((count) => typeof count === 'number')
  );
}

function isLastFailure(value: unknown): value is LastFailure {
  return (
    isRecord(value) &&
    isTime(value['at']) &&
    typeof value['event'] === 'string' &&
    typeof value['message'] === 'string'
  );
}

function isDiscovery(value: unknown): value is Discovery {
  return (
    isRecord(value) &&
    typeof value['sessionUrl'] === 'string' &&
    typeof value['cardDavUrl'] === 'string' &&
    typeof value['username'] === 'string' &&
    'session' in value &&
    'books' in value
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
