import { customCleanEnv, makeValidator } from 'envalid';

import { SettingsError } from './errors.ts';
import type { LogLevel } from './log-line.ts';
import { type SettingName, SETTINGS } from './settings-table.ts';
import { CATEGORIES_EXAMPLE, parseCategories, validateCategories } from './triage/categories.ts';
import type { Category } from './triage/model.ts';
import { findUnknownSettings, type UnknownSetting } from './unknown-settings.ts';

export { settingDescriptions } from './settings-table.ts';
export type { UnknownSetting } from './unknown-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says, parsed; names as in the contract's table of settings. */
export interface Settings {
  readonly jmapToken: string;
  readonly cardDavUsername: string;
  readonly cardDavPassword: string;
  readonly pollIntervalSeconds: number;
  readonly logLevel: LogLevel;
  readonly errorLabel: string;
  readonly warningLabel: string;
  readonly isWarningEnabled: boolean;
  readonly screenerMailbox: string;
  readonly maxConsecutiveFailures: number;
  readonly jmapSessionUrl: string;
  readonly cardDavUrl: string;
  readonly trustedHosts: readonly string[];
  readonly requestTimeoutMs: number;
  readonly passTimeoutMs: number;
  readonly isDryRun: boolean;
  /** Those of `MAILROOM_CATEGORIES`, or the five built from the label and group variables. */
  readonly categories: readonly Category[];
  readonly stateConfigMap: string;
  /** Null only in a cluster, where neither it nor HOME is set. */
  readonly stateFile: string | null;
  /** `MAILROOM_STATE_FILE` is set: the file is used in a cluster too. */
  readonly isStateFileForced: boolean;
  readonly serviceAccountDir: string;
  /** The API server of the cluster that runs this process; null outside one. */
  readonly kubernetesService: KubernetesService | null;
}

/** `KUBERNETES_SERVICE_HOST` and `_PORT`, which every container of a cluster has. */
export interface KubernetesService {
  readonly host: string;
  readonly port: string;
}

export interface SettingsRead {
  readonly settings: Settings;
  /** To be warned of: a typo in a ConfigMap must not pass in silence. */
  readonly unknown: readonly UnknownSetting[];
}

/**
 * Parses the environment; an empty variable is one that is not set. Throws SettingsError with every
 * problem at once: the variable's name, what it must be, never its value.
 */
export function readSettings(env: Environment): SettingsRead {
  const problems: string[] = [];
  const values = customCleanEnv(
    withoutEmpty(env),
    createSpecs(),
    // The default middleware makes reading a variable that is absent an exception.
    (cleaned) => cleaned as Values,
    {
      reporter({ errors }) {
        for (const [name, error] of Object.entries<Error | undefined>(errors)) {
          if (error !== undefined) problems.push(`${name} ${error.message}`);
        }
      },
    },
  );
  const kubernetesService = findKubernetesService(env);
  const stateFile = values.MAILROOM_STATE_FILE ?? defaultStateFile(env);
  const isStateFileGiven = (env['MAILROOM_STATE_FILE'] ?? '') !== '';
  if (stateFile === null && kubernetesService === null && !isStateFileGiven) {
    problems.push('MAILROOM_STATE_FILE is required where HOME is not set: the path of a file');
  }
  // Categories are built from other variables: where one of these is wrong, it was named already.
  const categories = problems.length === 0 ? readCategories(values, problems) : [];
  if (problems.length > 0) throw new SettingsError(problems);

  return {
    settings: {
      jmapToken: values.MAILROOM_JMAP_TOKEN,
      cardDavUsername: values.MAILROOM_CARDDAV_USERNAME,
      cardDavPassword: values.MAILROOM_CARDDAV_PASSWORD,
      pollIntervalSeconds: values.MAILROOM_POLL_INTERVAL,
      logLevel: values.MAILROOM_LOG_LEVEL,
      errorLabel: values.MAILROOM_LABEL_MAILROOM_ERROR,
      warningLabel: values.MAILROOM_LABEL_MAILROOM_WARNING,
      isWarningEnabled: values.MAILROOM_WARNINGS_ENABLED,
      screenerMailbox: values.MAILROOM_SCREENER_MAILBOX,
      maxConsecutiveFailures: values.MAILROOM_MAX_CONSECUTIVE_FAILURES,
      jmapSessionUrl: values.MAILROOM_JMAP_SESSION_URL,
      cardDavUrl: values.MAILROOM_CARDDAV_URL,
      trustedHosts: values.MAILROOM_TRUSTED_HOSTS ?? [],
      requestTimeoutMs: values.MAILROOM_REQUEST_TIMEOUT * 1000,
      passTimeoutMs: values.MAILROOM_PASS_TIMEOUT * 1000,
      isDryRun: values.MAILROOM_DRY_RUN,
      categories,
      stateConfigMap: values.MAILROOM_STATE_CONFIGMAP,
      stateFile,
      isStateFileForced: isStateFileGiven,
      serviceAccountDir: values.MAILROOM_SERVICE_ACCOUNT_DIR,
      kubernetesService,
    },
    unknown: findUnknownSettings(env, Object.keys(SETTINGS)),
  };
}

