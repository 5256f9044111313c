import { createServer, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { runOnce } from '../../src/run/once.ts';
import { runOptions } from '../support/run-options.ts';
import { builtPrograms } from '../support/programs.ts';
import { install } from '../support/run-mailroom.ts';
import { runSetup, setupEnvironment, useSetupAccount } from '../support/run-setup.ts';
import { arrangeScenario } from '../support/scenario.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';

/* The typical mistakes of a first day: what is typed, and what is said. */

const programs = builtPrograms();

describe('typed wrong', () => {
  let account: StandIn;
  let env: Readonly<Record<string, string>>;
  let remove: () => Promise<void>;
  let webServer: Server;
  let webUrl: string;

  beforeAll(async () => {
    account = await startStandIn();
    ({ env, remove } = await setupEnvironment(account));
    webServer = createServer(({ url }, response) => {
      response.statusCode = url === '/gone' ? 404 : 200;
      response.setHeader('content-type', 'text/html');
      response.end('<html><form>Log in</form></html>');
    });
    await new Promise<void>((resolve) => webServer.listen(0, '127.0.0.1', resolve));
    webUrl = `http://127.0.0.1:${(webServer.address() as { port: number }).port}/`;
  });
  afterAll(async () => {
    webServer.close();
    await remove();
    await account.close();
  });

  type Typed = (name: string) => string;
  const mistakes: readonly (readonly [string, Readonly<Record<string, string | Typed>>, RegExp])[] =
    [
      [
        '.env.example copied and not filled in',
        { MAILROOM_JMAP_TOKEN: 'EXAMPLE-not-a-real-token' },
        /MAILROOM_JMAP_TOKEN still has the value of \.env\.example/u,
      ],
      [
        'the app password not filled in',
        { MAILROOM_CARDDAV_PASSWORD: 'EXAMPLE-not-a-real-password' },
        /MAILROOM_CARDDAV_PASSWORD still has the value of \.env\.example/u,
      ],
      [
        'the address not filled in',
        { MAILROOM_CARDDAV_USERNAME: 'you@example.com' },
        /MAILROOM_CARDDAV_USERNAME still has the value of \.env\.example/u,
      ],
      [
        'a token that was taken back',
        { MAILROOM_JMAP_TOKEN: 'no-longer-a-token' },
        /Make a new API token in Fastmail \(Settings > Privacy & Security > Manage API tokens/u,
      ],
      [
        'an app password with a slip of the finger',
        { MAILROOM_CARDDAV_PASSWORD: 'not-quite-it' },
        /Is MAILROOM_CARDDAV_USERNAME the address you log in with\? If so, make a new app password/u,
      ],
      [
        'the token in both places',
        { MAILROOM_CARDDAV_PASSWORD: 'fmu1-made-up-token' },
        /MAILROOM_CARDDAV_PASSWORD is an API token/u,
      ],
      [
        'quotes that the container’s env file keeps',
        { MAILROOM_JMAP_TOKEN: '"a-token"' },
        /MAILROOM_JMAP_TOKEN has quotes around it/u,
      ],
      [
        'half the address',
        { MAILROOM_CARDDAV_USERNAME: 'alice' },
        /MAILROOM_CARDDAV_USERNAME has no @/u,
      ],
      ['no token', { MAILROOM_JMAP_TOKEN: '' }, /MAILROOM_JMAP_TOKEN/u],
      [
        'a variable with a letter missing',
        { MAILROOM_SCREENER_MAILBX: 'Waiting' },
        /MAILROOM_SCREENER_MAILBX is no setting: did you mean MAILROOM_SCREENER_MAILBOX\?/u,
      ],
      [
        'a host that is not there',
        { MAILROOM_CARDDAV_URL: 'https://dav.mail.invalid/' },
        /Is the host name in MAILROOM_CARDDAV_URL right, and is this machine online\?/u,
      ],
      [
        'a path that is not there',
        { MAILROOM_JMAP_SESSION_URL: () => `${webUrl}gone` },
        /Is MAILROOM_JMAP_SESSION_URL right\?/u,
      ],
      [
        'a port where nobody listens',
        { MAILROOM_JMAP_SESSION_URL: 'http://127.0.0.1:9/jmap/session' },
        /Is the port in MAILROOM_JMAP_SESSION_URL right/u,
      ],
      [
        'https to a port that speaks http',
        { MAILROOM_CARDDAV_URL: (url) => url.replace('http:', 'https:') },
        /Does the port in MAILROOM_CARDDAV_URL speak https\?/u,
      ],
      [
        'the address of the webmail for JMAP',
        { MAILROOM_JMAP_SESSION_URL: () => webUrl },
        /a web page, perhaps a log-in page.*Is MAILROOM_JMAP_SESSION_URL right\?/u,
      ],
      [
        'the address of the webmail for contacts',
        { MAILROOM_CARDDAV_URL: () => webUrl },
        /a web page, perhaps a log-in page.*Is MAILROOM_CARDDAV_URL right\?/u,
      ],
      [
        'plain http to another machine',
        { MAILROOM_CARDDAV_URL: 'http://dav.mail.invalid/' },
        /MAILROOM_CARDDAV_URL/u,
      ],
      [
        'a label without @',
        { MAILROOM_LABEL_TO_FEED: 'ToFeed' },
        /MAILROOM_LABEL_TO_FEED must have a name that begins with @ .*: mail sent to you\+Name@/u,
      ],
      [
        'a destination that is deleted in the end',
        { MAILROOM_GROUP_JAIL: 'Trash' },
        /mail must not be swept into it, name another one/u,
      ],
      [
        'a category that is nearly a default',
        { MAILROOM_CATEGORIES: '["Feeds", "Jail"]' },
        /"Feeds" in MAILROOM_CATEGORIES is a category of your own.*did you mean "Feed"\?/u,
      ],
      [
        'categories that are no JSON',
        { MAILROOM_CATEGORIES: 'Feed, Jail' },
        /is not JSON.*a right value/u,
      ],
    ];

  test('twenty of them at least', () => {
    expect(new Set(mistakes.map(([name]) => name)).size).toBeGreaterThanOrEqual(20);
  });

  test.each(mistakes)('%s', async (_name, typed, said) => {
    const changed = Object.fromEntries(
      Object.entries(typed).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : value(env[name] ?? ''),
      ]),
    );

    const { exitCode, stdout } = await runSetup(programs, { ...env, ...changed });

    expect(exitCode).toBe(1);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toMatch(said);
  });

  test('a pass says the same', async () => {
    const mailroom = await install(programs, account);
    const wrong = {
      MAILROOM_JMAP_TOKEN: 'no-longer-a-token',
      MAILROOM_CARDDAV_PASSWORD: 'nor-this',
    };

    const { end } = await mailroom.run({ env: wrong });
    await mailroom.remove();

    expect(end).toMatchObject({ event: 'startup_failed' });
    const said = JSON.stringify(end);
    expect(said).toContain('Make a new API token in Fastmail');
    expect(said).toContain('make a new app password in Fastmail');
  });
});

