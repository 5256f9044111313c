import { SettingsError } from '../errors.ts';
import { createBudget } from '../http/budget.ts';
import type { Environment } from '../settings/environment.ts';
import { readStatusSettings, type StatusSettings } from '../settings/state-settings.ts';
import { LAST_SUCCESS_ANNOTATION, STATE_KEY } from '../state/config-map-store.ts';
import { judgeHealth } from '../state/health.ts';
import { createStateStore } from '../state/place.ts';
import { emptyState, isTime, parseState, type RunState } from '../state/state.ts';
import type { StateRead } from '../state/store.ts';

/** What `status` prints, and where. */
export interface StatusReport {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly exitCode: 0 | 1;
}

/**
 * The health check: judges the stored state, or `piped` (state.json, or its ConfigMap as JSON).
 * What cannot be read is unhealthy: nobody would look after a check that calls it well.
 */
export async function reportStatus(env: Environment, piped: string | null): Promise<StatusReport> {
  let settings: StatusSettings;
  try {
    settings = readStatusSettings(env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { stream: 'stderr', text: `${error.problems.join('\n')}\n`, exitCode: 1 };
  }
  const read = piped === null ? await readStored(settings) : readPiped(piped);
  if (read.kind === 'unreadable') {
    const line = {
      status: 'unhealthy',
      last_poll_age_seconds: null,
      consecutive_failures: null,
      last_failure: null,
      problem: read.problem,
    };
    return { stream: 'stdout', text: `${JSON.stringify(line)}\n`, exitCode: 1 };
  }
  const health = judgeHealth(read.kind === 'read' ? read.state : emptyState, {
    now: new Date(),
    pollIntervalSeconds: settings.pollIntervalSeconds,
    maxFailures: settings.maxConsecutiveFailures,
  });
  return {
    stream: 'stdout',
    text: `${JSON.stringify(health)}\n`,
    exitCode: health.status === 'ok' ? 0 : 1,
  };
}

async function readStored(settings: StatusSettings): Promise<StateRead<RunState>> {
  const timeoutMs = settings.requestTimeoutMs;
  const budget = createBudget({
    passTimeoutMs: 2 * timeoutMs,
    stop: new AbortController().signal,
    stopGraceMs: 0,
  });
  try {
    return await createStateStore({ ...settings, timeoutMs, budget }).read();
  } catch (error) {
    return { kind: 'unreadable', problem: (error as Error).message };
  }
}

/** Either form: a state.json has a `version`, a ConfigMap a `kind`. */
function readPiped(text: string): StateRead<RunState> {
  try {
    const json: unknown = JSON.parse(text);
    if (!isRecord(json) || json['kind'] !== 'ConfigMap') {
      return { kind: 'read', state: parseState(text) };
    }
    const data = isRecord(json['data']) ? json['data'][STATE_KEY] : undefined;
    if (typeof data === 'string') return { kind: 'read', state: parseState(data) };
    return hasSucceeded(json)
      ? { kind: 'unreadable', problem: `${STATE_KEY} is gone, but an earlier pass succeeded` }
      : { kind: 'absent' };
  } catch (error) {
    const problem = error instanceof SyntaxError ? 'standard input is not JSON' : String(error);
    return { kind: 'unreadable', problem };
  }
}

function hasSucceeded(configMap: Readonly<Record<string, unknown>>): boolean {
  const { metadata } = configMap;
  const annotations = isRecord(metadata) ? metadata['annotations'] : undefined;
  return isRecord(annotations) && isTime(annotations[LAST_SUCCESS_ANNOTATION]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
