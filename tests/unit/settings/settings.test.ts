import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { SettingsError } from '../../../src/errors.ts';
import {
  type Environment,
  findSecrets,
  findMissingFile,
  readEnvironment,
} from '../../../src/settings/environment.ts';
import { parseSettings, type Settings } from '../../../src/settings/settings.ts';
import { parseStateSettings, parseStatusSettings } from '../../../src/settings/state-settings.ts';
import { settingDescriptions } from '../../../src/settings/table.ts';

const required = {
  MAILROOM_JMAP_TOKEN: 'made-up-token',
  MAILROOM_CARDDAV_USERNAME: 'me@mail.example',
  MAILROOM_CARDDAV_PASSWORD: 'made-up-password',
  HOME: '/home/me',
};

describe('defaults', () => {
  it('are those of the table in REFERENCE.md', () => {
    const { settings, unknown } = parseSettings(required);

    expect(unknown).toEqual([]);
    expect(settings).toEqual({
      jmapToken: 'made-up-token',
      cardDavUsername: 'me@mail.example',
      cardDavPassword: 'made-up-password',
      pollIntervalSeconds: 300,
      logLevel: 'info',
      labelToImbox: '@ToImbox',
      labelToFeed: '@ToFeed',
      labelToPaperTrail: '@ToPaperTrail',
      labelToJail: '@ToJail',
      labelToPerson: '@ToPerson',
      errorLabel: '@MailroomError',
      takeBackLabel: '@ToScreener',
      warningLabel: '@MailroomWarning',
      isWarningEnabled: true,
      screenerMailbox: 'Screener',
      groupImbox: 'Imbox',
      groupFeed: 'Feed',
      groupPaperTrail: 'Paper Trail',
      groupJail: 'Jail',
      maxConsecutiveFailures: 10,
      jmapSessionUrl: 'https://api.fastmail.com/jmap/session',
      cardDavUrl: 'https://carddav.fastmail.com/',
      trustedHosts: [],
      requestTimeoutMs: 30_000,
      passTimeoutMs: 240_000,
      pingUrl: null,
      isDryRun: false,
      categoriesJson: null,
      categories: [
        category('Imbox', '@ToImbox', 'Imbox', 'Inbox'),
        category('Feed', '@ToFeed', 'Feed', 'Feed'),
        category('Paper Trail', '@ToPaperTrail', 'Paper Trail', 'Paper Trail'),
        category('Jail', '@ToJail', 'Jail', 'Jail'),
        {
          ...category('Person', '@ToPerson', 'Imbox', 'Inbox'),
          contactType: 'person',
          parent: 'Imbox',
        },
      ],
      digest: 'off',
      digestHour: 6,
      digestTimeZone: 'UTC',
      digestMailbox: 'Inbox',
      stateConfigMap: 'mailroom-state',
      givenStateFile: null,
      stateFile: '/home/me/.local/state/mailroom/state.json',
      isStateFileForced: false,
      serviceAccountDir: '/var/run/secrets/kubernetes.io/serviceaccount',
      kubernetesService: null,
      proxy: { kind: 'none' },
    } satisfies Settings);
  });

  it('are what an empty variable means', () => {
    const empty = Object.fromEntries(
      settingDescriptions.filter(({ isRequired }) => !isRequired).map(({ name }) => [name, '']),
    );

    expect(parseSettings({ ...empty, ...required })).toEqual(parseSettings(required));
  });

  it('are found without NODE_ENV having a say', () => {
    expect(parseSettings({ ...required, NODE_ENV: 'test' })).toEqual(parseSettings(required));
  });
});

