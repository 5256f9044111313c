import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { install, readEtags, recordedWrites } from '../support/run-mailroom.ts';
import { runSetup, runSetupJson, setupEnvironment, useSetupAccount } from '../support/run-setup.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import { describeEachServer, type TestAccount } from '../support/test-account.ts';

/* From an account that nobody prepared to one that a pass can work on. */

const MAILBOXES = ['mailbox Screener', 'mailbox Feed', 'mailbox Paper Trail', 'mailbox Jail'];
const LABELS = [
  'triage label @ToImbox',
  'triage label @ToFeed',
  'triage label @ToPaperTrail',
  'triage label @ToJail',
  'triage label @ToPerson',
  'error label @MailroomError',
  'warning label @MailroomWarning',
];
const GROUPS = ['Imbox', 'Feed', 'Paper Trail', 'Jail'].map((name) => `contact group ${name}`);
const CREATABLE = [...MAILBOXES, ...LABELS, ...GROUPS];
const GIVEN = [
  'credential MAILROOM_JMAP_TOKEN',
  'credential MAILROOM_CARDDAV_PASSWORD',
  'server limits JMAP',
  'mailbox Inbox',
  'clock local clock',
];

const programs = builtPrograms();

describeEachServer('a fresh account', ({ open }) => {
  let account: TestAccount;
  let env: Readonly<Record<string, string>>;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    account = await open();
    ({ env, remove } = await setupEnvironment(account));
  });
  afterAll(async () => {
    await remove?.();
    await account?.close();
  });

  test('without --apply: all that is missing is named, and nothing is written', async () => {
    const before = await readEtags(account);

    const { exitCode, report, statuses } = await runSetupJson(programs, env);

    expect(exitCode).toBe(1);
    expect(report).toMatchObject({ ok: false, applied: false });
    expect(report.counts).toEqual({ exists: 6, missing: 15, optional: 1, created: 0, failed: 0 });
    for (const item of CREATABLE) expect([item, statuses.get(item)]).toEqual([item, 'missing']);
    for (const item of GIVEN) expect([item, statuses.get(item)]).toEqual([item, 'exists']);
    expect(recordedWrites(account)).toEqual([]);
    expect(await readEtags(account)).toEqual(before);
    await expect(account.mailboxId('Screener')).rejects.toThrow('no mailbox');
  });

  test('with --apply: it is created, and nothing else', async () => {
    const { exitCode, report, statuses } = await runSetupJson(programs, env, '--apply');

    expect(report.counts).toEqual({ exists: 6, missing: 0, optional: 0, created: 16, failed: 0 });
    for (const item of CREATABLE) expect([item, statuses.get(item)]).toEqual([item, 'created']);
    expect(exitCode).toBe(0);
    expect(Object.keys(await readEtags(account))).toHaveLength(4);
  });

  test('again: nothing to do, and nothing is written', async () => {
    const before = await readEtags(account);
    const writes = recordedWrites(account).length;

    const { exitCode, stdout } = await runSetup(programs, env, '--apply');

    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      'Result: 22 as it should be.\nNothing to do. The account is ready, except for the rules below',
    );
    expect(recordedWrites(account)).toHaveLength(writes);
    expect(await readEtags(account)).toEqual(before);
  });

  test('a pass finds all that it needs then', async () => {
    const mailroom = await install(programs, account);
    const mailboxIds = [await account.mailboxId('Screener'), await account.mailboxId('@ToFeed')];
    const id = await account.addEmail({ from: 'News <news@first.example>', mailboxIds });

    const { end, exitCode } = await mailroom.run();

    expect(end).toMatchObject({ event: 'poll_complete', processed: 1 });
    expect(exitCode).toBe(0);
    const feed = await account.mailboxId('Feed');
    expect((await account.emails()).get(id)?.mailboxIds).toEqual(new Set([feed]));
    await mailroom.remove();
  });

  test('paths are made from the top, each part once', async () => {
    const paths = {
      MAILROOM_SCREENER_MAILBOX: 'Inbox/Waiting',
      MAILROOM_GROUP_FEED: 'Reading/Daily/News',
      MAILROOM_LABEL_TO_FEED: 'Reading/Daily/@News',
    };

    const { exitCode, statuses } = await runSetupJson(programs, { ...env, ...paths }, '--apply');

    expect(exitCode).toBe(0);
    expect(statuses.get('mailbox Inbox/Waiting')).toBe('created');
    expect(statuses.get('contact group Reading/Daily/News')).toBe('created');
    const ids = await Promise.all(
      ['Inbox/Waiting', 'Reading/Daily/News', 'Reading/Daily/@News'].map((path) =>
        account.mailboxId(path),
      ),
    );
    expect(new Set(ids).size).toBe(3);
  });

  test('mailboxes of the same name in two places are told apart by their paths', async () => {
    const work = await account.createMailbox('Work');
    const home = await account.createMailbox('Home');
    await account.createMailbox('Later', { parentId: work });
    await account.createMailbox('Later', { parentId: home });

    const changed = { ...env, MAILROOM_SCREENER_MAILBOX: 'Later' };
    const { exitCode, detail } = await runSetupJson(programs, changed, '--apply');

    expect(exitCode).toBe(1);
    expect(detail('Later')).toContain('"Home/Later"');
    expect(detail('Later')).toContain('"Work/Later"');
  });

  test('the app password is refused: mail is reported all the same', async () => {
    const changed = { ...env, MAILROOM_CARDDAV_PASSWORD: 'made-up-password' };

    const { exitCode, statuses, detail } = await runSetupJson(programs, changed, '--apply');

    expect(exitCode).toBe(1);
    expect(statuses.get('credential MAILROOM_CARDDAV_PASSWORD')).toBe('failed');
    expect(detail('MAILROOM_CARDDAV_PASSWORD')).toContain('401');
    expect(detail('MAILROOM_CARDDAV_PASSWORD')).toContain('Manage app passwords');
    for (const item of GROUPS) expect(statuses.get(item)).toBe('failed');
    for (const item of [...MAILBOXES, ...LABELS]) expect(statuses.get(item)).toBe('exists');
  });

  test('the token is refused: contacts are reported all the same', async () => {
    const changed = { ...env, MAILROOM_JMAP_TOKEN: 'made-up-token-123' };

    const { exitCode, statuses, detail } = await runSetupJson(programs, changed, '--apply');

    expect(exitCode).toBe(1);
    expect(statuses.get('credential MAILROOM_JMAP_TOKEN')).toBe('failed');
    expect(detail('MAILROOM_JMAP_TOKEN')).toContain('Manage API tokens');
    for (const item of [...MAILBOXES, ...LABELS]) expect(statuses.get(item)).toBe('failed');
    for (const item of GROUPS) expect(statuses.get(item)).toBe('exists');
  });
});

