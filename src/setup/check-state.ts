import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';

import {
  createStateStore,
  findStatePlace,
  type StatePlace,
  type StateStoreOptions,
} from '../state/place.ts';
import type { RunState } from '../state/state.ts';
import type { StateRead } from '../state/store.ts';
import { type Check, reasonOf } from './check.ts';

/** Whether the state can be read, and could be written; writes nothing. Never throws. */
export async function checkState(options: StateStoreOptions): Promise<Check> {
  const area = 'state' as const;
  let name = 'state store';
  try {
    const store = createStateStore(options);
    name = store.description;
    const read = await store.read();
    if (read.kind === 'unreadable') return { area, name, status: 'failed', detail: read.problem };
    const problem = await findWriteProblem(findStatePlace(options));
    if (problem !== null) return { area, name, status: 'failed', detail: problem };
    return { area, name, status: 'exists', detail: `readable and writable; ${describe(read)}` };
  } catch (error) {
    return { area, name, status: 'failed', detail: reasonOf(error) };
  }
}

/** Null when the next pass may write its state there. */
async function findWriteProblem(place: StatePlace): Promise<string | null> {
  if (place.kind === 'configmap') {
    const mayPatch = await place.client.mayPatchConfigMap(place.name);
    return mayPatch
      ? null
      : `readable, but the service account may not patch it: its Role needs the verb patch on configmaps ${place.name}`;
  }
  // It is replaced by rename, so what counts is its folder, which the first pass makes if need be.
  const folder = dirname(place.path);
  try {
    await access(await nearestExisting(folder), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `the folder ${folder} cannot be written (${code ?? 'unknown error'}): set MAILROOM_STATE_FILE`;
  }
}

async function nearestExisting(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing || dirname(folder) === folder) throw error;
    return await nearestExisting(dirname(folder));
  }
}

function describe(read: Exclude<StateRead<RunState>, { readonly kind: 'unreadable' }>): string {
  if (read.kind === 'absent') return 'empty, for no pass has run yet';
  const { lastSuccessfulRun, consecutiveFailures } = read.state;
  return lastSuccessfulRun === null
    ? `no pass has succeeded yet, ${consecutiveFailures} failed`
    : `last successful pass ${lastSuccessfulRun}`;
}
