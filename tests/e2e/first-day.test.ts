import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startProgram } from '../support/process.ts';
import { builtPrograms } from '../support/programs.ts';
import { PROJECT } from '../support/run-mailroom.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import { typeOnTerminal } from '../support/terminal.ts';

/*
 * The first day in a clone, on a terminal of 80 columns: what is written into .env and typed, and what
 * is said. What is typed wrong into a setting of a server has its rows in setup-mistakes.test.ts.
 */

const programs = builtPrograms();
const SETUP = programs.setup.join(' ');
const PASS = programs.runOnce.join(' ');
const WHY = programs.why.join(' ');
const STATUS = programs.status.join(' ');

let account: StandIn;
let home: string;
let folder: string;

beforeEach(async () => {
  account = await startStandIn({ username: 'me@home.example', token: 'fmu1-made-up' });
  home = await mkdtemp(join(tmpdir(), 'mailroom-home-'));
  folder = join(home, 'mailroom');
  await mkdir(folder);
});
afterEach(async () => {
  await account.close();
  await rm(home, { recursive: true });
});

/** The lines of .env that work, and after them those of the row. */
const filledIn = (...more: readonly string[]): string =>
  [
    `MAILROOM_JMAP_TOKEN=${account.token}`,
    `MAILROOM_CARDDAV_USERNAME=me@home.example`,
    `MAILROOM_CARDDAV_PASSWORD=${account.password}`,
    ...servers(),
    ...more,
    '',
  ].join('\n');

const servers = (): readonly string[] => [
  `MAILROOM_JMAP_SESSION_URL=${account.sessionUrl}`,
  `MAILROOM_CARDDAV_URL=${account.cardDavUrl}`,
];

const environment = (): Readonly<Record<string, string>> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  TERM: 'xterm',
  NO_COLOR: '1',
});

/** What the screen shows, and the exit code. */
async function type(command: string): Promise<{ readonly shown: string; readonly exit: string }> {
  const { shown } = await typeOnTerminal(`${command}; echo "exit $?"`, {
    columns: 80,
    env: environment(),
    cwd: folder,
  });
  const [, text = '', exit = ''] = /^([^]*)exit (\d+)\n$/u.exec(shown) ?? [];
  return { shown: text, exit };
}

const words = (text: string): string => text.replaceAll(/\s+/gu, ' ');

type Row = readonly [
  mistake: string,
  content: (() => string | Buffer | Promise<string>) | null,
  command: string,
  exit: string,
  said: RegExp,
];

const works =
  /exists MAILROOM_JMAP_TOKEN works, may write; .*Result: 6 as it should be, 15 missing/u;