describe('a value that is understood', () => {
  it.each<[name: string, text: string, expected: Partial<Settings>]>([
    ['MAILROOM_JMAP_TOKEN', ' pasted-token\n', { jmapToken: 'pasted-token' }],
    ['MAILROOM_CARDDAV_PASSWORD', 'pasted pass word\r\n', { cardDavPassword: 'pasted pass word' }],
    ['MAILROOM_POLL_INTERVAL', '1', { pollIntervalSeconds: 1 }],
    ['MAILROOM_POLL_INTERVAL', '604800', { pollIntervalSeconds: 604_800 }],
    ['MAILROOM_LOG_LEVEL', 'DEBUG', { logLevel: 'debug' }],
    ['MAILROOM_LOG_LEVEL', 'Warn', { logLevel: 'warning' }],
    ['MAILROOM_LOG_LEVEL', 'WARNING', { logLevel: 'warning' }],
    ['MAILROOM_LOG_LEVEL', 'critical', { logLevel: 'error' }],
    ['MAILROOM_DIGEST', 'Weekly', { digest: 'weekly' }],
    ['MAILROOM_DIGEST_HOUR', '00', { digestHour: 0 }],
    ['MAILROOM_DIGEST_HOUR', '23', { digestHour: 23 }],
    ['MAILROOM_DIGEST_TIMEZONE', 'Europe/Berlin', { digestTimeZone: 'Europe/Berlin' }],
    ['MAILROOM_WARNINGS_ENABLED', 'False', { isWarningEnabled: false }],
    ['MAILROOM_WARNINGS_ENABLED', '0', { isWarningEnabled: false }],
    ['MAILROOM_WARNINGS_ENABLED', 'NO', { isWarningEnabled: false }],
    ['MAILROOM_WARNINGS_ENABLED', 'off', { isWarningEnabled: false }],
    ['MAILROOM_DRY_RUN', 'TRUE', { isDryRun: true }],
    ['MAILROOM_DRY_RUN', '1', { isDryRun: true }],
    ['MAILROOM_DRY_RUN', 'yes', { isDryRun: true }],
    ['MAILROOM_DRY_RUN', 'On', { isDryRun: true }],
    ['MAILROOM_SCREENER_MAILBOX', 'Inbox/Screener', { screenerMailbox: 'Inbox/Screener' }],
    ['MAILROOM_LABEL_MAILROOM_ERROR', 'Ärger', { errorLabel: 'Ärger' }],
    ['MAILROOM_MAX_CONSECUTIVE_FAILURES', '3', { maxConsecutiveFailures: 3 }],
    [
      'MAILROOM_JMAP_SESSION_URL',
      'http://127.0.0.1:8080/jmap',
      { jmapSessionUrl: 'http://127.0.0.1:8080/jmap' },
    ],
    ['MAILROOM_CARDDAV_URL', 'https://dav.example', { cardDavUrl: 'https://dav.example/' }],
    [
      'MAILROOM_TRUSTED_HOSTS',
      'a.example, b.example:99,',
      { trustedHosts: ['a.example', 'b.example:99'] },
    ],
    [
      'MAILROOM_PING_URL',
      'https://hc.example/not-real?a=1',
      { pingUrl: 'https://hc.example/not-real?a=1' },
    ],
    ['MAILROOM_PING_URL', 'http://127.0.0.1:8/x', { pingUrl: 'http://127.0.0.1:8/x' }],
    ['MAILROOM_REQUEST_TIMEOUT', '5', { requestTimeoutMs: 5000 }],
    ['MAILROOM_PASS_TIMEOUT', '60', { passTimeoutMs: 60_000 }],
    [
      'MAILROOM_CATEGORIES',
      '["Feed"]',
      { categories: [category('Feed', '@ToFeed', 'Feed', 'Feed')] },
    ],
    ['MAILROOM_STATE_CONFIGMAP', 'my-state.v2', { stateConfigMap: 'my-state.v2' }],
    ['MAILROOM_STATE_FILE', '/data/s.json', { stateFile: '/data/s.json', isStateFileForced: true }],
    ['MAILROOM_SERVICE_ACCOUNT_DIR', '/run/sa', { serviceAccountDir: '/run/sa' }],
  ])('%s=%j', (name, text, expected) => {
    expect(parseSettings({ ...required, [name]: text }).settings).toMatchObject(expected);
  });

  it.each<[name: string, text: string, index: number, expected: object]>([
    ['MAILROOM_LABEL_TO_IMBOX', '@In', 0, { label: '@In' }],
    ['MAILROOM_LABEL_TO_FEED', '@F', 1, { label: '@F' }],
    ['MAILROOM_LABEL_TO_PAPER_TRAIL', '@P', 2, { label: '@P' }],
    ['MAILROOM_LABEL_TO_JAIL', '@J', 3, { label: '@J' }],
    ['MAILROOM_LABEL_TO_PERSON', '@Who', 4, { label: '@Who' }],
    ['MAILROOM_GROUP_IMBOX', 'VIP', 0, { contactGroup: 'VIP', destinationMailbox: 'Inbox' }],
    ['MAILROOM_GROUP_IMBOX', 'VIP', 4, { contactGroup: 'VIP', destinationMailbox: 'Inbox' }],
    ['MAILROOM_GROUP_FEED', 'News', 1, { contactGroup: 'News', destinationMailbox: 'News' }],
    [
      'MAILROOM_GROUP_PAPER_TRAIL',
      'Bills',
      2,
      { contactGroup: 'Bills', destinationMailbox: 'Bills' },
    ],
    ['MAILROOM_GROUP_JAIL', 'No', 3, { contactGroup: 'No', destinationMailbox: 'No' }],
  ])('%s=%j shapes default category %i', (name, text, index, expected) => {
    const { settings } = parseSettings({ ...required, [name]: text });

    expect(settings.categories[index]).toMatchObject(expected);
  });
});

