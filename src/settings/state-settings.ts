import { SettingsError } from '../errors.ts';
import type { Environment } from './environment.ts';
import type { Settings } from './settings.ts';
import { type SettingName, SETTINGS } from './table.ts';

/** `KUBERNETES_SERVICE_HOST` and `_PORT`, which every container of a cluster has. */
export interface KubernetesService {
  readonly host: string;
  readonly port: string;
}

/** Where the state is kept: all that a run with broken settings needs to record its failure. */
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

/** The same for the health check, which says what is wrong. Throws SettingsError with every problem. */
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

/** XDG Base Directory Specification: a relative XDG_STATE_HOME is ignored. */
export function defaultStateFile(env: Environment): string | null {
  const stateHome = env['XDG_STATE_HOME'] ?? '';
  if (stateHome.startsWith('/')) return `${withoutFinalSlash(stateHome)}/mailroom/state.json`;
  const home = env['HOME'] ?? '';
  return home === '' ? null : `${withoutFinalSlash(home)}/.local/state/mailroom/state.json`;
}

function withoutFinalSlash(path: string): string {
  return path.replace(/\/+$/u, '');
}

export function findKubernetesService(env: Environment): KubernetesService | null {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '';
  return host === '' || port === '' ? null : { host, port };
}
