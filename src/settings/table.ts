import * as parse from './parsers.ts';

/**
 * Every variable: the one source for `readSettings`, and for the tests that compare
 * REFERENCE.md and the manifests with it. `defaultText` is null where there is none.
 */
export interface SettingDescription {
  readonly name: string;
  readonly defaultText: string | null;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** What it is for; for a required one, also where to get it. */
  readonly description: string;
}

interface SettingEntry<Value> {
  readonly parse: parse.ParseSetting<Value>;
  readonly defaultText: string | null;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly description: string;
}

function required(
  parseText: parse.ParseSetting<string>,
  description: string,
  secrecy: 'secret' | 'public',
): SettingEntry<string> & { readonly isRequired: true } {
  const isSecret = secrecy === 'secret';
  return { parse: parseText, defaultText: null, isRequired: true, isSecret, description };
}

function optional<Value>(
  parseText: parse.ParseSetting<Value>,
  defaultText: string,
  description: string,
): SettingEntry<Value> & { readonly defaultText: string } {
  return { parse: parseText, defaultText, isRequired: false, isSecret: false, description };
}

function unset<Value>(
  parseText: parse.ParseSetting<Value>,
  description: string,
): SettingEntry<Value> & { readonly defaultText: null; readonly isRequired: false } {
  return { parse: parseText, defaultText: null, isRequired: false, isSecret: false, description };
}

export const SETTINGS = {
  MAILROOM_JMAP_TOKEN: required(
    parse.parseToken,
    'Fastmail API token with mail scope: Settings > Privacy & Security > Manage API tokens',
    'secret',
  ),
  MAILROOM_CARDDAV_USERNAME: required(
    parse.parseUsername,
    'user name for CardDAV, usually your email address',
    'public',
  ),
  MAILROOM_CARDDAV_PASSWORD: required(
    parse.parsePassword,
    'app password for CardDAV: Settings > Privacy & Security > Manage app passwords and access',
    'secret',
  ),
  MAILROOM_POLL_INTERVAL: optional(
    parse.parseSeconds,
    '300',
    'seconds between passes, as the CronJob schedules them; health is judged by it',
  ),
  MAILROOM_LOG_LEVEL: optional(parse.parseLogLevel, 'info', 'debug, info, warning or error'),
  MAILROOM_LABEL_TO_IMBOX: optional(parse.parseName, '@ToImbox', 'label: sender to the Inbox'),
  MAILROOM_LABEL_TO_FEED: optional(parse.parseName, '@ToFeed', 'label: sender to the Feed'),
  MAILROOM_LABEL_TO_PAPER_TRAIL: optional(
    parse.parseName,
    '@ToPaperTrail',
    'label: sender to the Paper Trail',
  ),
  MAILROOM_LABEL_TO_JAIL: optional(parse.parseName, '@ToJail', 'label: sender to Jail'),
  MAILROOM_LABEL_TO_PERSON: optional(
    parse.parseName,
    '@ToPerson',
    'label: sender, a person, to the Inbox',
  ),
  MAILROOM_LABEL_MAILROOM_ERROR: optional(
    parse.parseName,
    '@MailroomError',
    'put on emails that you have to look at',
  ),
  MAILROOM_LABEL_MAILROOM_WARNING: optional(
    parse.parseName,
    '@MailroomWarning',
    "put on emails whose sender's name differs from the contact's",
  ),
  MAILROOM_WARNINGS_ENABLED: optional(
    parse.parseBoolean,
    'true',
    'when false the warning label is neither used nor required',
  ),
  MAILROOM_SCREENER_MAILBOX: optional(
    parse.parseName,
    'Screener',
    'mailbox where unknown senders wait',
  ),
  MAILROOM_GROUP_IMBOX: optional(
    parse.parseName,
    'Imbox',
    'contact group of senders for the Inbox',
  ),
  MAILROOM_GROUP_FEED: optional(parse.parseName, 'Feed', 'contact group and mailbox of the Feed'),
  MAILROOM_GROUP_PAPER_TRAIL: optional(
    parse.parseName,
    'Paper Trail',
    'contact group and mailbox of the Paper Trail',
  ),
  MAILROOM_GROUP_JAIL: optional(parse.parseName, 'Jail', 'contact group and mailbox of Jail'),
  MAILROOM_MAX_CONSECUTIVE_FAILURES: optional(
    parse.parseCount,
    '10',
    'from so many failed passes in a row on, a pass exits with 1',
  ),
  MAILROOM_JMAP_SESSION_URL: optional(
    parse.parseServerUrl,
    'https://api.fastmail.com/jmap/session',
    'JMAP session URL',
  ),
  MAILROOM_CARDDAV_URL: optional(
    parse.parseServerUrl,
    'https://carddav.fastmail.com/',
    'CardDAV server; discovery starts at its /.well-known/carddav',
  ),
  MAILROOM_TRUSTED_HOSTS: unset(
    parse.parseTrustedHosts,
    'further hosts that may receive the credentials, separated by commas',
  ),
  MAILROOM_REQUEST_TIMEOUT: optional(parse.parseTimeout, '30', 'seconds for one request'),
  MAILROOM_PASS_TIMEOUT: optional(parse.parseTimeout, '240', 'seconds for the whole pass'),
  MAILROOM_DRY_RUN: optional(
    parse.parseBoolean,
    'false',
    'read everything, write nothing, log what would be done',
  ),
  MAILROOM_CATEGORIES: unset(
    parse.parseText,
    'JSON array that replaces the five default categories',
  ),
  MAILROOM_STATE_CONFIGMAP: optional(
    parse.parseConfigMapName,
    'mailroom-state',
    'ConfigMap of the state, in a cluster',
  ),
  MAILROOM_STATE_FILE: unset(
    parse.parsePath,
    'file of the state, outside a cluster; setting it forces the file ' +
      '(else $XDG_STATE_HOME/mailroom/state.json, or below ~/.local/state)',
  ),
  MAILROOM_SERVICE_ACCOUNT_DIR: optional(
    parse.parsePath,
    '/var/run/secrets/kubernetes.io/serviceaccount',
    'folder of token, ca.crt and namespace',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** Without the parsers: for documents and tests. */
export const settingDescriptions: readonly SettingDescription[] = Object.entries(SETTINGS).map(
  ([name, { defaultText, isRequired, isSecret, description }]) => ({
    name,
    defaultText,
    isRequired,
    isSecret,
    description,
  }),
);
