import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';

import { parseSettings } from '../../src/settings/settings.ts';
import { triageNames } from '../../src/settings/settings.ts';
import { settingDescriptions } from '../../src/settings/table.ts';
import { planFastmailRules } from '../../src/triage/fastmail-rules.ts';
import { judgeHealth } from '../../src/state/health.ts';
import { emptyState } from '../../src/state/state.ts';
import { COMMANDS } from '../../src/terminal/commands.ts';

/* What README and its pages say is compared with the code, so that neither can change alone. */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const readme = read('README.md');
const reference = read('.github/REFERENCE.md');

/** Every page that a person reads, and what GitHub shows beside the code. */
const PAGES = [
  'README.md',
  'deploy/README.md',
  'tests/README.md',
  '.github/CHANGELOG.md',
  '.github/CONTRIBUTING.md',
  '.github/FROM-PYTHON.md',
  '.github/REFERENCE.md',
  '.github/SECURITY.md',
  '.github/TROUBLESHOOTING.md',
];

const REQUIRED = {
  MAILROOM_JMAP_TOKEN: 'fake-token',
  MAILROOM_CARDDAV_USERNAME: 'alice@mail.example',
  MAILROOM_CARDDAV_PASSWORD: 'fake-password',
  HOME: '/home/alice',
};

/** What each program says of its flags. */
const USAGES: Readonly<Record<string, string>> = {
  'src/run-once.ts': COMMANDS.pass.usage,
  'src/setup.ts': COMMANDS.setup.usage,
  'src/status.ts': COMMANDS.status.usage,
  'src/why.ts': COMMANDS.why.usage,
};

