import { HttpStatusError, MalformedAnswerError, NetworkError, TimeoutError } from '../errors.ts';
import type { WriteFailure } from '../triage/model.ts';

/**
 * Turns the error of one write into its outcome. What concerns the whole run (credentials, a host
 * that is not trusted, a stop, a bug) is thrown again. 404 and 410 are not refusals: the address
 * book has gone away meanwhile, and the next pass looks for it.
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

/** Whether the error is an answer with one of these HTTP statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof HttpStatusError && statuses.includes(error.status);
}

/** `If-Match` needs a strong ETag: without one, somebody else's changes would be overwritten. */
export function withoutEtag(href: string): WriteFailure {
  return {
    kind: 'failed',
    problem: `${href}: the server gave no strong ETag, so it is not written`,
  };
}

/** At each attempt the card had changed since it was read. */
export function changedTooOften(href: string): WriteFailure {
  return {
    kind: 'failed',
    problem: `${href}: changed by somebody else ${MAX_CONFLICTS + 1} times while it was written`,
  };
}

/** After the first attempt, when somebody else wrote at the same time. */
export const MAX_CONFLICTS = 3;
