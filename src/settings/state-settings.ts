import { SettingsError } from '../errors.ts';
import { type Environment, parseValues } from './environment.ts';
import type { SettingName, Values } from './table.ts';

/** `KUBERNETES_SERVICE_HOST` and `_PORT`, which every container of a cluster has. */
export interface KubernetesService {
  readonly host: string;
  readonly port: string;
}

/** Where the state is kept: all that a run with broken settings needs to record its failure. */
export interface StateSettings extends Pick<Values, 'stateConfigMap' | 'serviceAccountDir'> {
  /** Null only in a cluster, where neither it nor HOME is set. */
  readonly stateFile: string | null;
  /** `MAILROOM_STATE_FILE` is set: the file is used in a cluster too. */
  readonly isStateFileForced: boolean;
  /** The API server of the cluster that runs this process; null outside one. */
  readonly kubernetesService: KubernetesService | null;
}

/** What the health check needs, which is no credentials. */
export interface StatusSettings
  extends StateSettings, Pick<Values, 'pollIntervalSeconds' | 'maxConsecutiveFailures'> {}

/**
 * The state settings of an environment that `readSettings` refused: what is wrong counts as not
 * set.
 */
export function parseStateSettings(env: Environment): StateSettings {
  const { values } = parseValues(env, STATE_NAMES);
  return { ...values, ...findStatePlaces(env, values.givenStateFile) };
}

/** Works for an environment that `parseSettings` refused too, so that this failure can be pinged. */
export function parsePingUrl(env: Environment): string | null {
  return parseValues(env, ['MAILROOM_PING_URL']).values.pingUrl;
}

/** Likewise: a dry run with settings that are wrong writes no state, and pings nobody. */
export function parseDryRun(env: Environment): boolean {
  return parseValues(env, ['MAILROOM_DRY_RUN']).values.isDryRun;
}

/** What the health check needs. Throws SettingsError with every problem. */
export function parseStatusSettings(env: Environment): StatusSettings {
  const { values, problems } = parseValues(env, [
    ...STATE_NAMES,
    'MAILROOM_POLL_INTERVAL',
    'MAILROOM_MAX_CONSECUTIVE_FAILURES',
  ]);
  if (problems.size > 0) throw new SettingsError([...problems.values()]);
  return { ...values, ...findStatePlaces(env, values.givenStateFile) };
}

/** What the environment says about the state's place apart from the settings. */
export function findStatePlaces(
  env: Environment,
  givenStateFile: string | null,
): Pick<StateSettings, 'stateFile' | 'isStateFileForced' | 'kubernetesService'> {
  return {
    stateFile: givenStateFile ?? findDefaultStateFile(env),
    isStateFileForced: givenStateFile !== null,
    kubernetesService: findKubernetesService(env),
  };
}

const STATE_NAMES = [
  'MAILROOM_STATE_FILE',
  'MAILROOM_STATE_CONFIGMAP',
  'MAILROOM_SERVICE_ACCOUNT_DIR',
] as const satisfies readonly SettingName[];

/** XDG Base Directory Specification: a relative XDG_STATE_HOME is ignored. */
function findDefaultStateFile(env: Environment): string | null {
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
