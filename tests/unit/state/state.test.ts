import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatState, parseState, StateFormatError } from '../../../src/state/format.ts';
import {
  afterFailure,
  afterStop,
  afterSuccess,
  type Discovery,
  emptyState,
  findDiscovery,
  hasSucceededOrAssumeSo,
  isOfOtherAccount,
  lostState,
  type RunState,
} from '../../../src/state/state.ts';
import { anAddress } from '../../support/builders.ts';

const discovery: Discovery = {
  sessionUrl: 'https://mail.example/session',
  cardDavUrl: 'https://dav.example/',
  username: 'jane@example.com',
  session: { apiUrl: 'https://mail.example/api' },
  books: [{ href: '/books/default/' }],
};

const schedule = { pollIntervalSeconds: 900, maxFailures: 3 };
const known = (of: Discovery | null) => ({ discovery: of, schedule, account: 'jane@example.com' });

const run = (finishedAt: string) => ({
  startedAt: '2026-11-02T10:00:00.000Z',
  finishedAt,
  counts: { processed: 2 },
  known: null,
});

const failure = { event: 'poll_failed', message: 'mail.example: connection refused' } as const;

const stored: RunState = {
  ...emptyState,
  consecutiveFailures: 3,
  lastSuccessfulRun: '2026-11-02T09:00:00.000Z',
  discovery,
};

describe('a run changes the state', () => {
  test('success: failures 0, success time set, earlier failure still shown', () => {
    const failed = afterFailure(stored, run('2026-11-02T09:55:00.000Z'), failure);

    const state = afterSuccess(failed, run('2026-11-02T10:00:01.000Z'));

    expect(state.consecutiveFailures).toBe(0);
    expect(state.lastSuccessfulRun).toBe('2026-11-02T10:00:01.000Z');
    expect(state.lastRun).toEqual({
      startedAt: '2026-11-02T10:00:00.000Z',
      finishedAt: '2026-11-02T10:00:01.000Z',
      outcome: 'poll_complete',
      counts: { processed: 2 },
    });
    expect(state.lastFailure?.at).toBe('2026-11-02T09:55:00.000Z');
  });

  test('failure: failures + 1, success time kept, failure described', () => {
    const state = afterFailure(stored, run('2026-11-02T10:00:01.000Z'), failure);

    expect(state.consecutiveFailures).toBe(4);
    expect(state.lastSuccessfulRun).toBe('2026-11-02T09:00:00.000Z');
    expect(state.lastRun?.outcome).toBe('poll_failed');
    expect(state.lastFailure).toEqual({ at: '2026-11-02T10:00:01.000Z', ...failure });
  });

  test('stop: neither a failure nor a success', () => {
    const state = afterStop(stored, run('2026-11-02T10:00:01.000Z'));

    expect(state).toEqual({ ...stored, lastRun: state.lastRun });
    expect(state.lastRun?.outcome).toBe('run_stopped');
  });

  test('what another run stored meanwhile at a later time stays', () => {
    const later = '2026-11-02T10:05:00.000Z';
    const theirs = afterFailure(afterSuccess(emptyState, run(later)), run(later), failure);

    const state = afterFailure(theirs, run('2026-11-02T10:00:01.000Z'), {
      event: 'startup_failed',
      message: 'earlier',
    });

    expect(state.consecutiveFailures).toBe(2);
    expect(state.lastRun).toEqual(theirs.lastRun);
    expect(state.lastFailure).toEqual(theirs.lastFailure);
    expect(afterSuccess(theirs, run('2026-11-02T10:00:01.000Z')).lastSuccessfulRun).toBe(later);
  });

  test.each([
    ['kept', null, discovery],
    ['dropped', known(null), null],
    ['replaced', known({ ...discovery, session: 2 }), { ...discovery, session: 2 }],
  ] as const)('discovery is %s', (_name, change, expected) => {
    const state = afterFailure(
      stored,
      { ...run('2026-11-02T10:00:01.000Z'), known: change },
      failure,
    );

    expect(state.discovery).toEqual(expected);
  });
});

describe('a clock that was wrong', () => {
  const soon = '2026-11-02T10:10:00.000Z';
  const nextYear = '2027-11-02T10:00:00.000Z';
  const now = '2026-11-02T10:00:01.000Z';

  test('a success a little later than ours is that of a run beside this one', () => {
    const theirs = { ...stored, lastSuccessfulRun: soon };

    expect(afterSuccess(theirs, run(now)).lastSuccessfulRun).toBe(soon);
  });

  test('times far in the future are replaced by the next run', () => {
    const theirs = afterFailure(afterSuccess(emptyState, run(nextYear)), run(nextYear), failure);

    expect(afterSuccess(theirs, run(now))).toMatchObject({
      lastSuccessfulRun: now,
      lastRun: { finishedAt: now },
    });
    expect(afterFailure(theirs, run(now), failure).lastFailure).toMatchObject({ at: now });
  });
});

describe('the account', () => {
  const state = afterSuccess(stored, {
    ...run('2026-11-02T10:00:01.000Z'),
    known: known(discovery),
  });

  test.each([
    ['its own state', state, 'jane@example.com', false],
    ['the state of somebody else', state, 'ben@example.com', true],
    ['a state of an earlier version', stored, 'ben@example.com', false],
  ])('%s', (_name, of, account, expected) => {
    expect(isOfOtherAccount(parseState(formatState(of)), account)).toBe(expected);
  });

  test('is kept, with the schedule, by a run whose settings are broken', () => {
    const after = afterFailure(state, run('2026-11-02T10:00:02.000Z'), failure);

    expect(after).toMatchObject({ account: 'jane@example.com', schedule });
  });
});

