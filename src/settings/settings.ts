import { customCleanEnv } from 'envalid';

import { SettingsError } from '../errors.ts';
import type { LogLevel } from '../log/line.ts';
import type { TriageNames } from '../triage/layout.ts';
import type { Category } from '../triage/model.ts';
import { readCategories } from './default-categories.ts';
import { createSpecs, type Environment, type Values, withoutEmpty } from './environment.ts';
import {
  defaultStateFile,
  findKubernetesService,
  type KubernetesService,
} from './state-settings.ts';
import { SETTINGS } from './table.ts';
import { findUnknownSettings, type UnknownSetting } from './unknown.ts';

/** What the environment says, parsed; names as in the table of settings (table.ts). */
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

export interface SettingsRead {
  readonly settings: Settings;
  /** Each gets a warning: a typo in a ConfigMap must not go unnoticed. */
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
    // The default middleware throws when a variable that is absent is read.
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
  // Categories are built from other variables. If one of those is wrong, it has been named already.
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

/** The names that a pass and setup work with. */
export function triageNames(settings: Settings): TriageNames {
  return {
    screenerMailbox: settings.screenerMailbox,
    errorLabel: settings.errorLabel,
    warningLabel: settings.isWarningEnabled ? settings.warningLabel : null,
    categories: settings.categories,
  };
}
