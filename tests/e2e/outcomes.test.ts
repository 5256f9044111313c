import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { DEFAULT_GROUPS, DEFAULT_MAILBOXES } from '../support/prepare-account.ts';
import { builtPrograms } from '../support/programs.ts';
import { type EnvChange, type MailroomRun, recordedWrites } from '../support/run-mailroom.ts';
import {
  LAST_SUCCESS,
  type OnStandIn,
  onStandIn,
  stateAfterSuccess,
} from '../support/run-mailroom-on-stand-in.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';

/* The table of outcomes and exit codes (REFERENCE.md, exit codes), line by line, with the real program. */

const programs = builtPrograms();

interface FailureRow {
  readonly what: string;
  readonly env?: EnvChange;
  readonly fault?: FaultRule;
  /** Requests, retries among them, that reached no server. Default 0. */
  readonly lostRequests?: number;
  /** Has to be in the error's message. */
  readonly says: readonly string[];
}

const status = (
  on: FaultRule['on'],
  code: number,
  rest: Partial<Extract<FaultRule['fault'], { kind: 'status' }>> = {},
): FaultRule => ({ on, times: Infinity, fault: { ...rest, kind: 'status', status: code } });

const onJson = (
  on: FaultRule['on'],
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are picked apart
  change: (json: any) => unknown,
): FaultRule => ({ on, times: Infinity, fault: { kind: 'replaceJson', change } });

/** One labelled email, so that a pass would have something to write. */
async function withWork({ scenario }: OnStandIn): Promise<string> {
  return scenario.email({ from: 'Work <work@o.example>', in: ['Screener', '@ToFeed'] });
}

function messageOf(run: MailroomRun, event: string): string {
  return JSON.stringify(run.find(event)[0]?.['error'] ?? null);
}

const STARTUP_FAILURES: readonly FailureRow[] = [
  {
    what: 'the token is refused: 401 from JMAP',
    env: { MAILROOM_JMAP_TOKEN: 'fake-token-that-nobody-gave' },
    says: ['/jmap', '401', 'credentials'],
  },
  {
    what: 'the app password is refused: 401 from CardDAV',
    env: { MAILROOM_CARDDAV_PASSWORD: 'fake-password-that-nobody-gave' },
    says: ['/dav/', '401', 'credentials'],
  },
  { what: '403 to the session', fault: status('session', 403), says: ['GET', '403'] },
  { what: '403 to a JMAP call', fault: status('jmap', 403), says: ['POST', '403'] },
  { what: '403 to a PROPFIND', fault: status('propfind', 403), says: ['PROPFIND', '403'] },
  {
    what: 'no mail account',
    fault: onJson('session', (json) => ({ ...json, primaryAccounts: {}, accounts: {} })),
    says: ['mail account'],
  },
  {
    what: 'the session’s apiUrl is on a foreign host',
    fault: onJson('session', (json) => ({ ...json, apiUrl: 'https://jmap.evil.example/api' })),
    says: ['jmap.evil.example', 'MAILROOM_TRUSTED_HOSTS'],
  },
  {
    what: 'CardDAV redirects to a foreign host',
    fault: status('well-known', 301, { headers: { location: 'https://dav.evil.example/dav/' } }),
    says: ['dav.evil.example', 'MAILROOM_TRUSTED_HOSTS'],
  },
  {
    what: 'mailboxes are missing: all are named',
    env: { MAILROOM_SCREENER_MAILBOX: 'No Screener', MAILROOM_LABEL_TO_FEED: '@NoFeed' },
    says: ['No Screener', '@NoFeed'],
  },
  {
    what: 'mailboxes and contact groups are missing: all are named',
    env: { MAILROOM_GROUP_FEED: 'No Feed', MAILROOM_GROUP_IMBOX: 'No Imbox' },
    says: ['mailbox \\"No Feed\\"', 'contact group \\"No Feed\\"', 'contact group \\"No Imbox\\"'],
  },
];

