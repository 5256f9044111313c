import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

import { createIsolatedRunner, isolationNote, mayIsolate } from '../support/container.ts';
import { builtPrograms } from '../support/programs.ts';
import { recordedWrites } from '../support/run-mailroom.ts';
import { findPrivateText, PRIVATE_SUBJECT } from '../support/run-mailroom-privacy.ts';
import {
  type OnStandIn,
  onStandIn,
  stateAfterSuccess,
} from '../support/run-mailroom-on-stand-in.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';

/*
 * What a run prints, and never prints. That no token, password, subject or body is in standard output,
 * standard error and state is checked by `run` after every run of every end-to-end test; here the
 * servers do their worst to get one in.
 */

const programs = builtPrograms();

/** A bit of everything: a new contact, an existing one with another name, a conflict, no sender. */
async function arrangeAll({ account, scenario }: OnStandIn): Promise<void> {
  const card = ['UID:known', 'FN:Known', 'N:;;;;', 'EMAIL:known@o.example', 'NOTE:A body.'];
  const lines = ['BEGIN:VCARD', 'VERSION:3.0', ...card, 'END:VCARD', ''];
  await account.putCard('known.vcf', lines.join('\r\n'));
  await scenario.addMember('Jail', 'known');
  await scenario.email({ from: 'New <new@o.example>', in: ['Screener', '@ToFeed'] });
  await scenario.emails(3, { from: 'New <new@o.example>', in: ['Screener'] });
  await scenario.email({ from: 'Other <known@o.example>', in: ['Screener', '@ToImbox'] });
  await scenario.email({ from: 'Other <known@o.example>', in: ['Jail'] });
  await scenario.email({ from: 'torn@o.example', in: ['Screener', '@ToFeed'] });
  await scenario.email({ from: 'torn@o.example', in: ['Screener', '@ToJail'] });
  await scenario.email({ from: null, in: ['Screener', '@ToFeed'] });
}

describe.concurrent('the log', () => {
  test('run_started and poll_complete carry the fields that dashboards read', async () => {
    await onStandIn(programs, {}, async (world) => {
      await arrangeAll(world);
      const { account, mailroom } = world;

      const run = await mailroom.run();

      expect(run.lines[0]).toMatchObject({
        event: 'run_started',
        level: 'info',
        component: 'run',
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/u),
        state_store: `file ${mailroom.statePath}`,
        dry_run: false,
      });
      expect(run.end).toMatchObject({
        event: 'poll_complete',
        level: 'info',
        component: 'run',
        triaged_senders: 3,
        processed: 2,
        failed: 0,
        conflicts: 1,
        emails_swept: 6,
        http_requests: account.requests.length,
        duration_ms: expect.any(Number),
      });
      expect(run.events.filter((event) => event === 'poll_complete')).toHaveLength(1);
      expect(new Set(run.events)).toEqual(
        new Set([
          'run_started',
          'email_missing_sender',
          'conflict_detected',
          'error_label_set',
          'contact_upserted',
          'group_joined',
          'emails_swept',
          'group_reassigned',
          'name_mismatch_warning',
          'triage_complete',
          'poll_complete',
        ]),
      );
    });
  });

  test('http_requests counts retries and redirects, too', async () => {
    await onStandIn(programs, {}, async (world) => {
      await arrangeAll(world);
      const { account, mailroom } = world;
      account.faults.push(
        { on: 'jmap', nth: 2, times: 2, fault: { kind: 'status', status: 503 } },
        { on: 'put-card', nth: 1, fault: { kind: 'resetAfter' } },
        { on: 'report', nth: 1, fault: { kind: 'truncateBody', bytes: 30 } },
      );

      const run = await mailroom.run();

      expect(run.end).toMatchObject({ event: 'poll_complete', processed: 2, failed: 0 });
      expect(run.find('request_retried')).toHaveLength(4);
      expect(
        account.requests.some(({ kind, status }) => kind === 'well-known' && status === 301),
      ).toBe(true);
      expect(run.end['http_requests']).toBe(account.requests.length);
    });
  });

  test.each(['debug', 'info', 'warning', 'error', 'WARN', 'critical'])(
    'at level %s no line is below it',
    async (level) => {
      await onStandIn(programs, {}, async (world) => {
        await arrangeAll(world);

        const run = await world.mailroom.run({ env: { MAILROOM_LOG_LEVEL: level } });

        const order = ['debug', 'info', 'warning', 'error'];
        const least = { warn: 'warning', critical: 'error' }[level.toLowerCase()] ?? level;
        const levels = new Set(run.lines.map((line) => line.level));
        expect([...levels].filter((one) => order.indexOf(one) < order.indexOf(least))).toEqual([]);
        expect(run.exitCode).toBe(0);
        expect(levels.has(least)).toBe(least !== 'error');
      });
    },
  );

  test('every line arrives where the reader is slow', async () => {
    await onStandIn(programs, {}, async ({ scenario, mailroom }) => {
      const senders = 1500;
      for (let n = 0; n < senders; n += 1) {
        await scenario.email({ from: `s${n}@slow.example`, in: ['Screener', '@ToFeed'] });
      }

      const run = await mailroom.run({ unreadMs: 4000, env: { MAILROOM_LOG_LEVEL: 'debug' } });

      // More than the pipe and both ends hold.
      expect(run.stdout.length).toBeGreaterThan(600_000);
      expect(run.find('triage_complete')).toHaveLength(senders);
      expect(run.end).toMatchObject({ event: 'poll_complete', processed: senders });
      expect(run.exitCode).toBe(0);
    });
  });
});

