import { HTTPError } from 'ky';
import { describe, expect, it } from 'vitest';

import { CredentialsError, MalformedAnswerError, NetworkError } from '../../../src/errors.ts';
import { planRetry, retryAfterMs } from '../../../src/http/retry.ts';

const now = new Date('2026-11-15T12:00:00Z');
const usual = { backoffMs: 500, remainingMs: 100_000, random: 0.5, now };

describe('the wait before a retry', () => {
  it.each([
    ['the first, at the shortest', 1, 0, 250],
    ['the first, at the longest', 1, 1, 500],
    ['the second, at the shortest', 2, 0, 500],
    ['the third, at the longest', 3, 1, 2000],
  ])('%s', (_rule, retry, random, delayMs) => {
    expect(planRetry(new NetworkError('x'), retry, { ...usual, random })).toEqual({ delayMs });
  });

  it.each([
    ['the server names none of', status(503), 375],
    ['the server names', status(503, '7'), 7000],
    ['the server names as nothing', status(429, '0'), 0],
    ['the server names as a date', status(503, 'Sun, 15 Nov 2026 12:00:30 GMT'), 30_000],
    ['the server names as a date gone by', status(503, 'Sun, 15 Nov 2026 11:00:00 GMT'), 0],
    ['the server names in words', status(503, 'soon'), 375],
    ['a cut answer', new MalformedAnswerError('x'), 375],
  ])('that %s', (_rule, error, delayMs) => {
    expect(planRetry(error, 1, usual)).toEqual({ delayMs });
  });

  it.each([
    ['the server names a longer one than the run has', status(429, '100')],
    ['the answer will not change', status(404)],
    ['the credentials are wrong', status(401)],
    ['nothing was sent', new CredentialsError('x')],
    ['it is a bug', new TypeError('x')],
    ['it is no error', 'x'],
  ])('is none where %s', (_rule, error) => {
    expect(planRetry(error, 1, usual)).toBeNull();
  });

  it('is none where the run has no time for it', () => {
    expect(planRetry(new NetworkError('x'), 1, { ...usual, remainingMs: 375 })).toBeNull();
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 5 ', 5000],
    ['Sun, 15 Nov 2026 12:01:00 GMT', 60_000],
    ['Sunday, 15-Nov-26 12:01:00 GMT', 60_000],
    ['', null],
    ['-5', null],
    ['1.5', null],
    ['2026', 2_026_000],
    ['2027-01-01', null],
    ['Mon, gibberish', null],
  ])('%j', (value, expected) => {
    expect(retryAfterMs(new Headers({ 'retry-after': value }), now)).toBe(expected);
  });

  it('may be absent', () => {
    expect(retryAfterMs(new Headers(), now)).toBeNull();
  });
});

function status(code: number, retryAfter?: string): HTTPError {
  const headers = new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter });
  const request = new Request('https://mail.example/');
  return new HTTPError(new Response(null, { status: code, headers }), request, {} as never);
}