describe('what goes wrong for one thing', () => {
  let account: StandIn;
  let env: Readonly<Record<string, string>>;
  useSetupAccount((prepared) => ({ account, env } = prepared));

  const failing: readonly (readonly [string, FaultRule, string, string])[] = [
    [
      'a mailbox that the server refuses',
      {
        on: 'Mailbox/set',
        nth: 2,
        fault: { kind: 'methodError', method: 'Mailbox/set', type: 'forbidden' },
      },
      'mailbox Feed',
      'forbidden',
    ],
    [
      'a contact group that the server refuses',
      { on: 'put-card', nth: 2, fault: { kind: 'status', status: 403 } },
      'contact group Feed',
      '403',
    ],
    [
      'a group that was accepted and not kept',
      { on: 'put-card', nth: 3, fault: { kind: 'status', status: 201 } },
      'contact group Paper Trail',
      'does not list it',
    ],
  ];

  test.each(failing)('%s: the others are created', async (_name, fault, item, reason) => {
    account.faults.push(fault);

    const { exitCode, report, statuses, detail } = await runSetupJson(programs, env, '--apply');

    expect(exitCode).toBe(1);
    expect(report.counts).toEqual({ exists: 6, missing: 0, optional: 0, created: 15, failed: 1 });
    expect(statuses.get(item)).toBe('failed');
    expect(detail(item)).toContain(reason);
  });

  test.each([
    ['of a mailbox', 'Mailbox/set'],
    ['of a contact group', 'put-card'],
  ] as const)('the answer to the creation %s is lost: it is there once', async (_name, on) => {
    account.faults.push({ on, fault: { kind: 'resetAfter' } });

    const { exitCode, report } = await runSetupJson(programs, env, '--apply');

    expect(exitCode).toBe(0);
    expect(report.counts['failed']).toBe(0);
    const names = [...account.mail.mailboxes.values()].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(await account.cards()).toHaveProperty('size', 4);
  });

  test('an account that may only be read', async () => {
    account.faults.push({
      on: 'session',
      times: Infinity,
      fault: {
        kind: 'replaceJson',
        change: (json) => {
          for (const one of Object.values(json.accounts))
            Object.assign(one as object, { isReadOnly: true });
          return json;
        },
      },
    });

    const { exitCode, statuses, detail } = await runSetupJson(programs, env, '--apply');

    expect(exitCode).toBe(1);
    expect(statuses.get('credential MAILROOM_JMAP_TOKEN')).toBe('failed');
    expect(detail('MAILROOM_JMAP_TOKEN')).toContain('read-only');
    expect(statuses.get('contact group Imbox')).toBe('created');
  });

  test('an address book that may only be read', async () => {
    const readOnly =
      '<d:current-user-privilege-set xmlns:d="DAV:"><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>';
    account.faults.push({
      on: 'propfind',
      times: Infinity,
      fault: {
        kind: 'replaceText',
        change: (text) => text.replaceAll(/(<([a-z]+:)?prop>)/giu, `$1${readOnly}`),
      },
    });

    const { exitCode, detail } = await runSetupJson(programs, env);

    expect(exitCode).toBe(1);
    expect(detail('MAILROOM_CARDDAV_PASSWORD')).toContain('may not write to any address book');
  });

  test('two names for one mailbox', async () => {
    const changed = {
      ...env,
      MAILROOM_SCREENER_MAILBOX: 'Feed/@Wait',
      MAILROOM_LABEL_TO_JAIL: '@Wait',
    };
    await runSetupJson(programs, { ...env, MAILROOM_SCREENER_MAILBOX: 'Feed/@Wait' }, '--apply');

    const { exitCode, statuses, detail } = await runSetupJson(programs, changed, '--apply');

    expect(exitCode).toBe(1);
    expect(statuses.get('categories use of mailboxes')).toBe('failed');
    expect(detail('use of mailboxes')).toContain('one mailbox');
  });

  test('a state file in a place that is no folder', async () => {
    const file = join(env['HOME'] ?? '', 'file');
    await writeFile(file, '');

    const changed = { ...env, MAILROOM_STATE_FILE: join(file, 'state.json') };
    const { exitCode, report } = await runSetupJson(programs, changed, '--apply');

    expect(exitCode).toBe(1);
    expect(report.items.find(({ area }) => area === 'state')).toMatchObject({ status: 'failed' });
    expect(report.counts).toMatchObject({ created: 16, failed: 1 });
  });

  test('the server is down: each part says so, within the time of the pass', async () => {
    const changed = {
      ...env,
      MAILROOM_JMAP_SESSION_URL: 'http://127.0.0.1:9/jmap/session',
      MAILROOM_CARDDAV_URL: 'http://127.0.0.1:9/',
    };

    const { exitCode, report, detail } = await runSetupJson(programs, changed);

    expect(exitCode).toBe(1);
    expect(detail('MAILROOM_JMAP_TOKEN')).toContain('127.0.0.1:9');
    expect(detail('MAILROOM_CARDDAV_PASSWORD')).toContain('127.0.0.1:9');
    expect(report.items.find(({ area }) => area === 'state')).toMatchObject({ status: 'exists' });
  });
});