describe.concurrent('a dry run', () => {
  const WAYS = [
    { what: '--dry-run', options: { args: ['--dry-run'] } },
    { what: 'MAILROOM_DRY_RUN=true', options: { env: { MAILROOM_DRY_RUN: 'true' } } },
  ];

  test.each(WAYS)('$what: nothing is written, all is said', async ({ options }) => {
    await onStandIn(programs, {}, async (world) => {
      await arrangeAll(world);
      const { account, scenario, mailroom } = world;
      const before = [await account.cards(), await scenario.whereabouts()];

      const run = await mailroom.run(options);

      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      expect(recordedWrites(account)).toEqual([]);
      expect([await account.cards(), await scenario.whereabouts()]).toEqual(before);
      expect(await mailroom.readState()).toBeNull();
      expect(run.lines[0]).toMatchObject({ event: 'run_started', dry_run: true });
      expect(run.end).toMatchObject({ event: 'poll_complete', dry_run: true, processed: 2 });
      for (const [event, fields] of [
        ['would_create_contact', { sender: 'new@o.example' }],
        ['would_update_contact', { sender: 'known@o.example' }],
        ['would_join_group', { sender: 'known@o.example' }],
        ['would_leave_group', { sender: 'known@o.example' }],
        ['would_sweep_emails', { sender: 'new@o.example', emails: 3 }],
        ['would_finish_emails', { sender: 'new@o.example' }],
        ['would_label_emails', { emails: 3 }],
        ['would_warn_of_name', { sender: 'known@o.example' }],
      ] as const) {
        expect(run.find(event)).toContainEqual(expect.objectContaining(fields));
      }
      for (const event of ['contact_upserted', 'group_joined', 'emails_swept', 'triage_complete']) {
        expect(run.find(event)).toEqual([]);
      }
    });
  });

  test('leaves the state of earlier passes alone', async () => {
    await onStandIn(programs, {}, async ({ account, mailroom }) => {
      const state = stateAfterSuccess({ consecutiveFailures: 3 });
      await mailroom.writeState(state);
      await mailroom.run({ args: ['--dry-run'] });
      account.faults.push({ on: 'jmap', times: Infinity, fault: { kind: 'status', status: 400 } });
      await mailroom.run({ args: ['--dry-run'] });

      expect(await readFile(mailroom.statePath, 'utf8')).toBe(state);
    });
  });

  test('the pass after it does what it said', async () => {
    await onStandIn(programs, {}, async (world) => {
      await arrangeAll(world);

      const dry = await world.mailroom.run({ args: ['--dry-run'] });
      const real = await world.mailroom.run();

      const { triaged_senders, processed, conflicts, emails_swept } = dry.end;
      expect(real.end).toMatchObject({ triaged_senders, processed, conflicts, emails_swept });
    });
  });
});

/** Servers and proxies that send back what they were sent, or what is in the mail. */
const INDISCREET: readonly {
  readonly what: string;
  readonly rule: (secret: string) => FaultRule;
}[] = [
  {
    what: 'problem+json that quotes it',
    rule: (secret) => ({
      on: 'jmap',
      times: Infinity,
      fault: {
        kind: 'status',
        status: 400,
        headers: { 'content-type': 'application/problem+json' },
        body: JSON.stringify({ type: 'about:blank', status: 400, detail: `saw ${secret}` }),
      },
    }),
  },
  {
    what: 'an error page that quotes it',
    rule: (secret) => ({
      on: 'report',
      times: Infinity,
      fault: { kind: 'status', status: 500, body: `<html>${secret}</html>` },
    }),
  },
  {
    what: 'a DAV:error that quotes it',
    rule: (secret) => ({
      on: 'put-card',
      times: Infinity,
      fault: {
        kind: 'status',
        status: 403,
        headers: { 'content-type': 'application/xml' },
        body: `<error xmlns="DAV:"><x-${secret.replaceAll(/[^\w.-]/gu, '')}/></error>`,
      },
    }),
  },
  {
    what: 'a method error that quotes it',
    rule: (secret) => ({
      on: 'Mailbox/get',
      times: Infinity,
      fault: { kind: 'methodError', method: 'Mailbox/get', type: `forbidden ${secret}` },
    }),
  },
  {
    what: 'a SetError that quotes it',
    rule: (secret) => ({
      on: 'Email/set',
      times: Infinity,
      fault: { kind: 'setError', emailIds: 'all', type: `forbidden ${secret}` },
    }),
  },
  {
    what: 'a redirect with it in the URL',
    rule: (secret) => ({
      on: 'session',
      times: Infinity,
      fault: {
        kind: 'status',
        status: 302,
        headers: {
          location: `https://u:${encodeURIComponent(secret)}@evil.example/?t=${encodeURIComponent(secret)}`,
        },
      },
    }),
  },
  {
    what: 'JSON that breaks off in it',
    rule: (secret) => ({
      on: 'jmap',
      times: Infinity,
      fault: { kind: 'status', status: 200, body: `{"methodResponses":"${secret}` },
    }),
  },
  {
    what: 'Retry-After made of it',
    rule: (secret) => ({
      on: 'jmap',
      times: Infinity,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': secret } },
    }),
  },
];