/** The cells of the first table after `text` on a page, its head left out. */
function tableAfter(page: string, text: string): readonly (readonly string[])[] {
  const start = page.indexOf(text);
  if (start === -1) throw new Error(`the page has no ${text}`);
  const lines = page.slice(start).split('\n');
  const first = lines.findIndex((line) => line.trim().startsWith('|'));
  const rest = lines.slice(first);
  const end = rest.findIndex((line) => !line.trim().startsWith('|'));
  return rest.slice(2, end).map((line) =>
    line
      .trim()
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const code = (text: string): string => `\`${text}\``;

const EVENT_LIST = 'src/log/events.ts';

/** All source but the list of events itself, in which every event stands. */
function readSource(folder = 'src'): string {
  return readdirSync(join(PROJECT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => path !== join(PROJECT, EVENT_LIST))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

describe('tables', () => {
  test('settings: every variable, its default and its meaning, in the order of the code', () => {
    const expected = settingDescriptions.map(({ name, isRequired, defaultText, description }) => {
      const otherwise = defaultText === null ? 'not set' : code(defaultText);
      return [code(name), isRequired ? 'required' : otherwise, description];
    });

    expect(tableAfter(reference, '<!-- settings:begin -->')).toEqual(expected);
  });

  test('log events: all that the code may log, and no other', () => {
    const known = [...read(EVENT_LIST).matchAll(/\| '(?<event>[a-z_]+)'/gu)].map(
      ({ groups }) => groups?.['event'] ?? '',
    );
    const source = readSource();
    const logged = known.filter((event) => source.includes(`'${event}'`));
    const rows = tableAfter(reference, '<!-- events:begin -->');

    expect(logged).toContain('poll_complete');
    expect(known).toEqual(logged);
    expect(new Set(rows.map(([event]) => event))).toEqual(new Set(logged.map(code)));
    expect(rows).toHaveLength(logged.length);
    expect(new Set(rows.map(([, level]) => level))).toEqual(
      new Set(['debug', 'info', 'warning', 'error']),
    );
  });

  test('why an email is nobody’s: every reason that the code knows', () => {
    const [, type = ''] = /type NobodyReason =(.*?);/su.exec(read('src/triage/model.ts')) ?? [];
    const reasons = [...type.matchAll(/^ *\| '(?<reason>[^']+)'/gmu)].map(({ groups }) =>
      code(groups?.['reason'] ?? ''),
    );
    const rows = tableAfter(reference, "### Why an email is nobody's");

    expect(reasons.length).toBeGreaterThan(5);
    expect(rows.map(([reason]) => reason)).toEqual(reasons);
  });

  test('exit codes: each row ends in an event that the log table has', () => {
    const events = tableAfter(reference, '<!-- events:begin -->').map(([event]) => event);
    const rows = tableAfter(reference, '## Exit codes');

    expect(rows.length).toBeGreaterThan(5);
    for (const [, event, exitCode] of rows) {
      expect(events).toContain(event);
      expect(exitCode).toMatch(/^[01]$/u);
    }
  });

  test('labels: what the default categories do', () => {
    const { settings } = parseSettings(REQUIRED);
    const rows = tableAfter(readme, '## What the labels do').map(
      ([label, group, mailbox, contact]) => ({
        label: label?.replaceAll('`', ''),
        contactGroup: group?.replaceAll('`', ''),
        destinationMailbox: mailbox?.replaceAll('`', ''),
        contactType: /\b(?:company|person)\b/u.exec(contact ?? '')?.[0],
      }),
    );
    const expected = settings.categories.map(
      ({ label, contactGroup, destinationMailbox, contactType }) => ({
        label,
        contactGroup,
        destinationMailbox,
        contactType,
      }),
    );
    expect(new Set(rows)).toEqual(new Set(expected));
    expect(rows).toHaveLength(expected.length);
  });

  test('rules of Fastmail: those that setup prints, in its order', () => {
    const { settings } = parseSettings(REQUIRED);
    const expected = planFastmailRules(triageNames(settings)).rules.map((rule) => [
      rule.name,
      rule.condition.kind === 'member'
        ? `Sender is a member of group "${rule.condition.group}"`
        : 'Sender is not a contact',
      [
        ...(rule.isArchiving ? ['Archive (remove Inbox label)'] : []),
        `Add label "${rule.label}"`,
        ...(rule.isContinuing ? ['Continue to apply other rules'] : []),
      ].join(', '),
    ]);
    const rows = tableAfter(readme, '**5. Make the rules by hand**').map(([name, ...rest]) => [
      name?.replace(', the last of all', ''),
      ...rest,
    ]);

    expect(rows).toEqual(expected);
  });
});

test('lanes: each has its row in tests/README.md, and a file that needs it', () => {
  const [, type = ''] = /type Lane =(.*?);/su.exec(read('tests/support/required.ts')) ?? [];
  const lanes = [...type.matchAll(/'(?<lane>[^']+)'/gu)].map(({ groups }) => groups?.['lane']);
  const rows = tableAfter(read('tests/README.md'), 'Some tests need a piece');

  expect(lanes).toContain('cyrus');
  expect(rows.map(([lane]) => lane)).toEqual(lanes.map((lane) => code(lane ?? '')));
});

describe('what a person reads', () => {
  test('every remark of a dry run that REFERENCE explains is one that the code may make', () => {
    const source = read('src/terminal/pass-report.ts');
    const rows = tableAfter(reference, '### What a pass tells on a terminal');
    const parts = rows.slice(1).flatMap(([said = '']) =>
      said
        .replaceAll('`', '')
        .split(/"[^"]*"|\(.*|…|\b(?:Imbox|Inbox|Screener|Feed|Jail|and|it)\b|\d|→/u)
        .map((part) => part.trim()),
    );
    const unknown = parts.filter((part) => part !== '' && !source.includes(part));

    expect(parts.length).toBeGreaterThan(8);
    expect(unknown).toEqual([]);
  });

  test('every message of a failed pass that it explains is one that the code may log', () => {
    const source = readSource().replaceAll(/' \+\s+'|`\s*\+\s*`/gu, '');
    const rows = tableAfter(read('.github/TROUBLESHOOTING.md'), '## A pass fails');
    const parts = rows.flatMap(([messages = '']) =>
      [...messages.matchAll(/`(?<message>[^`]+)`/gu)].flatMap(({ groups }) =>
        (groups?.['message'] ?? '').split(/"?…"?|\d+/u).map((part) => part.trim()),
      ),
    );
    const unknown = parts.filter((part) => part !== '' && !source.includes(part));

    expect(parts.length).toBeGreaterThan(15);
    expect(unknown).toEqual([]);
  });
});

describe('examples', () => {
  const jsonBlocks = [...reference.matchAll(/```json\n(?<json>.*?)\n```/gsu)].map(
    ({ groups }) => groups?.['json'] ?? '',
  );

  test('the line of the health check has the fields that it prints', () => {
    const line = jsonBlocks.find((json) => json.includes('last_poll_age_seconds')) ?? '';
    const schedule = { pollIntervalSeconds: 300, maxFailures: 10 };
    const health = judgeHealth(emptyState, new Date(0), schedule);

    expect(Object.keys(JSON.parse(line) as object)).toEqual(Object.keys(health));
  });

  test('the categories are accepted', () => {
    const json = jsonBlocks.find((block) => block.startsWith('[')) ?? '';
    const { settings } = parseSettings({ ...REQUIRED, MAILROOM_CATEGORIES: json });

    expect(settings.categories.map(({ name }) => name)).toContain('Family');
  });

  test('.env.example sets what is required and nothing else, with values that are visibly fake', () => {
    const required = settingDescriptions.filter(({ isRequired }) => isRequired);
    const values = parseEnv(read('.env.example'));

    expect(new Set(Object.keys(values))).toEqual(new Set(required.map(({ name }) => name)));
    for (const value of Object.values(values)) expect(value).toMatch(/EXAMPLE|@example\.com$/u);
    expect(() => parseSettings({ ...values, HOME: '/home/alice' })).not.toThrow();
  });

  test('.env.example: every variable that it mentions is a setting', () => {
    const names = [...read('.env.example').matchAll(/MAILROOM_\w+/gu)].map(([name]) => name);

    expect(names.length).toBeGreaterThan(3);
    expect(settingDescriptions.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });
});

/** As GitHub makes the anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** Lines of code blocks are no headings. */
function anchorsOf(path: string): readonly string[] {
  const prose = read(path).replaceAll(/^```.*?^```/gmsu, '');
  return [...prose.matchAll(/^#+ (?<heading>.+)$/gmu)].map(({ groups }) =>
    anchorOf(groups?.['heading'] ?? ''),
  );
}

/** Whether there is such a file or folder, or one whose name begins so: `tests/e2e/cluster`, `mailroom.*`. */
function isThere(path: string): boolean {
  const folder = dirname(path);
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((name) => name.startsWith(basename(path)));
}

test('README is a front page: at most 200 lines', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
});

test('README leads to every other page', () => {
  const others = PAGES.filter((path) => path !== 'README.md');

  expect(others.filter((path) => !readme.includes(`](${path})`))).toEqual([]);
});

test('no page is left out here', () => {
  const found = ['.', '.github', 'deploy', 'tests'].flatMap((folder) =>
    readdirSync(join(PROJECT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );

  expect(found.toSorted()).toEqual(PAGES.toSorted());
});

describe.each(PAGES)('%s', (file) => {
  const text = read(file);
  const folder = dirname(file);
  const find = (pattern: RegExp): readonly string[] => [
    ...new Set([...text.matchAll(pattern)].map(({ groups }) => groups?.['it'] ?? '')),
  ];

  test('it begins with what it is for', () => {
    const [title = '', , first = ''] = text.split('\n');

    expect(title).toMatch(/^# \w/u);
    expect(first).toMatch(/^[\w[].{40}/u);
  });

  test('every npm script that it names exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const names = find(/npm run (?<it>[\w:-]+)/gu);

    expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...names, 'test']));
  });

  test('every program that it starts exists and knows the flags given', () => {
    const commands = find(/(?<it>src\/[\w-]+\.ts(?: --[\w-]+)*)/gu);
    const unknown = commands.filter((command) => {
      const [path = '', ...flags] = command.split(' ');
      if (!existsSync(join(PROJECT, path))) return true;
      const program = USAGES[path] ?? read(path);
      return flags.some((flag) => !program.includes(flag));
    });

    expect(unknown).toEqual([]);
  });

  test('every file that it names exists', () => {
    const paths = find(/(?<![\w/.-])(?<it>(?:src|tests|deploy|\.ci|\.github)\/[\w./-]*[\w/])/gu);
    // The user makes these two.
    const missing = paths.filter(
      (path) => !/^deploy\/(?:secret|config)\.yaml$/u.test(path) && !isThere(join(PROJECT, path)),
    );

    expect(missing).toEqual([]);
  });

  test('every link leads to a file that exists, and to a heading of it', () => {
    const broken = find(/\]\((?!https?:)(?<it>[^)]+)\)/gu).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? file : join(folder, path);
      if (!existsSync(join(PROJECT, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });

    expect(broken).toEqual([]);
  });

  test('every setting that it names exists', () => {
    const names = find(/\b(?<it>MAILROOM_[A-Z_]*[A-Z])\b/gu).filter(
      (name) => !name.startsWith('MAILROOM_TEST_'),
    );

    expect(settingDescriptions.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });
});

test('the patterns find what they are for', () => {
  const all = PAGES.map(read).join('\n');

  for (const pattern of [
    /npm run demo/u,
    /src\/run-once\.ts --dry-run/u,
    /`src\/errors\.ts`/u,
    /\]\(#/u,
    /\]\(\.\.\/README\.md#/u,
    /MAILROOM_JMAP_TOKEN/u,
  ]) {
    expect(all).toMatch(pattern);
  }
});

test('LICENSE is the GNU Affero General Public License 3 to the byte, as package.json says', () => {
  const hash = createHash('sha256').update(read('LICENSE')).digest('hex');

  // https://www.gnu.org/licenses/agpl-3.0.txt
  expect(hash).toBe('0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0');
  expect(JSON.parse(read('package.json'))).toMatchObject({ license: 'AGPL-3.0-or-later' });
});
