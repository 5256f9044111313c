import {
  HttpStatusError,
  JmapMethodError,
  MalformedAnswerError,
  NetworkError,
  TimeoutError,
} from '../../errors.ts';
import { toPlainLine } from '../../log/plain-line.ts';
import type { WriteFailure } from '../../triage/model.ts';
import { arrayOf, decodeNullable, decodeObject, decodeString } from './decode.ts';

/**
 * The request was above one of the server's limits, and nothing in it was done: a smaller one may
 * pass. RFC 8620 §3.6.2 has `requestTooLarge` per method; Cyrus refuses the whole request
 * (§3.6.1 `limit`), proxies answer 413.
 */
export function isTooLarge(error: unknown): boolean {
  if (error instanceof JmapMethodError) return error.type === 'requestTooLarge';
  if (!(error instanceof HttpStatusError)) return false;
  return error.status === 413 || (isLimitProblem(error) && !isTooManyAtOnce(error));
}

/** More requests at once than the server takes (RFC 8620 §3.6.1 `limit`); other runs count too. */
export function isTooManyAtOnce(error: unknown): boolean {
  return (
    error instanceof HttpStatusError &&
    isLimitProblem(error) &&
    error.detail.includes('maxConcurrentRequests')
  );
}

function isLimitProblem(error: HttpStatusError): boolean {
  return error.status === 400 && error.detail.includes('urn:ietf:params:jmap:error:limit');
}

/** The server refuses the whole request for good, perhaps because of one object in it. */
export function isRefusedWhole(error: unknown): boolean {
  if (error instanceof HttpStatusError) return error.isPermanent && !isTooManyAtOnce(error);
  return error instanceof JmapMethodError && REFUSING_METHOD_ERRORS.has(error.type);
}

const REFUSING_METHOD_ERRORS: ReadonlySet<string> = new Set([
  'forbidden',
  'invalidArguments',
  'requestTooLarge',
]);

/**
 * What an error of a write means for the objects in it. Errors that break the run (credentials,
 * trust, account, a signal, a defect of ours) are thrown on.
 */
export function writeFailureOf(error: unknown): WriteFailure {
  const isAboutThisWrite =
    error instanceof HttpStatusError ||
    error instanceof JmapMethodError ||
    error instanceof MalformedAnswerError ||
    error instanceof NetworkError ||
    error instanceof TimeoutError;
  if (!isAboutThisWrite) throw error;
  return { kind: isRefusedWhole(error) ? 'refused' : 'failed', problem: error.message };
}

/** RFC 8620 §5.3 SetError: `rateLimit` and its like pass; everything else is a refusal for good. */
export function writeFailureOfSetError(setError: unknown, method: string): WriteFailure {
  try {
    const error = decodeObject(setError, `${method} SetError`);
    const type = decodeString(error['type'], `${method} SetError.type`);
    const names = decodeNullable(
      error['properties'],
      `${method} SetError.properties`,
      arrayOf(decodeString),
    );
    const properties = names === null || names.length === 0 ? '' : ` (${names.join(', ')})`;
    return {
      kind: TRANSIENT_SET_ERRORS.has(type) ? 'failed' : 'refused',
      problem: toPlainLine(`${method}: ${type}${properties}`, 200),
    };
  } catch (error) {
    if (!(error instanceof MalformedAnswerError)) throw error;
    return { kind: 'failed', problem: error.message };
  }
}

const TRANSIENT_SET_ERRORS: ReadonlySet<string> = new Set([
  'rateLimit',
  'stateMismatch',
  'serverUnavailable',
  'serverFail',
  'serverPartialFail',
]);