const LEAKS = INDISCREET.flatMap((row) =>
  (['debug', 'info'] as const).map((level) => ({ ...row, level })),
);

describe.concurrent('what a server sends back', () => {
  test.each(LEAKS)('$what, at level $level: no secret is printed or stored', async (row) => {
    await onStandIn(programs, {}, async (world) => {
      await arrangeAll(world);
      const { account, mailroom } = world;
      await mailroom.writeState(stateAfterSuccess());
      const basic = Buffer.from(`${account.username}:${account.password}`).toString('base64');

      for (const secret of [account.token, account.password, basic]) {
        account.faults.splice(0, Infinity, row.rule(secret));
        // `run` throws when it finds any of them.
        const run = await mailroom.run({ env: { MAILROOM_LOG_LEVEL: row.level } });
        expect(run.events).toContain('run_started');
        expect(run.end.event).toMatch(/^(?:poll_failed|startup_failed|poll_complete)$/u);
      }
    });
  });
});

test.skipIf(!mayIsolate).concurrent.each(['poll_complete', 'startup_failed'] as const)(
  `the termination message says %s, and no secret${isolationNote}`,
  async (event) => {
    const folder = await mkdtemp(join(tmpdir(), 'mailroom-termination-'));
    const terminationLog = join(folder, 'log');
    await writeFile(terminationLog, '');
    await chmod(terminationLog, 0o666);
    await onStandIn(programs, {}, async (world) => {
      await arrangeAll(world);
      const { account } = world;
      if (event === 'startup_failed') {
        const detail = `saw ${account.token}`;
        const headers = { 'content-type': 'application/problem+json' };
        const body = JSON.stringify({ type: 'about:blank', detail });
        const fault = { kind: 'status', status: 403, headers, body } as const;
        account.faults.push({ on: 'jmap', times: Infinity, fault });
      }
      const child = createIsolatedRunner('/')({
        command: [process.execPath, '/srv/run-once.js'],
        env: {
          PATH: process.env['PATH'] ?? '',
          MAILROOM_JMAP_TOKEN: account.token,
          MAILROOM_CARDDAV_USERNAME: account.username,
          MAILROOM_CARDDAV_PASSWORD: account.password,
          MAILROOM_JMAP_SESSION_URL: account.sessionUrl,
          MAILROOM_CARDDAV_URL: account.cardDavUrl,
          // The root is read-only: that is logged, and changes nothing else.
          MAILROOM_STATE_FILE: '/srv/state.json',
        },
        workingDir: '/',
        user: 0,
        mounts: [{ source: programs.folder, path: '/srv' }],
        terminationLog,
      });
      const [stdout, stderr] = child.stdio.slice(1, 3);
      const printed = await Promise.all(
        [stdout, stderr].map((stream) => text(stream as NodeJS.ReadableStream)),
      );

      const message = await readFile(terminationLog, 'utf8');
      expect(message).toContain(event);
      expect(message.length).toBeLessThanOrEqual(4096);
      for (const output of [message, ...printed]) {
        const passwords = [account.password];
        expect(
          findPrivateText(output, [account.token], { username: account.username, passwords }),
        ).toBeNull();
      }
    });
    await rm(folder, { recursive: true });
  },
);

describe('the check for private text finds', () => {
  const token = 'fake-token-0123';
  const basic = { username: 'user@p.example', passwords: ['fake password/1'] };
  test.each([
    ['the token', `x${token}x`],
    ['the token in base64', Buffer.from(token).toString('base64')],
    ['the password in a URL', 'https://u:fake%20password%2F1@host/'],
    [
      'user and password in base64',
      Buffer.from('user@p.example:fake password/1').toString('base64'),
    ],
    ['a subject', `say ${PRIVATE_SUBJECT}`],
    ['a body', 'A body.'],
  ])('%s', (_what, printed) => {
    expect(findPrivateText(printed, [token], basic)).not.toBeNull();
    expect(findPrivateText('poll_complete', [token], basic)).toBeNull();
  });
});
