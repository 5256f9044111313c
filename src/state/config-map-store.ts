import { HttpStatusError, messageOf, StateWriteError } from '../errors.ts';
import { formatState, isTime, parseState } from './format.ts';
import type { ConfigMap, KubeClient } from './kube-client.ts';
import { isRecord } from '../http/json.ts';
import type { RunState } from './state.ts';
import { type StateRead, type StateStore, toState } from './store.ts';

/** Shown by `kubectl get`, and what an alert watches. RFC 3339. */
const LAST_SUCCESS_ANNOTATION = 'mailroom/last-successful-run';

/** The key of the ConfigMap that is ours; all others are left alone. */
const STATE_KEY = 'state.json';

/**
 * The state as one key of a ConfigMap, in a cluster. The ConfigMap is never created: whoever
 * installs Mailroom applies it, and the service account may `get` and `patch` that one object.
 */
export function createConfigMapStore(client: KubeClient, name: string): StateStore {
  /** As the server last showed it; null before that, and when it has to be read again. */
  let known: ConfigMap | null = null;

  const write = async (change: (stored: RunState) => RunState): Promise<void> => {
    let sent: string | null = null;
    for (let attempt = 1; ; attempt += 1) {
      known ??= await client.readConfigMap(name);
      // A patch that is sent again because its answer was lost meets the conflict that it made itself.
      if (sent !== null && known.data?.[STATE_KEY] === sent) return;
      const stored = toState(parseConfigMap(known));
      const state = change(stored);
      const text = formatState(state);
      // If this run's times are not in it, another run may have written the same numbers.
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
        return parseConfigMap(known);
      } catch (error) {
        return { kind: 'unreadable', problem: describe(error, name), lastSuccessfulRun: null };
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

/**
 * This many runs may end at once and each still writes: a conflict means that one of them has
 * written.
 */
const MAX_ATTEMPTS = 8;

function annotate(state: RunState): { annotations?: Record<string, string> } {
  return state.lastSuccessfulRun === null
    ? {}
    : { annotations: { [LAST_SUCCESS_ANNOTATION]: state.lastSuccessfulRun } };
}

function parseConfigMap({ data, metadata }: ConfigMap): StateRead {
  return parseStored(data?.[STATE_KEY], metadata.annotations?.[LAST_SUCCESS_ANNOTATION]);
}

/** What the key and the annotation say. Only the annotation outlives a spoilt state.json. */
function parseStored(text: unknown, annotation: unknown): StateRead {
  const lastSuccessfulRun = isTime(annotation) ? annotation : null;
  if (typeof text !== 'string') {
    if (lastSuccessfulRun === null) return { kind: 'absent' };
    const problem = `${STATE_KEY} is gone, but an earlier pass succeeded`;
    return { kind: 'unreadable', problem, lastSuccessfulRun };
  }
  try {
    return { kind: 'read', state: parseState(text) };
  } catch (error) {
    return { kind: 'unreadable', problem: messageOf(error), lastSuccessfulRun };
  }
}

/** Either form of what is piped in: a state.json has a `version`, a ConfigMap a `kind`. */
export function parsePipedState(text: string): StateRead {
  try {
    const json: unknown = JSON.parse(text);
    if (!isRecord(json) || json['kind'] !== 'ConfigMap') {
      return { kind: 'read', state: parseState(text) };
    }
    const { data, metadata } = json;
    const state = isRecord(data) ? data[STATE_KEY] : undefined;
    const annotations = isRecord(metadata) ? metadata['annotations'] : undefined;
    const time = isRecord(annotations) ? annotations[LAST_SUCCESS_ANNOTATION] : undefined;
    return parseStored(state, time);
  } catch (error) {
    const problem = error instanceof SyntaxError ? 'standard input is not JSON' : messageOf(error);
    return { kind: 'unreadable', problem, lastSuccessfulRun: null };
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === 409;
}

function describe(error: unknown, name: string): string {
  const message = messageOf(error);
  return error instanceof HttpStatusError && error.status === 404
    ? `ConfigMap ${name} does not exist (kubectl apply -f deploy/ creates it): ${message}`
    : message;
}
