import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { formatState } from '../../../src/state/format.ts';
import { emptyState, type RunState } from '../../../src/state/state.ts';
import { reportStatus } from '../../../src/run/status-report.ts';

const secondsAgo = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

const aState = (state: Partial<RunState>): string => formatState({ ...emptyState, ...state });

const aConfigMap = (content: object): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...content });

const failure = { at: secondsAgo(60), event: 'poll_failed' as const, message: 'HTTP 503' };

/** The line that it prints, parsed, and its exit code. */
async function status(
  piped: string | null,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly line: unknown; readonly exitCode: number }> {
  const { stream, text, exitCode } = await reportStatus(env, piped, null);
  expect(stream).toBe('stdout');
  expect(text).toMatch(/^[^\n]+\n$/u);
  return { line: JSON.parse(text), exitCode };
}

describe('status --stdin', () => {
  it.each([
    ['a recent success', { lastSuccessfulRun: secondsAgo(200) }, {}, 'ok'],
    ['one missed pass is not enough', { lastSuccessfulRun: secondsAgo(590) }, {}, 'ok'],
    ['two intervals old', { lastSuccessfulRun: secondsAgo(601) }, {}, 'unhealthy'],
    [
      'the interval is that of the settings',
      { lastSuccessfulRun: secondsAgo(601) },
      { MAILROOM_POLL_INTERVAL: '900' },
      'ok',
    ],
    ['a fresh installation', {}, {}, 'ok'],
    [
      'failures below the maximum',
      { lastSuccessfulRun: secondsAgo(200), consecutiveFailures: 9, lastFailure: failure },
      {},
      'ok',
    ],
    [
      'failures at the maximum',
      { lastSuccessfulRun: secondsAgo(200), consecutiveFailures: 10, lastFailure: failure },
      {},
      'unhealthy',
    ],
    [
      'the maximum is that of the settings',
      { lastSuccessfulRun: secondsAgo(200), consecutiveFailures: 2, lastFailure: failure },
      { MAILROOM_MAX_CONSECUTIVE_FAILURES: '2' },
      'unhealthy',
    ],
    ['never a success, failing', { consecutiveFailures: 1 }, {}, 'unhealthy'],
    [
      'the interval is that of the place where the state was written',
      {
        lastSuccessfulRun: secondsAgo(1000),
        schedule: { pollIntervalSeconds: 900, maxFailures: 10 },
      },
      {},
      'ok',
    ],
    [
      'so is the maximum',
      {
        lastSuccessfulRun: secondsAgo(10),
        consecutiveFailures: 2,
        schedule: { pollIntervalSeconds: 900, maxFailures: 2 },
      },
      { MAILROOM_MAX_CONSECUTIVE_FAILURES: '5' },
      'unhealthy',
    ],
  ])('%s', async (_rule, state, env, health) => {
    const exitCode = health === 'ok' ? 0 : 1;
    const asState = await status(aState(state), env);
    const asConfigMap = await status(aConfigMap({ data: { 'state.json': aState(state) } }), env);

    for (const report of [asState, asConfigMap]) {
      expect(report).toMatchObject({ line: { status: health }, exitCode });
    }
  });

  it('says how old the last success is, how many failures there were, and the last of them', async () => {
    const state = {
      lastSuccessfulRun: secondsAgo(100),
      consecutiveFailures: 3,
      lastFailure: failure,
    };
    const { line } = await status(aState(state));

    expect(line).toEqual({
      status: 'ok',
      last_poll_age_seconds: expect.toSatisfy((age: number) => age >= 100 && age < 110),
      consecutive_failures: 3,
      last_failure: failure,
      reason: 'the last successful pass was 100 seconds ago; failures since: 3',
      waiting: null,
      digest: null,
      ping_failure: null,
    });
  });

  it.each([
    ['without data', {}],
    ['with other keys only', { data: { other: '{}' } }],
    [
      'with an annotation that is no time',
      { metadata: { annotations: { 'mailroom/last-successful-run': '' } } },
    ],
  ])('a ConfigMap as it was applied is a fresh installation: %s', async (_rule, content) => {
    expect(await status(aConfigMap(content))).toEqual({
      line: {
        status: 'ok',
        reason: 'no pass has run yet',
        last_poll_age_seconds: null,
        consecutive_failures: 0,
        last_failure: null,
        waiting: null,
        digest: null,
        ping_failure: null,
      },
      exitCode: 0,
    });
  });

  it.each([
    ['nothing', '', 'not JSON'],
    ['no JSON', 'Error from server (NotFound)', 'not JSON'],
    ['an unknown version', '{"version":2,"consecutiveFailures":0}', 'version'],
    ['no state', '{}', 'version'],
    ['an array', '[]', 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['a damaged state in a ConfigMap', aConfigMap({ data: { 'state.json': '{' } }), 'JSON'],
    [
      'a ConfigMap whose state is gone, though a pass succeeded',
      aConfigMap({
        metadata: { annotations: { 'mailroom/last-successful-run': '2026-11-01T00:00:00Z' } },
      }),
      'gone',
    ],
  ])('what cannot be read is unhealthy: %s', async (_rule, piped, problem) => {
    expect(await status(piped)).toEqual({
      line: {
        status: 'unhealthy',
        reason: expect.stringContaining(problem),
        last_poll_age_seconds: null,
        consecutive_failures: null,
        last_failure: null,
        waiting: null,
        digest: null,
        ping_failure: null,
      },
      exitCode: 1,
    });
  });

  it('does not repeat what was piped in', async () => {
    const { text } = await reportStatus({}, '{"token": "fmu1-not-a-real-token"', null);

    expect(text).toContain('"status":"unhealthy"');
    expect(text).not.toContain('not-a-real-token');
  });
});

describe('status', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailroom-status-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    ['no file: a fresh installation', null, 'ok'],
    ['a recent success', aState({ lastSuccessfulRun: secondsAgo(10) }), 'ok'],
    ['an old success', aState({ lastSuccessfulRun: secondsAgo(10_000) }), 'unhealthy'],
    ['a damaged file', '{', 'unhealthy'],
  ])('reads the state where the program keeps it: %s', async (_rule, content, health) => {
    const path = join(folder, 'state.json');
    if (content !== null) await writeFile(path, content);
    const { line, exitCode } = await status(null, { MAILROOM_STATE_FILE: path });

    expect(line).toMatchObject({ status: health });
    expect(exitCode).toBe(health === 'ok' ? 0 : 1);
  });

  it('needs no credentials, but says what is wrong with the settings it uses', async () => {
    const report = await reportStatus(
      { MAILROOM_POLL_INTERVAL: 'soon', MAILROOM_MAX_CONSECUTIVE_FAILURES: '-1' },
      aState({}),
      null,
    );

    expect(report).toMatchObject({ stream: 'stderr', exitCode: 1 });
    expect(report.text).toContain('MAILROOM_POLL_INTERVAL');
    expect(report.text).toContain('MAILROOM_MAX_CONSECUTIVE_FAILURES');
    expect(report.text).not.toContain('soon');
  });
});
