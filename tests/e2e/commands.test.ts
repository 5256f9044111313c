import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { startProgram } from '../support/process.ts';
import { builtPrograms } from '../support/programs.ts';
import { PROJECT } from '../support/run-mailroom.ts';
import { onStandIn, stateAfterSuccess } from '../support/run-mailroom-on-stand-in.ts';

/* The commands of REFERENCE.md: flags, the health check, and a start from the sources. */

const programs = builtPrograms();

const env = { PATH: process.env['PATH'] ?? '' };

describe.concurrent.each(['runOnce', 'status'] as const)('%s', (name) => {
  const start = (...args: readonly string[]): ReturnType<typeof startProgram>['result'] =>
    startProgram([...programs[name], ...args], { env }).result;

  test('--help: what it does, on standard output', async () => {
    const { exitCode, stdout, stderr } = await start('--help');

    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: npx mailroom \w+/u);
    expect(stdout).toMatch(/^ {3}or: npx tsx src\/[\w-]+\.ts/mu);
    expect(stdout).toMatch(/^Exit codes: 0 .*1 /msu);
  });

  test('--version', async () => {
    const { exitCode, stdout, stderr } = await start('--version');

    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^mailroom \d+\.\d+\.\d+\n$/u);
  });

  test.each(['--dry-rnu', '--dryrun=yes', 'now', '-x'])(
    'an unknown argument (%s): exit code 1, two lines on standard error, nothing done',
    async (argument) => {
      const { exitCode, stdout, stderr } = await start(argument);

      expect([exitCode, stdout]).toEqual([1, '']);
      expect(stderr.split('\n')).toHaveLength(3);
      expect(stderr).toContain(argument.split('=')[0]);
    },
  );
});