/** Where the state lives: all that a failed start needs in order to say so. */
export type StateSettings = Pick<
  Settings,
  | 'stateFile'
  | 'isStateFileForced'
  | 'stateConfigMap'
  | 'serviceAccountDir'
  | 'kubernetesService'
  | 'requestTimeoutMs'
>;

/** What the health check needs: no credentials among it. */
export type StatusSettings = StateSettings &
  Pick<Settings, 'pollIntervalSeconds' | 'maxConsecutiveFailures'>;

/** The state settings of an environment that `readSettings` refused: what is wrong counts as not set. */
export function readStateSettings(env: Environment): StateSettings {
  return readStatusValues(env).settings;
}

/** The same for the health check, which has to be told. Throws SettingsError with every problem. */
export function readStatusSettings(env: Environment): StatusSettings {
  const { settings, problems } = readStatusValues(env);
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

function readStatusValues(env: Environment): {
  readonly settings: StatusSettings;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const given = <Value>(name: SettingName, parse: (text: string) => Value): Value | null => {
    const text = (env[name] ?? '').trim();
    try {
      return text === '' ? null : parse(text);
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
      return null;
    }
  };
  const or = <Value>(
    name: SettingName,
    entry: { readonly parse: (text: string) => Value; readonly defaultText: string },
  ): Value => given(name, entry.parse) ?? entry.parse(entry.defaultText);
  const stateFile = given('MAILROOM_STATE_FILE', SETTINGS.MAILROOM_STATE_FILE.parse);
  const settings = {
    stateFile: stateFile ?? defaultStateFile(env),
    isStateFileForced: stateFile !== null,
    stateConfigMap: or('MAILROOM_STATE_CONFIGMAP', SETTINGS.MAILROOM_STATE_CONFIGMAP),
    serviceAccountDir: or('MAILROOM_SERVICE_ACCOUNT_DIR', SETTINGS.MAILROOM_SERVICE_ACCOUNT_DIR),
    kubernetesService: findKubernetesService(env),
    requestTimeoutMs: or('MAILROOM_REQUEST_TIMEOUT', SETTINGS.MAILROOM_REQUEST_TIMEOUT) * 1000,
    pollIntervalSeconds: or('MAILROOM_POLL_INTERVAL', SETTINGS.MAILROOM_POLL_INTERVAL),
    maxConsecutiveFailures: or(
      'MAILROOM_MAX_CONSECUTIVE_FAILURES',
      SETTINGS.MAILROOM_MAX_CONSECUTIVE_FAILURES,
    ),
  };
  return { settings, problems };
}

/** What must never be printed: the token, the password, and both as they travel. */
export function findSecrets(env: Environment): readonly string[] {
  const token = (env['MAILROOM_JMAP_TOKEN'] ?? '').trim();
  const password = (env['MAILROOM_CARDDAV_PASSWORD'] ?? '').trim();
  const username = (env['MAILROOM_CARDDAV_USERNAME'] ?? '').trim();
  const secrets = [token, password].filter((secret) => secret !== '');
  if (password === '') return secrets;
  return [...secrets, Buffer.from(`${username}:${password}`, 'utf8').toString('base64')];
}

/** What one entry of the table gives: undefined only where there is neither value nor default. */
type Values = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends {
    readonly isRequired: false;
    readonly defaultText: null;
  }
    ? ReturnType<(typeof SETTINGS)[Name]['parse']> | undefined
    : ReturnType<(typeof SETTINGS)[Name]['parse']>;
};