describe.concurrent('a startup failure exits with 1, also after years of success', () => {
  test.each(STARTUP_FAILURES)('$what', async ({ env = {}, fault, says }) => {
    await onStandIn(programs, {}, async (world) => {
      const { account, scenario, mailroom } = world;
      const id = await withWork(world);
      await mailroom.writeState(stateAfterSuccess({ consecutiveFailures: 2 }));
      if (fault !== undefined) account.faults.push(fault);

      const run = await mailroom.run({ env });

      expect(run).toMatchObject({ exitCode: 1, stderr: '' });
      expect(run.end).toMatchObject({ event: 'startup_failed', level: 'error' });
      for (const text of says) expect(messageOf(run, 'startup_failed')).toContain(text);
      expect(run.end['http_requests']).toBe(account.requests.length);
      expect(recordedWrites(account)).toEqual([]);
      expect((await scenario.whereabouts()).get(id)).toBe('@ToFeed + Screener');
      expect(await mailroom.readState()).toMatchObject({
        consecutiveFailures: 3,
        lastSuccessfulRun: LAST_SUCCESS,
        lastFailure: { event: 'startup_failed' },
        lastRun: { outcome: 'startup_failed' },
      });
    });
  });
});

/** What passes by itself; a server at rest may answer better in five minutes. */
const TRANSIENT_FAILURES: readonly FailureRow[] = [
  {
    what: 'JMAP is unreachable',
    // Port 1 is reserved, and nothing listens on it.
    env: { MAILROOM_JMAP_SESSION_URL: 'http://127.0.0.1:1/jmap/session' },
    lostRequests: 4,
    says: ['127.0.0.1:1', 'ECONNREFUSED'],
  },
  {
    what: 'CardDAV is unreachable',
    env: { MAILROOM_CARDDAV_URL: 'http://127.0.0.1:1/' },
    lostRequests: 4,
    says: ['127.0.0.1:1', 'ECONNREFUSED'],
  },
  {
    what: 'the name is not known to DNS',
    env: { MAILROOM_JMAP_SESSION_URL: 'https://mailroom-test.invalid/jmap/session' },
    lostRequests: 4,
    says: ['mailroom-test.invalid', 'cannot be resolved'],
  },
  {
    what: 'the connection is reset each time',
    fault: { on: 'jmap', times: Infinity, fault: { kind: 'resetBefore' } },
    says: ['closed by the server'],
  },
  { what: '429 from JMAP', fault: status('jmap', 429), says: ['429'] },
  {
    what: '429 with an hour to wait',
    fault: status('jmap', 429, { headers: { 'retry-after': '3600' } }),
    says: ['429', '3600'],
  },
  { what: '500 from JMAP', fault: status('jmap', 500), says: ['500'] },
  { what: '503 from CardDAV', fault: status('report', 503), says: ['REPORT', '503'] },
  { what: '502 to discovery', fault: status('propfind', 502), says: ['PROPFIND', '502'] },
  {
    what: 'a log-in limit in the clothes of a 401',
    fault: status('session', 401, { body: 'per-10 minute limit for logins exceeded' }),
    says: ['limits log-ins'],
  },
  {
    what: 'a log-in page with 200 from JMAP',
    fault: { on: 'jmap', times: Infinity, fault: { kind: 'html' } },
    says: ['127.0.0.1', 'not JSON'],
  },
  {
    what: 'a log-in page with 200 from CardDAV',
    fault: { on: 'report', times: Infinity, fault: { kind: 'html' } },
    says: ['/dav/'],
  },
  {
    what: 'JSON that is cut',
    fault: {
      on: 'jmap',
      times: Infinity,
      fault: { kind: 'truncateBody', bytes: 40, isClean: true },
    },
    says: ['127.0.0.1', 'not JSON'],
  },
  {
    what: 'a body that breaks off',
    fault: { on: 'jmap', times: Infinity, fault: { kind: 'truncateBody', bytes: 40 } },
    says: ['broke off'],
  },
  {
    what: 'a multistatus that is cut',
    fault: {
      on: 'report',
      times: Infinity,
      fault: { kind: 'truncateBody', bytes: 200, isClean: true },
    },
    says: ['/dav/'],
  },
  {
    what: 'a method error: serverUnavailable',
    fault: {
      on: 'Mailbox/get',
      times: Infinity,
      fault: { kind: 'methodError', method: 'Mailbox/get', type: 'serverUnavailable' },
    },
    says: ['Mailbox/get', 'serverUnavailable'],
  },
  {
    what: 'a method that is not answered',
    fault: {
      on: 'Mailbox/get',
      times: Infinity,
      fault: { kind: 'missingResponse', method: 'Mailbox/get' },
    },
    says: ['Mailbox/get'],
  },
  {
    what: 'no mailboxes at all',
    fault: onJson('Mailbox/get', (json) => {
      json.methodResponses[0][1].list = [];
      return json;
    }),
    says: ['mailbox'],
  },
  {
    what: 'no answer within the request timeout',
    env: { MAILROOM_REQUEST_TIMEOUT: '1' },
    fault: { on: 'jmap', times: Infinity, fault: { kind: 'stall' } },
    says: ['MAILROOM_REQUEST_TIMEOUT'],
  },
  {
    what: 'the pass timeout is over',
    env: { MAILROOM_PASS_TIMEOUT: '2' },
    fault: { on: 'any', times: Infinity, fault: { kind: 'stall' } },
    says: ['MAILROOM_PASS_TIMEOUT'],
  },
  {
    what: 'every sender that was tried failed',
    fault: {
      on: 'put-card',
      times: Infinity,
      fault: { kind: 'status', status: 423 },
    },
    says: ['every sender that was tried failed (1)', 'work@o.example', '423'],
  },
];