describe('the file .env', () => {
  test.each<Row>([
    [
      'not made yet, setup',
      null,
      SETUP,
      '1',
      /There is no file \.env in \S+\. Make it \(cp \.env\.example \.env\)/u,
    ],
    [
      'not made yet, a pass',
      null,
      `${PASS} --dry-run`,
      '1',
      /There is no file \.env in \S+\. Make it/u,
    ],
    [
      'not made yet, why',
      null,
      WHY,
      '1',
      /There is no file \.env in .* MAILROOM_JMAP_TOKEN is required/u,
    ],
    [
      'the example as it is',
      async () => [await readFile(join(PROJECT, '.env.example'), 'utf8'), ...servers()].join('\n'),
      SETUP,
      '1',
      /MAILROOM_JMAP_TOKEN still has the value of \.env\.example .*MAILROOM_CARDDAV_USERNAME and MAILROOM_CARDDAV_PASSWORD still have the values of \.env\.example/u,
    ],
    ['in quotes', () => filledIn().replaceAll(/=(.*)$/gmu, "='$1'"), SETUP, '1', works],
    ['with export', () => filledIn().replaceAll(/^(?=M)/gmu, 'export '), SETUP, '1', works],
    ['with line ends of Windows', () => filledIn().replaceAll('\n', '\r\n'), SETUP, '1', works],
    ['with spaces at the ends', () => filledIn().replaceAll('\n', '  \n'), SETUP, '1', works],
    ['in UTF-16', () => Buffer.from(`\uFEFF${filledIn()}`, 'utf16le'), SETUP, '1', works],
    [
      'the two keys exchanged',
      () =>
        [
          `MAILROOM_JMAP_TOKEN=${account.password}`,
          'MAILROOM_CARDDAV_USERNAME=me@home.example',
          `MAILROOM_CARDDAV_PASSWORD=${account.token}`,
          ...servers(),
        ].join('\n'),
      SETUP,
      '1',
      /MAILROOM_JMAP_TOKEN and MAILROOM_CARDDAV_PASSWORD have changed places.*MAILROOM_CARDDAV_PASSWORD is an API token: contacts need an app password/u,
    ],
    [
      'Bearer before the token',
      () => filledIn().replace('=fmu1', '=Bearer fmu1'),
      SETUP,
      '1',
      /MAILROOM_JMAP_TOKEN must be the token alone, without white space/u,
    ],
    [
      'a time zone with a letter missing',
      () => filledIn('MAILROOM_DIGEST_TIMEZONE=Europe/Berln'),
      SETUP,
      '1',
      /MAILROOM_DIGEST_TIMEZONE must be the name of a time zone.*did you mean Europe\/Berlin\?/u,
    ],
    [
      'a digest that is true',
      () => filledIn('MAILROOM_DIGEST=true'),
      SETUP,
      '1',
      /MAILROOM_DIGEST must be off, daily or weekly/u,
    ],
    [
      'a time limit with its unit',
      () => filledIn('MAILROOM_REQUEST_TIMEOUT=30s'),
      PASS,
      '1',
      /you need to act: the settings are not valid\. MAILROOM_REQUEST_TIMEOUT must be a whole number of seconds/u,
    ],
    [
      'a server without https',
      () => filledIn('MAILROOM_JMAP_SESSION_URL=api.fastmail.com/jmap/session'),
      SETUP,
      '1',
      /MAILROOM_JMAP_SESSION_URL must be a whole URL, such as https:.* it lacks https:\/\//u,
    ],
    [
      'a host and a port without https',
      () => filledIn('MAILROOM_CARDDAV_URL=carddav.fastmail.com:443'),
      SETUP,
      '1',
      /MAILROOM_CARDDAV_URL must be a whole URL/u,
    ],
    [
      'a port in words',
      () => filledIn('MAILROOM_CARDDAV_URL=https://carddav.fastmail.com:https/'),
      SETUP,
      '1',
      /MAILROOM_CARDDAV_URL must be a whole URL, such as .*:8443\//u,
    ],
    [
      'categories with the quotes of Python',
      () => filledIn(`MAILROOM_CATEGORIES="['Feed','Jail']"`),
      SETUP,
      '1',
      /MAILROOM_CATEGORIES is not JSON; a right value: \["Imbox"/u,
    ],
    [
      'two groups that differ in one capital letter',
      () => filledIn('MAILROOM_GROUP_FEED=jail'),
      SETUP,
      '1',
      /The contact groups "jail" and "Jail" in the settings are nearly the same: are they one\?/u,
    ],
    [
      'a place for the state where nobody may write',
      () => filledIn('MAILROOM_STATE_FILE=/proc/mailroom/state.json'),
      SETUP,
      '1',
      /the folder \/proc\/mailroom cannot be written \(ENOENT\): set MAILROOM_STATE_FILE/u,
    ],
    [
      'a folder as the file of the state',
      () => filledIn('MAILROOM_STATE_FILE=/tmp'),
      SETUP,
      '1',
      /it is a folder, not a regular file; set MAILROOM_STATE_FILE/u,
    ],
  ])('%s', async (_mistake, content, command, exit, said) => {
    if (content !== null) await writeFile(join(folder, '.env'), await content());

    const { shown, exit: ended } = await type(command);

    expect({ said: words(shown), exit: ended }).toEqual({
      said: expect.stringMatching(said),
      exit,
    });
    // Addresses, paths and examples stay whole, so that they can be copied.
    const isOneWord = (line: string): boolean => !line.trim().includes(' ');
    expect(shown.split('\n').filter((line) => line.length > 80 && !isOneWord(line))).toEqual([]);
  });
});

test.each([
  ['before there is a file .env', 'no-env', null],
  ['with the example as it is', 'example', '.env.example'],
])('setup on 80 × 24, %s', async (_name, file, example) => {
  if (example !== null) {
    const text = await readFile(join(PROJECT, example), 'utf8');
    await writeFile(join(folder, '.env'), [text, ...servers(), ''].join('\n'));
  }

  const { shown } = await type(SETUP);

  const lines = shown
    .replaceAll(new URL(account.sessionUrl).host, 'api.mail.example')
    .replaceAll(home, '/home/me')
    .split('\n');
  // The shell's prompt takes the last line.
  await expect(lines.slice(-24).join('\n')).toMatchFileSnapshot(`screens/setup-${file}.txt`);
});

describe('the command line', () => {
  test.each<readonly [typed: string, command: string, exit: string, said: RegExp]>([
    [
      'a pass for a name',
      `${PASS} --only 'The News <news@x.example>'`,
      '1',
      /^--only takes the address alone, such as news@shop\.example, not 'The News <news@x\.example>' --help shows what there is\. $/u,
    ],
    [
      'a pass in a format that there is not',
      `${PASS} --format json`,
      '1',
      /^--format takes text, not 'json' --help shows what there is\. $/u,
    ],
    ['a pass with an address', `${PASS} a@b.example`, '1', /^Unexpected argument 'a@b\.example'/u],
    ['why with a name', `${WHY} 'The News <news@x.example>'`, '1', /^that is no usable address/u],
    ['why with two addresses', `${WHY} a@b.example c@d.example`, '1', /^Unexpected argument 'c@d/u],
    [
      'why before setup',
      `${WHY} a@b.example`,
      '1',
      /^the account is not set up .*contact group "Jail" is missing\. Create what is missing/u,
    ],
    [
      'a pass before setup',
      PASS,
      '1',
      /you need to act: the account is not set up .*\(npx tsx src\/setup\.ts --apply does\)/u,
    ],
    [
      'status before the first pass',
      STATUS,
      '0',
      /^Healthy: no pass has run yet\. No run is recorded yet\. What waits for you is not known yet\. $/u,
    ],
  ])('%s', async (_typed, command, exit, said) => {
    await writeFile(join(folder, '.env'), filledIn());

    const { shown, exit: ended } = await type(command);

    expect({ said: words(shown), exit: ended }).toEqual({
      said: expect.stringMatching(said),
      exit,
    });
  });

  test('a wrong --only is no failed pass: it is about what was typed', async () => {
    await writeFile(join(folder, '.env'), filledIn());
    await type(`${PASS} --only nobody`);

    expect((await type(STATUS)).shown).toContain('Healthy: no pass has run yet.');
  });

  test('npm run pass --dry-run: npm keeps the flag, and nothing is done', async () => {
    for (const name of ['src', 'node_modules', 'package.json', 'tsconfig.json']) {
      await symlink(join(PROJECT, name), join(folder, name));
    }
    await writeFile(join(folder, '.env'), filledIn());
    const npm = (...args: readonly string[]): ReturnType<typeof startProgram>['result'] =>
      startProgram(['npm', 'run', ...args], { cwd: folder, env: environment() }).result;

    const kept = await npm('pass', '--dry-run');
    const given = await npm('pass', '--', '--dry-run');

    expect([kept.exitCode, kept.stderr]).toEqual([
      1,
      expect.stringContaining('Did you mean npm run pass -- --dry-run?'),
    ]);
    expect(kept.stdout).not.toContain('run_started');
    expect(given.stdout).toContain('"dry_run":true');
  });

  test('setup --apply twice at once makes everything once', async () => {
    await writeFile(join(folder, '.env'), filledIn());

    const both = await Promise.all([type(`${SETUP} --apply`), type(`${SETUP} --apply`)]);
    const { shown } = await type(SETUP);

    expect(both.map(({ exit }) => exit)).toEqual(['0', '0']);
    expect(shown).toContain('Result: 22 as it should be.');
    expect((await account.cards()).size).toBe(4);
  });

  test('a folder for the state that is not there yet is made by the pass', async () => {
    await writeFile(join(folder, '.env'), filledIn('MAILROOM_STATE_FILE=../new/folder/state.json'));
    await type(`${SETUP} --apply`);

    const { shown, exit } = await type(PASS);

    expect([shown.trim(), exit]).toEqual(['No email carries a triage label.', '0']);
    await expect(readFile(join(home, 'new/folder/state.json'), 'utf8')).resolves.toContain(
      'poll_complete',
    );
  });
});