describe('a first success', () => {
  test.each([
    ['an empty state had none', emptyState, false],
    [
      'failures alone are none',
      afterFailure(emptyState, run('2026-11-02T10:00:01.000Z'), failure),
      false,
    ],
    ['a success is one', afterSuccess(emptyState, run('2026-11-02T10:00:01.000Z')), true],
    ['a lost state is taken to have had one', lostState(null), true],
    [
      '… also after failures',
      afterFailure(lostState(null), run('2026-11-02T10:00:01.000Z'), failure),
      true,
    ],
  ])('%s', (_name, state, expected) => {
    expect(hasSucceededOrAssumeSo(state)).toBe(expected);
    expect(hasSucceededOrAssumeSo(parseState(formatState(state)))).toBe(expected);
  });
});

describe('discovery is remembered for exactly these settings', () => {
  const { session: _session, books: _books, ...settings } = discovery;

  test('the same settings', () => {
    expect(findDiscovery(stored, settings)).toEqual(discovery);
  });

  test.each(['sessionUrl', 'cardDavUrl', 'username'] as const)('another %s', (name) => {
    expect(findDiscovery(stored, { ...settings, [name]: 'other' })).toBeNull();
  });
});

describe('what is not ours is refused, and not quoted', () => {
  test.each([
    ['empty', ''],
    ['not JSON', '{"version":1, S3CRET'],
    ['an array', '[]'],
    ['null', 'null'],
    ['no version', '{}'],
    ['a later version', '{"version":2,"consecutiveFailures":0}'],
    ['a version that is text', '{"version":"S3CRET","consecutiveFailures":0}'],
    ['failures missing', '{"version":1}'],
    ['failures below 0', '{"version":1,"consecutiveFailures":-1}'],
    ['failures not whole', '{"version":1,"consecutiveFailures":0.5}'],
    ['success time no time', '{"version":1,"consecutiveFailures":0,"lastSuccessfulRun":"S3CRET"}'],
    [
      'success time impossible',
      '{"version":1,"consecutiveFailures":0,"lastSuccessfulRun":"2026-13-02T00:00:00Z"}',
    ],
    ['last run no object', '{"version":1,"consecutiveFailures":0,"lastRun":7}'],
    [
      'last failure without time',
      '{"version":1,"consecutiveFailures":0,"lastFailure":{"event":"x","message":"y"}}',
    ],
  ])('%s', (_name, text) => {
    expect(() => parseState(text)).toThrow(StateFormatError);
    expect(() => parseState(text)).not.toThrow(/S3CRET/u);
  });

  test('a memory that is not understood is forgotten, the rest is kept', () => {
    const text = formatState(stored).replace('"sessionUrl"', '"url"');

    expect(parseState(text)).toEqual({ ...stored, discovery: null });
  });
});

describe('what is stored', () => {
  test('comes back as it was', () => {
    const time = fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
    const states = fc.record<RunState>({
      version: fc.constant(1),
      consecutiveFailures: fc.nat(),
      lastSuccessfulRun: fc.option(time),
      lastRun: fc.option(
        fc.record({
          startedAt: time,
          finishedAt: time,
          outcome: fc.constantFrom('poll_complete', 'poll_failed', 'run_stopped'),
          counts: fc.dictionary(fc.constantFrom('processed', 'failed'), fc.nat(), {
            noNullPrototype: true,
          }),
        }),
      ),
      lastFailure: fc.option(
        fc.record({
          at: time,
          event: fc.constantFrom('poll_failed', 'startup_failed'),
          message: fc.string({ unit: 'grapheme' }),
        }),
      ),
      discovery: fc.constantFrom(null, discovery),
      schedule: fc.constantFrom(null, schedule),
      digest: fc.constantFrom(null, {
        toldAt: '2026-11-02T06:00:00Z',
        decided: [
          { sender: anAddress(), name: 'Jane', category: 'Feed', at: '2026-11-02T06:00:01Z' },
        ],
        decidedBesides: 3,
        lostSince: '2026-11-01T06:00:00Z',
        sentAt: null,
        failure: { since: '2026-11-02T06:00:00Z', problem: 'over quota' },
      }),
      pingFailure: fc.constantFrom(null, { since: '2026-11-02T06:00:00Z', problem: 'HTTP 500' }),
      account: fc.option(fc.string()),
      wasLost: fc.boolean(),
    });
    fc.assert(
      fc.property(states, (state) => {
        expect(parseState(formatState(state))).toEqual(state);
      }),
    );
  });

  test('always fits a ConfigMap: long messages are cut, a huge memory is left out', () => {
    const failed = afterFailure(stored, run('2026-11-02T10:00:01.000Z'), {
      event: 'poll_failed',
      message: '😀'.repeat(400_000),
    });

    const text = formatState({
      ...failed,
      discovery: { ...discovery, books: 'x'.repeat(2_000_000) },
    });

    expect(Buffer.byteLength(text)).toBeLessThan(10_000);
    expect(parseState(text).consecutiveFailures).toBe(4);
    expect(parseState(text).lastFailure?.message).toMatch(/^(?:😀)+…$/u);
  });
});