describe('a value that is not', () => {
  it.each<[name: string, text: string, expected: RegExp]>([
    ['MAILROOM_JMAP_TOKEN', '', /is required: Fastmail API token/u],
    ['MAILROOM_JMAP_TOKEN', ' \n', /must be the token alone/u],
    ['MAILROOM_JMAP_TOKEN', 'two zwei-words', /must be the token alone/u],
    ['MAILROOM_JMAP_TOKEN', 'bad\u0007token', /must be the token alone/u],
    ['MAILROOM_JMAP_TOKEN', 'tökentöken', /must be the token alone/u],
    ['MAILROOM_CARDDAV_USERNAME', '', /is required/u],
    ['MAILROOM_CARDDAV_USERNAME', 'me:you', /without colon/u],
    ['MAILROOM_CARDDAV_USERNAME', 'me\u0000you', /line break/u],
    ['MAILROOM_CARDDAV_PASSWORD', '', /is required: app password/u],
    ['MAILROOM_CARDDAV_PASSWORD', 'half\nhalve', /without control characters/u],
    ['MAILROOM_DIGEST', 'hourly', /must be off, daily or weekly/u],
    ['MAILROOM_DIGEST_HOUR', '24', /whole hour from 0 to 23/u],
    ['MAILROOM_DIGEST_HOUR', '-1', /whole hour/u],
    ['MAILROOM_DIGEST_HOUR', '6:30', /whole hour/u],
    ['MAILROOM_DIGEST_HOUR', '6.0', /whole hour/u],
    ['MAILROOM_DIGEST_HOUR', '06h', /whole hour/u],
    ['MAILROOM_DIGEST_TIMEZONE', 'Mars/Base', /name of a time zone, such as Europe\/Berlin/u],
    ['MAILROOM_DIGEST_TIMEZONE', 'Europe/Berlim', /name of a time zone/u],
    ['MAILROOM_DIGEST_TIMEZONE', '+02:00', /name of a time zone/u],
    ['MAILROOM_PING_URL', 'http://hc.example/x', /https/u],
    ['MAILROOM_PING_URL', 'hc.example/x', /https/u],
    ['MAILROOM_POLL_INTERVAL', '0', /whole number of seconds from 1 to 604800/u],
    ['MAILROOM_POLL_INTERVAL', '-300', /whole number/u],
    ['MAILROOM_POLL_INTERVAL', '5m', /whole number/u],
    ['MAILROOM_POLL_INTERVAL', '1.5', /whole number/u],
    ['MAILROOM_POLL_INTERVAL', '1e3', /whole number/u],
    ['MAILROOM_POLL_INTERVAL', '0x10', /whole number/u],
    ['MAILROOM_POLL_INTERVAL', '604801', /whole number/u],
    ['MAILROOM_POLL_INTERVAL', '99999999999999999999', /whole number/u],
    ['MAILROOM_POLL_INTERVAL', 'NaN', /whole number/u],
    ['MAILROOM_REQUEST_TIMEOUT', '3601', /from 1 to 3600/u],
    ['MAILROOM_PASS_TIMEOUT', 'Infinity', /from 1 to 3600/u],
    ['MAILROOM_MAX_CONSECUTIVE_FAILURES', '0', /whole number from 1/u],
    ['MAILROOM_LOG_LEVEL', 'chatty', /debug, info, warning or error/u],
    ['MAILROOM_WARNINGS_ENABLED', 'enabled', /true or false/u],
    ['MAILROOM_DRY_RUN', 'tru', /true or false/u],
    ['MAILROOM_SCREENER_MAILBOX', '   ', /must be a name/u],
    ['MAILROOM_SCREENER_MAILBOX', 'Inbox//Screener', /without empty parts/u],
    ['MAILROOM_LABEL_TO_FEED', '/Feeding', /without empty parts/u],
    ['MAILROOM_LABEL_TO_FEED', 'ToFeed', /begins with @/u],
    ['MAILROOM_LABEL_TO_SCREENER', 'ToScreener', /begins with @/u],
    ['MAILROOM_GROUP_FEED', 'Inbox / Feed', /without spaces around/u],
    ['MAILROOM_GROUP_JAIL', 'Jail\u0000House', /must be a name/u],
    ['MAILROOM_JMAP_SESSION_URL', 'api.fastmail.com', /must be a whole URL, such as https:/u],
    ['MAILROOM_JMAP_SESSION_URL', 'http://mail.example/', /must be an https URL/u],
    ['MAILROOM_JMAP_SESSION_URL', 'ftp://127.0.0.1/', /must be an https URL/u],
    ['MAILROOM_CARDDAV_URL', 'https://me:hidden@dav.example/', /without user name/u],
    ['MAILROOM_CARDDAV_URL', 'https://dav.example/?hidden=1', /query/u],
    ['MAILROOM_CARDDAV_URL', 'https://dav.example/#hidden', /fragment/u],
    ['MAILROOM_TRUSTED_HOSTS', 'https://mail.example', /comma list of hosts/u],
    ['MAILROOM_TRUSTED_HOSTS', 'mail.example *.example', /comma list of hosts/u],
    ['MAILROOM_PING_URL', 'http://hc.example/hidden', /must be an https URL/u],
    ['MAILROOM_PING_URL', 'https://me:hidden@hc.example/', /without user name/u],
    ['MAILROOM_STATE_CONFIGMAP', 'Mailroom_State', /ConfigMap's name/u],
    ['MAILROOM_STATE_CONFIGMAP', 'a..b-a..b', /ConfigMap's name/u],
    ['MAILROOM_STATE_FILE', '~/state.json', /write the folder in full/u],
    ['MAILROOM_SERVICE_ACCOUNT_DIR', ' ', /must be a path/u],
  ])('%s=%j', (name, text, expected) => {
    const problems = findProblems({ ...required, [name]: text });

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
    expect(problems[0]?.startsWith(`${name} `)).toBe(true);
  });

  it.each([
    ['MAILROOM_JMAP_TOKEN', 'hidden hidden'],
    ['MAILROOM_CARDDAV_PASSWORD', 'hidden\u0000'],
    ['MAILROOM_POLL_INTERVAL', 'hidden'],
    ['MAILROOM_DRY_RUN', 'hidden'],
    ['MAILROOM_LOG_LEVEL', 'hidden'],
    ['MAILROOM_CARDDAV_URL', 'https://me:hidden@dav.example/'],
    ['MAILROOM_TRUSTED_HOSTS', 'hidden@dav.example'],
    ['MAILROOM_STATE_CONFIGMAP', 'hidden!'],
  ])('of %s is never repeated', (name, text) => {
    const problems = findProblems({ ...required, [name]: text });

    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('hidden');
  });

  it('is reported together with all the others, in the order of the table', () => {
    const problems = findProblems({
      MAILROOM_DRY_RUN: 'perhaps',
      MAILROOM_POLL_INTERVAL: 'often',
      MAILROOM_JMAP_TOKEN: 'two words',
      HOME: '/home/me',
    });

    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'MAILROOM_JMAP_TOKEN',
      'MAILROOM_CARDDAV_USERNAME',
      'MAILROOM_CARDDAV_PASSWORD',
      'MAILROOM_POLL_INTERVAL',
      'MAILROOM_DRY_RUN',
    ]);
  });
});

