import { describe, expect, it } from 'vitest';

import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  JmapMethodError,
  MalformedAnswerError,
  NetworkError,
  runFailureKind,
  SettingsError,
  StateWriteError,
  StoppedError,
  TimeoutError,
  UrlNotTrustedError,
} from '../../../src/errors.ts';
import { judgeRun, type PassResult } from '../../../src/run/outcome.ts';
import { emptyState, lostState, type RunState } from '../../../src/state/state.ts';
import { anAddress } from '../../support/builders.ts';

const fresh: RunState = emptyState;
const proven: RunState = { ...emptyState, lastSuccessfulRun: '2026-11-01T00:00:00.000Z' };

const broken = (error: unknown): PassResult => ({ kind: 'broken', error });

function aResult(processed: number, failed: number): PassResult {
  const failures = Array.from({ length: failed }, (_, index) => ({
    sender: anAddress(`sender${index}@example.com`),
    step: 'sweep' as const,
    failure: { kind: 'failed' as const, problem: 'HTTP 503' },
  }));
  const report = {
    triagedSenders: processed + failed,
    processed,
    failures,
    repeatedRefusals: 0,
    conflicts: 1,
    emailsWithoutSender: 1,
    emailsSwept: 0,
    details: { senders: [], conflicts: [], withoutSender: [] },
  };
  return { kind: 'report', report };
}

const STARTUP: readonly (readonly [string, unknown])[] = [
  ['settings invalid', new SettingsError(['MAILROOM_JMAP_TOKEN is required'])],
  ['credentials refused', new CredentialsError('401')],
  ['mailbox or group missing, or no mail account', new AccountError('Screener is missing')],
  ['URL not trusted', new UrlNotTrustedError('evil.example')],
  ['a defect of our own', new TypeError('undefined is not a function')],
  ['a name that does not exist', new ReferenceError('x is not defined')],
  ['a recursion without end', new RangeError('Maximum call stack size exceeded')],
  ['a broken escape', new URIError('URI malformed')],
];

const TRANSIENT: readonly (readonly [string, unknown])[] = [
  ['unreachable, DNS, TLS', new NetworkError('ECONNREFUSED')],
  ['timeout', new TimeoutError('30 s')],
  ['429', new HttpStatusError('429', 429)],
  ['5xx', new HttpStatusError('503', 503)],
  ['malformed or truncated answer', new MalformedAnswerError('cut short')],
  ['JMAP method error', new JmapMethodError('serverUnavailable', 'serverUnavailable')],
  ['state', new StateWriteError('disk full')],
  ['something that is no error', 'oops'],
];

describe('judgeRun: pass done', () => {
  it.each([
    ['nothing to do', 0, 0],
    ['every sender handled', 3, 0],
    ['some failed and others did not', 1, 3],
  ])('%s', (_rule, processed, failed) => {
    for (const state of [fresh, proven]) {
      expect(judgeRun(aResult(processed, failed), state, false)).toEqual({
        event: 'poll_complete',
      });
    }
  });

  it('a signal that came when all was done changes nothing', () => {
    expect(judgeRun(aResult(1, 0), proven, true)).toEqual({ event: 'poll_complete' });
  });
});

describe('judgeRun: every sender that was tried failed', () => {
  it('is a failure of the pass, which names how many, and the first', () => {
    const outcome = judgeRun(aResult(0, 2), proven, false);

    expect(outcome).toMatchObject({
      event: 'poll_failed',
      error: {
        name: 'EverySenderFailedError',
        message:
          'every sender that was tried failed (2); the first: sender0@example.com, sweep: HTTP 503',
      },
    });
  });

  it('before the first successful pass it is one of startup', () => {
    expect(judgeRun(aResult(0, 1), fresh, false)).toMatchObject({ event: 'startup_failed' });
  });
});

describe('judgeRun: the pass is broken', () => {
  it.each(STARTUP)('startup failure, always: %s', (_rule, error) => {
    for (const state of [fresh, proven, lostState(null)]) {
      expect(judgeRun(broken(error), state, false)).toEqual({ event: 'startup_failed', error });
    }
    expect(runFailureKind(error)).toBe('startup');
  });

  it.each(TRANSIENT)('transient failure: %s', (_rule, error) => {
    expect(judgeRun(broken(error), proven, false)).toEqual({ event: 'poll_failed', error });
    expect(runFailureKind(error)).toBe('transient');
  });

  it.each(TRANSIENT)('before the first successful pass, a startup failure: %s', (_rule, error) => {
    expect(judgeRun(broken(error), fresh, false)).toEqual({ event: 'startup_failed', error });
  });

  it('a state that was lost is not a fresh installation', () => {
    const error = new NetworkError('ECONNREFUSED');

    expect(judgeRun(broken(error), lostState(null), false)).toMatchObject({ event: 'poll_failed' });
  });
});

describe('judgeRun: a signal', () => {
  it('is neither a failure nor a success', () => {
    for (const state of [fresh, proven]) {
      expect(judgeRun(broken(new StoppedError('stop')), state, true)).toEqual({
        event: 'run_stopped',
      });
    }
  });

  it.each(TRANSIENT)('what it cuts off is no failure: %s', (_rule, error) => {
    for (const state of [fresh, proven]) {
      expect(judgeRun(broken(error), state, true)).toEqual({ event: 'run_stopped' });
    }
  });

  it('senders that it cut off are no failure', () => {
    expect(judgeRun(aResult(0, 2), proven, true)).toEqual({ event: 'run_stopped' });
  });

  it.each(STARTUP)('what a person has to act on is still said: %s', (_rule, error) => {
    expect(judgeRun(broken(error), proven, true)).toEqual({ event: 'startup_failed', error });
  });
});
