import { HttpStatusError, MalformedAnswerError, NetworkError, TimeoutError } from '../errors.ts';
import type { WriteFailure } from '../triage/model.ts';

/**
 * From an error of one write to its outcome. What concerns the run as a whole (credentials, a host
 * that is not trusted, a stop, a bug) is thrown on. 404 and 410 to a write are no refusal: the book
 * went away meanwhile, and the next pass looks where it is.
 */
export function toWriteFailure(error: unknown): WriteFailure {
  if (error instanceof HttpStatusError) {
    const isRefusal = error.isPermanent && error.status !== 404 && error.status !== 410;
    return { kind: isRefusal ? 'refused' : 'failed', problem: error.message };
  }
  if (
    error instanceof NetworkError ||
    error instanceof TimeoutError ||
    error instanceof MalformedAnswerError
  ) {
    return { kind: 'failed', problem: error.message };
  }
  throw error;
}

export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof HttpStatusError && statuses.includes(error.status);
}

/** After the first attempt, when somebody else wrote at the same time. */
export const MAX_CONFLICTS = 3;