function createSpecs(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([name, entry]) => {
      const validator = makeValidator<unknown>((text) => entry.parse(text));
      if (entry.isRequired) return [name, validator({ desc: `is required: ${entry.description}` })];
      const value = entry.defaultText === null ? undefined : entry.parse(entry.defaultText);
      return [name, validator({ default: value })];
    }),
  );
}

/** Pasted values often end in a line break. White space alone stays, and is refused. */
function withoutEmpty(env: Environment): Environment {
  const known = Object.keys(SETTINGS).map((name) => [name, env[name] ?? ''] as const);
  return Object.fromEntries(
    known.filter(([, value]) => value !== '').map(([name, value]) => [name, value.trim()]),
  );
}

function readCategories(values: Values, problems: string[]): readonly Category[] {
  const defaults = createDefaultCategories(values);
  const reserved = {
    screener: values.MAILROOM_SCREENER_MAILBOX,
    errorLabel: values.MAILROOM_LABEL_MAILROOM_ERROR,
    warningLabel: values.MAILROOM_WARNINGS_ENABLED ? values.MAILROOM_LABEL_MAILROOM_WARNING : null,
  };
  const json = values.MAILROOM_CATEGORIES;
  const result =
    json === undefined
      ? validateCategories(defaults, reserved)
      : parseCategories(json, defaults, reserved);
  if (result.kind === 'valid') return result.categories;
  for (const problem of result.problems) {
    problems.push(
      json === undefined
        ? `MAILROOM_LABEL_TO_* and MAILROOM_GROUP_*: the set of categories ${problem}`
        : `MAILROOM_CATEGORIES ${problem}; a right value: ${CATEGORIES_EXAMPLE}`,
    );
  }
  return [];
}

function createDefaultCategories(values: Values): readonly Category[] {
  const imbox = values.MAILROOM_GROUP_IMBOX;
  const feed = values.MAILROOM_GROUP_FEED;
  const paperTrail = values.MAILROOM_GROUP_PAPER_TRAIL;
  const jail = values.MAILROOM_GROUP_JAIL;
  return [
    createCategory('Imbox', values.MAILROOM_LABEL_TO_IMBOX, imbox, 'Inbox'),
    createCategory('Feed', values.MAILROOM_LABEL_TO_FEED, feed, feed),
    createCategory('Paper Trail', values.MAILROOM_LABEL_TO_PAPER_TRAIL, paperTrail, paperTrail),
    createCategory('Jail', values.MAILROOM_LABEL_TO_JAIL, jail, jail),
    {
      ...createCategory('Person', values.MAILROOM_LABEL_TO_PERSON, imbox, 'Inbox'),
      contactType: 'person',
      parent: 'Imbox',
    },
  ];
}

function createCategory(
  name: string,
  label: string,
  contactGroup: string,
  destinationMailbox: string,
): Category {
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

/** XDG Base Directory Specification: a relative XDG_STATE_HOME is to be ignored. */
function defaultStateFile(env: Environment): string | null {
  const stateHome = env['XDG_STATE_HOME'] ?? '';
  if (stateHome.startsWith('/')) return `${withoutFinalSlash(stateHome)}/mailroom/state.json`;
  const home = env['HOME'] ?? '';
  return home === '' ? null : `${withoutFinalSlash(home)}/.local/state/mailroom/state.json`;
}

function withoutFinalSlash(path: string): string {
  return path.replace(/\/+$/u, '');
}

function findKubernetesService(env: Environment): KubernetesService | null {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '';
  return host === '' || port === '' ? null : { host, port };
}