test.concurrent('npx tsx src/run-once.ts does a pass from the sources', async () => {
  await onStandIn(programs, {}, async ({ scenario, mailroom }) => {
    const id = await scenario.email({ from: 'src@c.example', in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run({ command: ['npx', 'tsx', 'src/run-once.ts'] });

    expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete', processed: 1 } });
    expect((await scenario.whereabouts()).get(id)).toBe('Feed');
  });
});

test.concurrent('npx mailroom pass does one in a clone', async () => {
  await onStandIn(programs, {}, async ({ scenario, mailroom }) => {
    const id = await scenario.email({ from: 'bin@c.example', in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run({ command: ['npx', 'mailroom', 'pass'] });

    expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete', processed: 1 } });
    expect((await scenario.whereabouts()).get(id)).toBe('Feed');
  });
});

test.concurrent.each([
  ['no command', [], 1, /^What is to be done\?\n.*\n$/u],
  ['an unknown one', ['sweep'], 1, /^Unknown command 'sweep'\n.*\n$/u],
  ['a flag of another', ['status', '--apply'], 1, /^Unknown option '--apply'\n.*\n$/u],
])('mailroom with %s says so', async (_what, args, exitCode, stderr) => {
  const { result } = startProgram([process.execPath, join(PROJECT, 'src/mailroom.js'), ...args], {
    env: {},
  });

  expect(await result).toMatchObject({
    exitCode,
    stdout: '',
    stderr: expect.stringMatching(stderr),
  });
});

test.concurrent('an unknown MAILROOM_ variable: a warning with the nearest known name', async () => {
  await onStandIn(programs, {}, async ({ mailroom }) => {
    const run = await mailroom.run({ env: { MAILROOM_LABEL_TO_FED: 'a-value-of-its-own' } });

    expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete' } });
    expect(run.find('unknown_setting')).toMatchObject([
      { level: 'warning', name: 'MAILROOM_LABEL_TO_FED', did_you_mean: 'MAILROOM_LABEL_TO_FEED' },
    ]);
    expect(run.stdout).not.toContain('a-value-of-its-own');
  });
});

const agoIso = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
const FAILURE = { at: agoIso(10), event: 'poll_failed', message: 'server down' };

interface HealthRow {
  readonly what: string;
  /** Null: nothing was ever stored. */
  readonly state: string | null;
  readonly exitCode: 0 | 1;
  readonly report: Readonly<Record<string, unknown>>;
}

const HEALTH: readonly HealthRow[] = [
  {
    what: 'a fresh installation',
    state: null,
    exitCode: 0,
    report: {
      status: 'ok',
      last_poll_age_seconds: null,
      consecutive_failures: 0,
      last_failure: null,
    },
  },
  {
    what: 'a pass a minute ago',
    state: stateAfterSuccess({ lastSuccessfulRun: agoIso(60) }),
    exitCode: 0,
    report: { status: 'ok', last_poll_age_seconds: expect.any(Number), consecutive_failures: 0 },
  },
  {
    what: 'failures below the maximum',
    state: stateAfterSuccess({
      lastSuccessfulRun: agoIso(60),
      consecutiveFailures: 9,
      lastFailure: FAILURE,
    }),
    exitCode: 0,
    report: { status: 'ok', consecutive_failures: 9, last_failure: FAILURE },
  },
  {
    what: 'failures at the maximum',
    state: stateAfterSuccess({
      lastSuccessfulRun: agoIso(60),
      consecutiveFailures: 10,
      lastFailure: FAILURE,
    }),
    exitCode: 1,
    report: { status: 'unhealthy', consecutive_failures: 10, last_failure: FAILURE },
  },
  {
    what: 'no success for two intervals',
    state: stateAfterSuccess({ lastSuccessfulRun: agoIso(601) }),
    exitCode: 1,
    report: { status: 'unhealthy', consecutive_failures: 0 },
  },
  {
    what: 'a state that cannot be read',
    state: 'no state',
    exitCode: 1,
    report: { status: 'unhealthy', last_poll_age_seconds: null },
  },
];

describe.concurrent('status', () => {
  test.each(HEALTH)('of the state file: $what', async ({ state, exitCode, report }) => {
    await onStandIn(programs, {}, async ({ mailroom }) => {
      if (state !== null) await mailroom.writeState(state);

      const result = await mailroom.status();

      expect(result).toMatchObject({ exitCode, stderr: '' });
      expect(parseOneLine(result.stdout)).toMatchObject(report);
    });
  });

  const stored = HEALTH.filter((row) => row.state !== null);

  test.each(stored)('--stdin, state.json: $what', async ({ state, exitCode, report }) => {
    const { result } = startProgram([...programs.status, '--stdin'], { env, input: state ?? '' });

    expect(await result).toMatchObject({ exitCode, stderr: '' });
    expect(parseOneLine((await result).stdout)).toMatchObject(report);
  });

  test.each(HEALTH)('--stdin, ConfigMap: $what', async ({ state, exitCode, report }) => {
    const input = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mailroom-state' },
      ...(state === null ? {} : { data: { 'state.json': state } }),
    });
    const { result } = startProgram([...programs.status, '--stdin'], { env, input });

    expect(await result).toMatchObject({ exitCode, stderr: '' });
    expect(parseOneLine((await result).stdout)).toMatchObject(report);
  });

  test('--stdin with nothing piped in is unhealthy', async () => {
    const { result } = startProgram([...programs.status, '--stdin'], { env, input: '' });

    expect(await result).toMatchObject({ exitCode: 1 });
    expect(parseOneLine((await result).stdout)).toMatchObject({ status: 'unhealthy' });
  });

  test('MAILROOM_POLL_INTERVAL decides what is old', async () => {
    await onStandIn(programs, {}, async ({ mailroom }) => {
      await mailroom.writeState(stateAfterSuccess({ lastSuccessfulRun: agoIso(1000) }));

      const codes = await Promise.all(
        ['499', '600'].map(async (seconds) => {
          const result = await mailroom.status({ env: { MAILROOM_POLL_INTERVAL: seconds } });
          return result.exitCode;
        }),
      );

      expect(codes).toEqual([1, 0]);
    });
  });

  test('after a pass of run-once: ok, and after a failed one it says why', async () => {
    await onStandIn(programs, {}, async ({ account, mailroom }) => {
      await mailroom.run();
      const afterSuccess = parseOneLine((await mailroom.status()).stdout);
      account.faults.push({ on: 'jmap', times: Infinity, fault: { kind: 'status', status: 400 } });
      await mailroom.run();
      const afterFailure = parseOneLine((await mailroom.status()).stdout);

      expect(afterSuccess).toMatchObject({ status: 'ok', last_failure: null });
      expect(afterFailure).toMatchObject({
        status: 'ok',
        consecutive_failures: 1,
        last_failure: { event: 'poll_failed', message: expect.stringContaining('HTTP 400') },
      });
    });
  });

  test('npx tsx src/status.ts works from the sources', async () => {
    const { result } = startProgram(['npx', 'tsx', 'src/status.ts', '--stdin'], {
      env: { ...env, HOME: '/nonexistent' },
      cwd: PROJECT,
      input: stateAfterSuccess({ lastSuccessfulRun: agoIso(1) }),
    });

    expect(await result).toMatchObject({ exitCode: 0 });
    expect(parseOneLine((await result).stdout)).toMatchObject({ status: 'ok' });
  });
});

function parseOneLine(stdout: string): unknown {
  expect(stdout).toMatch(/^[^\n]+\n$/u);
  return JSON.parse(stdout);
}
