import { optional, required, type SettingDescription, unset } from './entry.ts';
import * as parse from './parsers.ts';

/**
 * Every variable: the one source for `Settings` and how it is read, and for the tests that compare
 * REFERENCE.md and the manifests with it.
 */
export const SETTINGS = {
  MAILROOM_JMAP_TOKEN: required(
    'jmapToken',
    parse.parseToken,
    'Fastmail API token with mail scope: Settings > Privacy & Security > Manage API tokens',
    'secret',
  ),
  MAILROOM_CARDDAV_USERNAME: required(
    'cardDavUsername',
    parse.parseUsername,
    'user name for CardDAV, usually your email address',
    'public',
  ),
  MAILROOM_CARDDAV_PASSWORD: required(
    'cardDavPassword',
    parse.parsePassword,
    'app password for CardDAV: Settings > Privacy & Security > Manage app passwords and access',
    'secret',
  ),
  MAILROOM_POLL_INTERVAL: optional(
    'pollIntervalSeconds',
    parse.parseSeconds,
    '300',
    'seconds between passes, as the CronJob schedules them; health is judged by it',
  ),
  MAILROOM_LOG_LEVEL: optional(
    'logLevel',
    parse.parseLogLevel,
    'info',
    'debug, info, warning or error',
  ),
  MAILROOM_LABEL_TO_IMBOX: optional(
    'labelToImbox',
    parse.parseTriageLabel,
    '@ToImbox',
    'label: sender to the Inbox',
  ),
  MAILROOM_LABEL_TO_FEED: optional(
    'labelToFeed',
    parse.parseTriageLabel,
    '@ToFeed',
    'label: sender to the Feed',
  ),
  MAILROOM_LABEL_TO_PAPER_TRAIL: optional(
    'labelToPaperTrail',
    parse.parseTriageLabel,
    '@ToPaperTrail',
    'label: sender to the Paper Trail',
  ),
  MAILROOM_LABEL_TO_JAIL: optional(
    'labelToJail',
    parse.parseTriageLabel,
    '@ToJail',
    'label: sender to Jail',
  ),
  MAILROOM_LABEL_TO_PERSON: optional(
    'labelToPerson',
    parse.parseTriageLabel,
    '@ToPerson',
    'label: sender, a person, to the Inbox',
  ),
  MAILROOM_LABEL_TO_SCREENER: optional(
    'takeBackLabel',
    parse.parseTriageLabel,
    '@ToScreener',
    'label: takes a decision back, the sender is unknown again; off where there is no such mailbox',
  ),
  MAILROOM_LABEL_MAILROOM_ERROR: optional(
    'errorLabel',
    parse.parseName,
    '@MailroomError',
    'put on emails that you have to look at',
  ),
  MAILROOM_LABEL_MAILROOM_WARNING: optional(
    'warningLabel',
    parse.parseName,
    '@MailroomWarning',
    "put on emails whose sender's name differs from the contact's",
  ),
  MAILROOM_DIGEST: optional(
    'digest',
    parse.parseDigest,
    'off',
    'off, daily or weekly: an email that tells you who is waiting in Screener',
  ),
  MAILROOM_DIGEST_HOUR: optional(
    'digestHour',
    parse.parseHour,
    '6',
    'hour from which the digest is due, 0 to 23; weekly on Monday',
  ),
  MAILROOM_DIGEST_TIMEZONE: optional(
    'digestTimeZone',
    parse.parseTimeZone,
    'UTC',
    'time zone of that hour, such as Europe/Berlin',
  ),
  MAILROOM_DIGEST_MAILBOX: optional(
    'digestMailbox',
    parse.parseName,
    'Inbox',
    'mailbox where the digest is left, one at a time',
  ),
  MAILROOM_WARNINGS_ENABLED: optional(
    'isWarningEnabled',
    parse.parseBoolean,
    'true',
    'when false the warning label is neither used nor required',
  ),
  MAILROOM_SCREENER_MAILBOX: optional(
    'screenerMailbox',
    parse.parseName,
    'Screener',
    'mailbox where unknown senders wait',
  ),
  MAILROOM_GROUP_IMBOX: optional(
    'groupImbox',
    parse.parseName,
    'Imbox',
    'contact group of senders for the Inbox',
  ),
  MAILROOM_GROUP_FEED: optional(
    'groupFeed',
    parse.parseName,
    'Feed',
    'contact group and mailbox of the Feed',
  ),
  MAILROOM_GROUP_PAPER_TRAIL: optional(
    'groupPaperTrail',
    parse.parseName,
    'Paper Trail',
    'contact group and mailbox of the Paper Trail',
  ),
  MAILROOM_GROUP_JAIL: optional(
    'groupJail',
    parse.parseName,
    'Jail',
    'contact group and mailbox of Jail',
  ),
  MAILROOM_MAX_CONSECUTIVE_FAILURES: optional(
    'maxConsecutiveFailures',
    parse.parseCount,
    '10',
    'after this many failed passes in a row, a pass exits with 1',
  ),
  MAILROOM_JMAP_SESSION_URL: optional(
    'jmapSessionUrl',
    parse.parseServerUrl,
    'https://api.fastmail.com/jmap/session',
    'JMAP session URL',
  ),
  MAILROOM_CARDDAV_URL: optional(
    'cardDavUrl',
    parse.parseServerUrl,
    'https://carddav.fastmail.com/',
    'CardDAV server; discovery starts at its /.well-known/carddav',
  ),
  MAILROOM_TRUSTED_HOSTS: unset(
    'trustedHosts',
    parse.parseTrustedHosts,
    [],
    'more hosts that may receive the credentials, separated by commas',
  ),
  MAILROOM_REQUEST_TIMEOUT: optional(
    'requestTimeoutMs',
    parse.parseTimeoutMs,
    '30',
    'seconds for one request',
  ),
  MAILROOM_PASS_TIMEOUT: optional(
    'passTimeoutMs',
    parse.parseTimeoutMs,
    '240',
    'seconds for the whole pass',
  ),
  MAILROOM_PING_URL: {
    ...unset(
      'pingUrl',
      parse.parsePingUrl,
      null,
      'called at the end of each run, as healthchecks.io expects (`/fail` after a failure); a secret',
    ),
    isSecret: true,
  },
  MAILROOM_DRY_RUN: optional(
    'isDryRun',
    parse.parseBoolean,
    'false',
    'read everything, write nothing, log what would be done',
  ),
  MAILROOM_CATEGORIES: unset(
    'categoriesJson',
    parse.parseText,
    null,
    'JSON array that replaces the five default categories',
  ),
  MAILROOM_STATE_CONFIGMAP: optional(
    'stateConfigMap',
    parse.parseConfigMapName,
    'mailroom-state',
    'ConfigMap of the state, in a cluster',
  ),
  MAILROOM_STATE_FILE: unset(
    'givenStateFile',
    parse.parsePath,
    null,
    'file of the state, outside a cluster; setting it forces the file ' +
      '(else $XDG_STATE_HOME/mailroom/state.json, or below ~/.local/state)',
  ),
  MAILROOM_SERVICE_ACCOUNT_DIR: optional(
    'serviceAccountDir',
    parse.parsePath,
    '/var/run/secrets/kubernetes.io/serviceaccount',
    'folder of token, ca.crt and namespace',
  ),
} as const;

/** The name of a variable that Mailroom knows. */
export type SettingName = keyof typeof SETTINGS;

/** All of them, in the order of the table. */
export const settingNames = Object.keys(SETTINGS) as readonly SettingName[];

type Entry = (typeof SETTINGS)[SettingName];

/** The value of each variable under its key. */
export type Values = {
  readonly [One in Entry as One['key']]: ReturnType<One['parse']> | One['fallback'];
};

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