describe('all problems at once', () => {
  it('the categories too, and names that are no setting', () => {
    const problems = findProblems({
      HOME: '/home/me',
      MAILROOM_JMAP_TOKN: 'made-up-token',
      MAILROOM_CARDDAV_USERNAME: 'me@mail.example',
      MAILROOM_CARDDAV_PASSWORD: 'made-up-password',
      MAILROOM_POLL_INTERVAL: 'often',
      MAILROOM_CATEGORIES: '["Feed",{"name":"Jail","parent":"Jial"}]',
    });

    expect(problems).toEqual([
      expect.stringMatching(/^MAILROOM_JMAP_TOKEN is required/u),
      expect.stringMatching(/^MAILROOM_POLL_INTERVAL must be/u),
      expect.stringMatching(/^MAILROOM_CATEGORIES has Jail with the parent "Jial"/u),
      'MAILROOM_JMAP_TOKN is no setting: did you mean MAILROOM_JMAP_TOKEN?',
    ]);
  });

  it('default categories are not blamed for a variable that is wrong itself', () => {
    const problems = findProblems({
      ...required,
      MAILROOM_LABEL_TO_FEED: '@ToJail',
      MAILROOM_LABEL_TO_JAIL: '//',
    });

    expect(problems).toEqual([expect.stringMatching(/^MAILROOM_LABEL_TO_JAIL must be/u)]);
  });

  it('the state settings are still known, and what is wrong among them counts as not set', () => {
    const env = { HOME: '/home/me', MAILROOM_STATE_CONFIGMAP: 'Bad Name' };

    expect(parseStateSettings(env)).toMatchObject({
      stateConfigMap: 'mailroom-state',
      stateFile: '/home/me/.local/state/mailroom/state.json',
    });
    expect(() => parseStatusSettings(env)).toThrow(/MAILROOM_STATE_CONFIGMAP must be/u);
  });
});