describe.concurrent('a transient failure exits with 0 once a pass has succeeded', () => {
  test.each(TRANSIENT_FAILURES)('$what', async (row) => {
    await onStandIn(programs, {}, async (world) => {
      const { account, scenario, mailroom } = world;
      const id = await withWork(world);
      await mailroom.writeState(stateAfterSuccess({ consecutiveFailures: 2 }));
      if (row.fault !== undefined) account.faults.push(row.fault);

      const run = await mailroom.run({ env: row.env ?? {} });

      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      expect(run.end).toMatchObject({
        event: 'poll_failed',
        level: 'error',
        consecutive_failures: 3,
      });
      for (const text of row.says) expect(messageOf(run, 'poll_failed')).toContain(text);
      expect(run.end['http_requests']).toBe(account.requests.length + (row.lostRequests ?? 0));
      expect((await scenario.whereabouts()).get(id)).toBe('@ToFeed + Screener');
      expect(await mailroom.readState()).toMatchObject({
        consecutiveFailures: 3,
        lastSuccessfulRun: LAST_SUCCESS,
        lastFailure: { event: 'poll_failed' },
        lastRun: { outcome: 'poll_failed' },
      });

      account.faults.length = 0;
      const next = await mailroom.run();

      expect(next).toMatchObject({ exitCode: 0, end: { event: 'poll_complete', processed: 1 } });
      expect((await scenario.whereabouts()).get(id)).toBe('Feed');
      expect(await mailroom.readState()).toMatchObject({ consecutiveFailures: 0 });
    });
  });
});

describe.concurrent('any failure before the first success exits with 1', () => {
  test.each(TRANSIENT_FAILURES)('$what', async ({ env = {}, fault }) => {
    await onStandIn(programs, {}, async (world) => {
      const { account, mailroom } = world;
      await withWork(world);
      if (fault !== undefined) account.faults.push(fault);

      const run = await mailroom.run({ env });

      expect(run).toMatchObject({ exitCode: 1, end: { event: 'startup_failed' } });
      expect(await mailroom.readState()).toMatchObject({
        consecutiveFailures: 1,
        lastSuccessfulRun: null,
      });
    });
  });
});

