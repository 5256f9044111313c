import { dirname } from 'node:path';

import { errorCodeOf, messageOf } from '../errors.ts';
import {
  createStateStore,
  findStatePlace,
  type StatePlace,
  type StateStoreOptions,
} from '../state/place.ts';
import { probeStateFile } from '../state/state-file.ts';
import type { StateRead } from '../state/store.ts';
import type { Check } from './check.ts';

/** Whether the state can be read, and could be written; leaves nothing behind. Never throws. */
export async function checkState(options: StateStoreOptions): Promise<Check> {
  const area = 'state' as const;
  let name = 'state store';
  try {
    const store = createStateStore(options);
    name = store.description;
    const read = await store.read();
    if (read.kind === 'unreadable') return { area, name, status: 'failed', detail: read.problem };
    const problem = await probePlace(findStatePlace(options));
    if (problem !== null) return { area, name, status: 'failed', detail: problem };
    return { area, name, status: 'exists', detail: `readable and writable; ${describe(read)}` };
  } catch (error) {
    return { area, name, status: 'failed', detail: messageOf(error) };
  }
}

/** Null when the next pass may write its state there; else why not. Leaves nothing behind. */
async function probePlace(place: StatePlace): Promise<string | null> {
  if (place.kind === 'configmap') {
    const mayPatch = await place.client.mayPatchConfigMap(place.name);
    return mayPatch
      ? null
      : `readable, but the service account may not patch it: its Role needs the verb patch on configmaps ${place.name}`;
  }
  try {
    probeStateFile(place.path);
    return null;
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === null) return `${place.path}: ${messageOf(error)}`;
    return `the folder ${dirname(place.path)} cannot be written (${code}): set MAILROOM_STATE_FILE`;
  }
}

function describe(read: Exclude<StateRead, { readonly kind: 'unreadable' }>): string {
  if (read.kind === 'absent') return 'empty: no pass has run yet';
  const { lastSuccessfulRun, consecutiveFailures } = read.state;
  return lastSuccessfulRun === null
    ? `no pass has succeeded yet, ${consecutiveFailures} failed`
    : `last successful pass ${lastSuccessfulRun}`;
}