describe('the environment of a command', () => {
  const fail = (sentence: string): never => {
    throw new Error(sentence);
  };
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mailroom-env-'));
    writeFileSync(join(folder, '.env'), '\uFEFFMAILROOM_JMAP_TOKEN="from # file"\nMAILROOM_X=1\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each<[rule: string, set: Environment, expected: Environment]>([
    [
      '.env of the folder counts, without the byte order mark',
      { HOME: '/h' },
      { HOME: '/h', MAILROOM_JMAP_TOKEN: 'from # file', MAILROOM_X: '1' },
    ],
    [
      'what is set wins',
      { MAILROOM_X: '2' },
      { MAILROOM_JMAP_TOKEN: 'from # file', MAILROOM_X: '2' },
    ],
    [
      'what is set to nothing wins too',
      { MAILROOM_X: '' },
      { MAILROOM_JMAP_TOKEN: 'from # file', MAILROOM_X: '' },
    ],
    [
      'a byte order mark of --env-file is no part of a name',
      { '\uFEFFMAILROOM_JMAP_TOKEN': 'set' },
      { MAILROOM_JMAP_TOKEN: 'set', MAILROOM_X: '1' },
    ],
    [
      'in a cluster there is no such file',
      { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    ],
  ])('%s', (_rule, set, expected) => {
    expect(readEnvironment(set, fail, folder)).toEqual(expected);
  });

  it('a folder of that name is no file of settings', () => {
    rmSync(join(folder, '.env'));
    mkdirSync(join(folder, '.env'));

    expect(readEnvironment({ HOME: '/h' }, fail, folder)).toEqual({ HOME: '/h' });
  });

  it.each<[rule: string, content: string | Buffer]>([
    ['export before the names', 'export A=1\nexport B="2 # 3"\n'],
    ['spaces around the values', 'A =  1  \nB= "2 # 3" \n'],
    ['line ends of Windows', 'A=1\r\nB="2 # 3"\r\n'],
    ['UTF-16, as PowerShell writes', Buffer.from("\uFEFFA=1\r\nB='2 # 3'\r\n", 'utf16le')],
  ])('%s', (_rule, content) => {
    writeFileSync(join(folder, '.env'), content);

    expect(readEnvironment({}, fail, folder)).toEqual({ A: '1', B: '2 # 3' });
  });

  it('a file that cannot be read is named, and counts as empty', () => {
    rmSync(join(folder, '.env'));
    // Linux reads this for nobody, not even for root.
    symlinkSync('/proc/self/mem', join(folder, '.env'));
    const said: string[] = [];

    expect(readEnvironment({ HOME: '/h' }, (text) => said.push(text), folder)).toEqual({
      HOME: '/h',
    });
    expect(said).toEqual([`${folder}/.env cannot be read (EIO), so it counts as empty.`]);
  });

  it.each<[rule: string, set: Environment, isThere: boolean, isMissing: boolean]>([
    ['no file and no key', {}, false, true],
    ['a file', {}, true, false],
    ['a key that is set', { MAILROOM_JMAP_TOKEN: 'x' }, false, false],
    ['a key that is set to nothing', { MAILROOM_JMAP_TOKEN: '' }, false, true],
    ['in a cluster', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, false, false],
  ])('the file is missed: %s', (_rule, set, isThere, isMissing) => {
    if (!isThere) rmSync(join(folder, '.env'));

    const said = findMissingFile(set, folder);

    expect(said).toEqual(
      isMissing ? expect.stringContaining(`no file .env in ${folder}.\n`) : null,
    );
  });
});

