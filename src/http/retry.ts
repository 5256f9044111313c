import { setTimeout as delay } from 'node:timers/promises';
import { isHTTPError, isTimeoutError } from 'ky';

import { MalformedAnswerError, NetworkError, TimeoutError } from '../errors.ts';
import type { RequestBudget } from './budget.ts';
import { isLoginLimit } from './failure.ts';

/** How often a request is sent again after the first attempt. */
export const MAX_RETRIES = 3;

/** What the wait depends on, apart from the error. Times in milliseconds. */
export interface RetryCircumstances {
  /** Wait before the first retry. */
  readonly backoffMs: number;
  /** What the run has left. */
  readonly remainingMs: number;
  /** From 0 to 1. */
  readonly random: number;
  readonly now: Date;
}

/**
 * The wait before retry number `retry` (1 is the first), or null if trying again is useless: the
 * error will not pass, or the server asks for more time than the run has.
 */
export function planRetry(
  error: unknown,
  retry: number,
  circumstances: RetryCircumstances,
): { readonly delayMs: number } | null {
  if (!isPassing(error)) return null;
  const askedMs = isHTTPError(error)
    ? retryAfterMs(error.response.headers, circumstances.now)
    : null;
  // The server limits log-ins: try again only if it says when.
  if (askedMs === null && isHTTPError(error) && error.response.status === 401) return null;
  const delayMs = askedMs ?? backoffMs(retry, circumstances);
  return delayMs < circumstances.remainingMs ? { delayMs } : null;
}

/** `Retry-After` (RFC 9110 §10.2.3), seconds or a date; null when absent or neither. */
export function retryAfterMs(headers: Headers, now: Date): number | null {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/u.test(value)) return Number(value) * 1000;
  // `Date.parse` accepts almost anything; an HTTP date begins with the day's name.
  const date = /^[a-z]{3,9},? /iu.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}

/** Waits. False if the run was told to stop, or ended, before the time was over. */
export async function waitForRetry(delayMs: number, budget: RequestBudget): Promise<boolean> {
  const signal = AbortSignal.any([budget.signal, budget.stopSignal]);
  try {
    await delay(delayMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

const PASSING_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

function isPassing(error: unknown): boolean {
  if (isHTTPError(error)) return PASSING_STATUS.has(error.response.status) || isLoginLimit(error);
  return (
    isTimeoutError(error) ||
    error instanceof TimeoutError ||
    error instanceof NetworkError ||
    error instanceof MalformedAnswerError
  );
}

/** Doubles with each retry; half of it is random, so that eight writers do not all return at once. */
function backoffMs(retry: number, circumstances: RetryCircumstances): number {
  const fullMs = circumstances.backoffMs * 2 ** (retry - 1);
  return Math.round(fullMs / 2 + (fullMs / 2) * circumstances.random);
}