test('a clock that is ten minutes ahead: a pass goes on, and says so', async () => {
  const account = await startStandIn();
  const scenario = await arrangeScenario(account);
  await scenario.email({ from: 'news@sender.example', in: ['Screener', '@ToFeed'] });
  const { env, remove } = await setupEnvironment(account);
  const output = new PassThrough();
  const printed = text(output);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 });
  try {
    const exitCode = await runOnce(runOptions(output, { env }));
    expect(exitCode).toBe(0);
  } finally {
    vi.useRealTimers();
    output.end();
    await remove();
    await account.close();
  }

  const lines = (await printed).trimEnd().split('\n');
  const said = lines.map((line): unknown => JSON.parse(line));
  // One line, however many answers say so.
  expect(lines.filter((line) => line.includes('clock_off'))).toHaveLength(1);
  expect(said).toContainEqual(
    expect.objectContaining({
      event: 'clock_off',
      level: 'warning',
      problem: expect.stringMatching(
        /^(?:599|60\d) s ahead of 127\.0\.0\.1:\d+: set this machine's clock$/u,
      ),
    }),
  );
  expect(said.at(-1)).toMatchObject({ event: 'poll_complete', processed: 1 });
});

describe('made by hand, and nearly right', () => {
  let account: StandIn;
  let env: Readonly<Record<string, string>>;
  useSetupAccount((prepared) => ({ account, env } = prepared));

  test.each([
    ['a label in other letters', '@tofeed', '@ToFeed'],
    ['a mailbox without its space', 'PaperTrail', 'Paper Trail'],
    ['a mailbox with an accent', 'Scréener', 'Screener'],
  ])('%s is offered, and none is created beside it', async (_name, there, wanted) => {
    await account.createMailbox(there);

    const { exitCode, stdout } = await runSetup(programs, env, '--apply');

    expect(exitCode).toBe(1);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain(`${wanted}: there is "${there}"`);
    await expect(account.mailboxId(wanted)).rejects.toThrow('no mailbox');
    await expect(account.mailboxId('Jail')).resolves.toBeDefined();
  });

  test('a contact group in other letters is offered, and none is created beside it', async () => {
    await runSetup(programs, { ...env, MAILROOM_GROUP_FEED: 'feed' }, '--apply');

    const { exitCode, stdout } = await runSetup(programs, env, '--apply');

    expect(exitCode).toBe(1);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain('Feed: there is "feed"');
    expect(await account.cards()).toHaveProperty('size', 4);
  });

  test('the token of one account with the app password of another', async () => {
    account.faults.push({
      on: 'session',
      times: Infinity,
      fault: { kind: 'replaceJson', change: (json) => ({ ...json, username: 'bob@mail.example' }) },
    });

    const { stdout } = await runSetup(programs, env);

    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain(
      'The token is for the mail of bob@mail.example, the app password for the contacts of alice@mail.example',
    );
  });

  test('a member of a group that is a pattern', async () => {
    const card = [
      'BEGIN:VCARD',
      'VERSION:3.0',
      'UID:p-1',
      'FN:All',
      'N:;;;;',
      'EMAIL:*@mail.example',
    ];
    await account.putCard('all.vcf', [...card, 'END:VCARD', ''].join('\r\n'));
    await account.putGroup('Feed', ['p-1']);

    const { exitCode, stdout } = await runSetup(programs, env, '--apply');

    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain(
      'Group "Feed" has the member *@mail.example: a rule may read that as everybody there, strangers too.',
    );
  });

  test('a rule that is missing: mail of a member is in Screener', async () => {
    await runSetup(programs, env, '--apply');
    const mailroom = await install(programs, account);
    const [screener, label] = [
      await account.mailboxId('Screener'),
      await account.mailboxId('@ToFeed'),
    ];
    const from = 'News <news@sender.example>';
    await account.addEmail({ from, mailboxIds: [screener, label] });
    await mailroom.run();
    const before = await runSetup(programs, env);
    // No rule for Feed took this one.
    await account.addEmail({ from, mailboxIds: [screener] });
    await account.addEmail({ from: 'Else <else@other.example>', mailboxIds: [screener] });

    const { exitCode, stdout } = await runSetup(programs, env);
    await mailroom.remove();

    expect(before.stdout).not.toContain('is in Screener');
    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain(
      'Mail of news@sender.example of group "Feed" is in Screener: the rule for "Feed" is missing, or is below the one for Screener.',
    );
    expect(stdout).not.toContain('else@other.example');
  });
});