describe('the state file', () => {
  it.each<[rule: string, env: Environment, expected: string | null]>([
    ['below XDG_STATE_HOME', { XDG_STATE_HOME: '/xdg/' }, '/xdg/mailroom/state.json'],
    [
      'not below a relative XDG_STATE_HOME',
      { XDG_STATE_HOME: 'xdg' },
      '/home/me/.local/state/mailroom/state.json',
    ],
    [
      'unknown in a cluster without HOME',
      {
        HOME: undefined,
        KUBERNETES_SERVICE_HOST: '10.0.0.1',
        KUBERNETES_SERVICE_PORT: '443',
      },
      null,
    ],
  ])('is %s', (_rule, env, expected) => {
    const { settings } = parseSettings({ ...required, ...env });

    expect(settings.stateFile).toBe(expected);
    expect(settings.isStateFileForced).toBe(false);
  });

  it('has to be set outside a cluster without HOME', () => {
    expect(findProblems({ ...required, HOME: '', MAILROOM_DRY_RUN: 'perhaps' })).toEqual([
      expect.stringMatching(/^MAILROOM_DRY_RUN /u),
      expect.stringMatching(/^MAILROOM_STATE_FILE is required/u),
    ]);
  });
});

describe('a variable that is no setting', () => {
  it.each<[name: string, nearest: string | null]>([
    ['MAILROOM_DRYRUN', 'MAILROOM_DRY_RUN'],
    ['MAILROOM_JMAP_TOKNE', 'MAILROOM_JMAP_TOKEN'],
    ['mailroom_dry_run', 'MAILROOM_DRY_RUN'],
    ['MAILROOM_GROUP_PAPERTRAIL', 'MAILROOM_GROUP_PAPER_TRAIL'],
    ['MAILROOM_LABEL_ERROR', 'MAILROOM_LABEL_MAILROOM_ERROR'],
    ['MAILROOM_POLL_INTERVALL', 'MAILROOM_POLL_INTERVAL'],
    ['MAILROOM_TOKEN', 'MAILROOM_JMAP_TOKEN'],
    ['MAILROOM_LABEL', null],
    ['MAILROOM_QUXQUUX', null],
    ['MAILROOM_', null],
  ])('%s is named, with the nearest known name', (name, nearest) => {
    expect(parseSettings({ ...required, [name]: 'x' }).unknown).toEqual([{ name, nearest }]);
  });

  it.each([
    'PATH',
    'MY_MAILROOM_X',
    'MAILROOMS',
    'MAILROOM_SERVICE_HOST',
    'MAILROOM_WEB_SERVICE_PORT_HTTP',
    'MAILROOM_PORT',
    'MAILROOM_PORT_80_TCP_ADDR',
  ])('%s is not ours', (name) => {
    expect(parseSettings({ ...required, [name]: 'x' }).unknown).toEqual([]);
  });

  it('does not matter while it is empty', () => {
    expect(parseSettings({ ...required, MAILROOM_DRYRUN: '' }).unknown).toEqual([]);
  });
});

describe('secrets', () => {
  it('are known even where other settings are wrong, as sent and as they are', () => {
    expect(findSecrets({ ...required, MAILROOM_POLL_INTERVAL: 'often' })).toEqual([
      'made-up-token',
      'made-up-password',
      Buffer.from('me@mail.example:made-up-password').toString('base64'),
    ]);
  });

  it('the ping URL is one, with its path and its query, but not with its host', () => {
    const url = 'https://hc.example/5e1b-not-a-real-check?rid=not-real';

    expect(findSecrets({ MAILROOM_PING_URL: url })).toEqual([
      url,
      '5e1b-not-a-real-check',
      'rid=not-real',
    ]);
    expect(findSecrets({ MAILROOM_PING_URL: 'https://hc.example/ping' })).toEqual([
      'https://hc.example/ping',
    ]);
  });

  it('are none where none are set', () => {
    expect(findSecrets({ MAILROOM_CARDDAV_USERNAME: 'me' })).toEqual([]);
  });

  it('are marked in the table', () => {
    const secret = settingDescriptions.filter(({ isSecret }) => isSecret).map(({ name }) => name);

    expect(secret).toEqual([
      'MAILROOM_JMAP_TOKEN',
      'MAILROOM_CARDDAV_PASSWORD',
      'MAILROOM_PING_URL',
    ]);
  });
});

function findProblems(env: Environment): readonly string[] {
  try {
    parseSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

function category(
  name: string,
  label: string,
  contactGroup: string,
  destinationMailbox: string,
): Settings['categories'][number] {
  return {
    name,
    label,
    contactGroup,
    destinationMailbox,
    contactType: 'company',
    parent: null,
    addToInbox: false,
  };
}
