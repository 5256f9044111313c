import { MailroomError } from '../errors.ts';
import { isTrouble, parseDigestMemory } from './digest-memory.ts';
import { isRecord } from '../http/json.ts';
import type { Discovery, LastFailure, LastRun, RunState, Schedule } from './state.ts';

/**
 * Thrown by `parseState`: the text is not a state, or of a version that this program does not know.
 */
export class StateFormatError extends MailroomError {}

/**
 * The state as it is stored. What is remembered of the servers is left out if it is so large that
 * a ConfigMap (1 MiB) would refuse the whole: it can be found out again, the failures cannot.
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
    schedule: isSchedule(json['schedule']) ? json['schedule'] : null,
    digest: parseDigestMemory(json['digest']),
    pingFailure: isTrouble(json['pingFailure']) ? json['pingFailure'] : null,
    account: typeof json['account'] === 'string' ? json['account'] : null,
    wasLost: json['wasLost'] === true,
  };
}

/** An ISO 8601 / RFC 3339 date and time with its zone. */
export function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value));
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/u;

const MAX_STATE_BYTES = 512 * 1024;

function render(state: RunState): string {
  return `${JSON.stringify(state, null, 2)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which must not be printed.
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

function isSchedule(value: unknown): value is Schedule {
  return isRecord(value) && isCount(value['pollIntervalSeconds']) && isCount(value['maxFailures']);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
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