test.concurrent('a run that has failed waits for nobody who does not answer', async () => {
  await onStandIn(programs, {}, async (world) => {
    const { account, mailroom } = world;
    await withWork(world);
    // The address book is asked while the labelled emails are read, and hangs; then these fail.
    account.faults.push(
      { on: 'report', nth: 2, times: Infinity, fault: { kind: 'stall' } },
      { ...status('Email/query', 403), nth: 2 },
    );

    const run = await mailroom.run({
      env: { MAILROOM_REQUEST_TIMEOUT: '600', MAILROOM_PASS_TIMEOUT: '600' },
    });

    expect(run).toMatchObject({ exitCode: 1, stderr: '', end: { event: 'startup_failed' } });
    expect(messageOf(run, 'startup_failed')).toContain('403');
    // Names, then members and contacts at once: the last may not have got so far.
    const reports = account.requests.filter(({ kind }) => kind === 'report').length;
    expect([2, 3]).toContain(reports);
  });
});

test.concurrent('nothing is logged after the last line, though an answer comes that nobody waits for', async () => {
  await onStandIn(programs, {}, async (world) => {
    const { account, mailroom } = world;
    await withWork(world);
    const late = { on: 'report', nth: 2 } as const;
    account.faults.push(
      { ...late, fault: { kind: 'otherClient', act: () => sleep(1000) } },
      { ...late, fault: { kind: 'status', status: 503 } },
      { ...status('Email/query', 403), nth: 2 },
    );

    const run = await mailroom.run({ env: { MAILROOM_LOG_LEVEL: 'debug' } });

    expect(run).toMatchObject({ exitCode: 1, stderr: '', end: { event: 'startup_failed' } });
    expect(messageOf(run, 'startup_failed')).toContain('403');
    // The answer would be worth another try, and a line that says so.
    // Names, then members and contacts at once: the last may not have got so far.
    const reports = account.requests.filter(({ kind }) => kind === 'report').length;
    expect([2, 3]).toContain(reports);
  });
});

test.concurrent('settings: every problem at once, and no value', async () => {
  await onStandIn(programs, {}, async ({ account, mailroom }) => {
    await mailroom.writeState(stateAfterSuccess());

    const run = await mailroom.run({
      env: {
        MAILROOM_JMAP_TOKEN: null,
        MAILROOM_CARDDAV_PASSWORD: '',
        MAILROOM_POLL_INTERVAL: 'a-value-that-is-wrong',
        MAILROOM_CARDDAV_URL: 'http://a-value-that-is-wrong.example/',
        MAILROOM_DRY_RUN: 'a-value-that-is-wrong',
      },
    });

    expect(run).toMatchObject({ exitCode: 1, end: { event: 'startup_failed' } });
    for (const name of [
      'MAILROOM_JMAP_TOKEN',
      'MAILROOM_CARDDAV_PASSWORD',
      'MAILROOM_POLL_INTERVAL',
      'MAILROOM_CARDDAV_URL',
      'MAILROOM_DRY_RUN',
    ]) {
      expect(messageOf(run, 'startup_failed')).toContain(name);
    }
    expect(run.stdout).not.toContain('a-value-that-is-wrong');
    expect(account.requests).toEqual([]);
    expect(await mailroom.readState()).toMatchObject({
      consecutiveFailures: 1,
      lastFailure: { event: 'startup_failed' },
    });
  });
});

test.concurrent('an account that is not set up: all that is missing is named at once', async () => {
  const empty = await startStandIn();
  await onStandIn(programs, {}, async ({ mailroom }) => {
    const run = await mailroom.run({
      env: {
        MAILROOM_JMAP_TOKEN: empty.token,
        MAILROOM_JMAP_SESSION_URL: empty.sessionUrl,
        MAILROOM_CARDDAV_URL: empty.cardDavUrl,
      },
    });

    expect(run).toMatchObject({ exitCode: 1, end: { event: 'startup_failed' } });
    const message = messageOf(run, 'startup_failed').replaceAll('\\"', '"');
    for (const name of DEFAULT_MAILBOXES) {
      expect(message).toContain(`mailbox "${name}" is missing`);
    }
    for (const name of DEFAULT_GROUPS) {
      expect(message).toContain(`contact group "${name}" is missing`);
    }
  });
  await empty.close();
});