describe('what a person sees', () => {
  let account: StandIn;
  let env: Readonly<Record<string, string>>;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    account = await startStandIn();
    ({ env, remove } = await setupEnvironment(account));
  });
  afterAll(async () => {
    await remove();
    await account.close();
  });

  test('a report without colour on a pipe, and the rules to make by hand in their order', async () => {
    const { stdout, stderr } = await runSetup(programs, env);

    expect(stderr).toBe('');
    expect(stdout).not.toContain('\u001B');
    expect(stdout).toContain('  missing   Screener\n');
    expect(stdout).toContain('Run setup again with --apply to create what is missing.');
    const conditions = [...stdout.matchAll(/^ +\d\. If {4}(.+?)(?: +\(.*)?$/gmu)].map(
      ([, text]) => text,
    );
    expect(conditions).toEqual([
      'Sender is a member of group "Feed"',
      'Sender is a member of group "Paper Trail"',
      'Sender is a member of group "Jail"',
      'Sender is not a contact',
    ]);
  });

  test('categories of one’s own: their mailboxes, groups and rules', async () => {
    const categories = ['Feed', { name: 'Alerts', parent: 'Feed', addToInbox: true }];
    const changed = { ...env, MAILROOM_CATEGORIES: JSON.stringify(categories) };

    const { report, statuses } = await runSetupJson(programs, changed);

    expect([...statuses.keys()].filter((key) => /^(?:mailbox|triage|contact)/u.test(key))).toEqual([
      'mailbox Screener',
      'mailbox Feed',
      'mailbox Alerts',
      'triage label @ToFeed',
      'triage label @ToAlerts',
      'triage label @ToScreener',
      'contact group Feed',
      'contact group Alerts',
    ]);
    expect(report.rules).toMatchObject([
      {
        condition: 'Sender is a member of group "Alerts"',
        actions: ['Add label "Alerts"', 'Continue to apply other rules'],
      },
      { condition: 'Sender is a member of group "Alerts"', actions: ['Add label "Feed"'] },
      { actions: ['Archive (remove Inbox label)', 'Add label "Feed"'] },
      { condition: 'Sender is not a contact' },
    ]);
  });

  test('a variable that is none is named with the one that was meant', async () => {
    const { report } = await runSetupJson(programs, {
      ...env,
      MAILROOM_SCREENER_MAILBX: 'Waiting',
    });

    expect(report.warnings).toEqual([
      'MAILROOM_SCREENER_MAILBX is no setting: did you mean MAILROOM_SCREENER_MAILBOX?',
    ]);
  });

  test('settings that are wrong are all named, and nothing is sent', async () => {
    account.clearRequests();
    const { MAILROOM_CARDDAV_USERNAME: _, ...rest } = env;
    const wrong = { ...rest, MAILROOM_PASS_TIMEOUT: 'soon', MAILROOM_WARNINGS_ENABLED: 'maybe' };

    const { exitCode, report } = await runSetupJson(programs, wrong, '--apply');

    expect(exitCode).toBe(1);
    expect(report.ok).toBe(false);
    expect(report.problems).toEqual([
      expect.stringMatching(/^MAILROOM_CARDDAV_USERNAME /u),
      expect.stringMatching(/^MAILROOM_WARNINGS_ENABLED /u),
      expect.stringMatching(/^MAILROOM_PASS_TIMEOUT /u),
    ]);
    expect(account.requests).toEqual([]);
  });

  test('--apply with MAILROOM_DRY_RUN creates nothing, and says so', async () => {
    const writes = recordedWrites(account).length;
    const dry = { ...env, MAILROOM_DRY_RUN: 'true' };

    const { exitCode, report } = await runSetupJson(programs, dry, '--apply');

    expect(exitCode).toBe(1);
    expect(report).toMatchObject({ ok: false, applied: false, counts: { created: 0 } });
    expect(report.warnings).toEqual(['MAILROOM_DRY_RUN is set, so --apply created nothing']);
    expect(recordedWrites(account)).toHaveLength(writes);
  });

  test.each([
    ['--help', 0, 'stdout', /--apply[\s\S]+--json[\s\S]+MAILROOM_JMAP_TOKEN/u],
    ['--version', 0, 'stdout', /^mailroom \d+\.\d+\.\d+\n$/u],
    ['--aply', 1, 'stderr', /'--aply'\nDid you mean --apply\?/u],
  ] as const)('%s', async (flag, code, stream, text) => {
    const result = await runSetup(programs, env, flag);

    expect(result.exitCode).toBe(code);
    expect(result[stream]).toMatch(text);
  });
});
