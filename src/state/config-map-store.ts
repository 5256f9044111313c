import { HttpStatusError, StateWriteError } from '../errors.ts';
import type { ConfigMap, KubeClient } from './kube-client.ts';
import { emptyState, formatState, isTime, lostState, parseState, type RunState } from './state.ts';
import type { StateRead, StateStore } from './store.ts';

/** Shown by `kubectl get`, and what an alert watches. RFC 3339. */
export const LAST_SUCCESS_ANNOTATION = 'mailroom/last-successful-run';

/** The key of the ConfigMap that is ours; all others are left alone. */
export const STATE_KEY = 'state.json';

/**
 * The state as one key of a ConfigMap, in a cluster. The ConfigMap is never created: whoever
 * installs Mailroom applies it, and the service account may `get` and `patch` that one object.
 */
export function createConfigMapStore(client: KubeClient, name: string): StateStore<RunState> {
  /** As the server last showed it; null before that, and when it has to be read again. */
  let known: ConfigMap | null = null;

  const write = async (change: (stored: RunState) => RunState): Promise<void> => {
    let sent: string | null = null;
    for (let attempt = 1; ; attempt += 1) {
      known ??= await client.readConfigMap(name);
      // A patch whose answer was lost, and that was sent again, meets the conflict it made.
      if (sent !== null && known.data?.[STATE_KEY] === sent) return;
      const stored = readForChange(known);
      const state = change(stored);
      const text = formatState(state);
      // Without this run's times in it, another run may have written the very same.
      sent = state.lastRun === stored.lastRun ? null : text;
      // Makes the patch conditional: 409 when the object changed since.
      const { resourceVersion } = known.metadata;
      try {
        known = await client.patchConfigMap(name, {
          metadata: { resourceVersion, ...annotate(state) },
          data: { [STATE_KEY]: text },
        });
        return;
      } catch (error) {
        known = null;
        if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  };

  return {
    description: `configmap ${client.namespace ?? '(unknown namespace)'}/${name}`,
    async read() {
      try {
        known = await client.readConfigMap(name);
        return readState(known);
      } catch (error) {
        return { kind: 'unreadable', problem: describe(error, name) };
      }
    },
    async save(change) {
      try {
        await write(change);
      } catch (error) {
        throw new StateWriteError(describe(error, name), { cause: error });
      }
    },
  };
}

/** As many runs may end at once and each still writes: every conflict means that one of them did. */
const MAX_ATTEMPTS = 8;

function annotate(state: RunState): { annotations?: Record<string, string> } {
  return state.lastSuccessfulRun === null
    ? {}
    : { annotations: { [LAST_SUCCESS_ANNOTATION]: state.lastSuccessfulRun } };
}

function readState(configMap: ConfigMap): StateRead<RunState> {
  const text = configMap.data?.[STATE_KEY];
  if (text === undefined) {
    return readAnnotation(configMap) === null
      ? { kind: 'absent' }
      : { kind: 'unreadable', problem: `${STATE_KEY} is gone, but an earlier pass succeeded` };
  }
  try {
    return { kind: 'read', state: parseState(text) };
  } catch (error) {
    return { kind: 'unreadable', problem: (error as Error).message };
  }
}

function readForChange(configMap: ConfigMap): RunState {
  const read = readState(configMap);
  switch (read.kind) {
    case 'read':
      return read.state;
    case 'absent':
      return emptyState;
    case 'unreadable':
      return lostState(readAnnotation(configMap));
    default:
      return read satisfies never;
  }
}

/** The one thing that outlives a spoilt state.json. */
function readAnnotation(configMap: ConfigMap): string | null {
  const value = configMap.metadata.annotations?.[LAST_SUCCESS_ANNOTATION];
  return isTime(value) ? value : null;
}

function isConflict(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === 409;
}

function describe(error: unknown, name: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof HttpStatusError && error.status === 404
    ? `ConfigMap ${name} does not exist (kubectl apply -f deploy/ creates it): ${message}`
    : message;
}