test.concurrent('from the maximum on every failed pass exits with 1, until one succeeds', async () => {
  const settings = { MAILROOM_MAX_CONSECUTIVE_FAILURES: '3' };
  await onStandIn(programs, { settings }, async ({ account, mailroom }) => {
    await mailroom.writeState(stateAfterSuccess());
    account.faults.push(status('jmap', 400));

    const exits: unknown[] = [];
    for (let pass = 1; pass <= 4; pass += 1) {
      const run = await mailroom.run();
      exits.push([run.exitCode, ...run.events.slice(-2)]);
    }
    expect(exits).toEqual([
      [0, expect.anything(), 'poll_failed'],
      [0, expect.anything(), 'poll_failed'],
      [1, 'poll_failed', 'too_many_consecutive_failures'],
      [1, 'poll_failed', 'too_many_consecutive_failures'],
    ]);
    expect((await mailroom.status()).exitCode).toBe(1);

    account.faults.length = 0;
    const healed = await mailroom.run();
    expect(healed).toMatchObject({ exitCode: 0, end: { event: 'poll_complete' } });
    expect(await mailroom.readState()).toMatchObject({ consecutiveFailures: 0 });

    account.faults.push(status('jmap', 400));
    expect(await mailroom.run()).toMatchObject({ exitCode: 0, end: { event: 'poll_failed' } });
  });
});

test.concurrent.each([
  ['no JSON', 'this is no state'],
  ['empty', ''],
  ['of a version not known here', stateAfterSuccess({ version: 2 })],
])('a state that is %s: a warning, triage goes on', async (_what, content) => {
  await onStandIn(programs, {}, async (world) => {
    const { mailroom, scenario } = world;
    const id = await withWork(world);
    await mailroom.writeState(content);

    const run = await mailroom.run();

    expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete', processed: 1 } });
    expect(run.find('state_unreadable')).toMatchObject([{ level: 'warning' }]);
    expect((await scenario.whereabouts()).get(id)).toBe('Feed');
    expect(await mailroom.readState()).toMatchObject({ version: 1, consecutiveFailures: 0 });
  });
});

test.concurrent('a state that was lost is no fresh installation: a transient failure exits with 0', async () => {
  await onStandIn(programs, {}, async ({ account, mailroom }) => {
    await mailroom.writeState('this is no state');
    account.faults.push(status('jmap', 400));

    const first = await mailroom.run();
    const second = await mailroom.run();

    expect(first).toMatchObject({ exitCode: 0, end: { event: 'poll_failed' } });
    expect(second).toMatchObject({ exitCode: 0, end: { event: 'poll_failed' } });
    expect(await mailroom.readState()).toMatchObject({ consecutiveFailures: 2 });
  });
});

describe.concurrent('a state that cannot be written', () => {
  // A folder below a device can be made by nobody, root included.
  const env = { MAILROOM_STATE_FILE: '/dev/null/state/state.json' };

  test('after success: an error is logged, exit code 0', async () => {
    await onStandIn(programs, {}, async (world) => {
      const { mailroom, scenario } = world;
      const id = await withWork(world);

      const run = await mailroom.run({ env });

      expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete', processed: 1 } });
      expect(run.find('state_write_failed')).toMatchObject([{ level: 'error' }]);
      expect((await scenario.whereabouts()).get(id)).toBe('Feed');
    });
  });

  test('after a startup failure: an error is logged, exit code 1', async () => {
    await onStandIn(programs, {}, async ({ mailroom }) => {
      const run = await mailroom.run({
        env: { ...env, MAILROOM_JMAP_TOKEN: 'fake-token-that-nobody-gave' },
      });

      expect(run).toMatchObject({ exitCode: 1, end: { event: 'startup_failed' } });
      expect(run.find('state_write_failed')).toMatchObject([{ level: 'error' }]);
    });
  });
});
