import { messageOf } from '../errors.ts';
import type { RequestBudget } from '../http/budget.ts';
import type { Logger } from '../log/logger.ts';
import type { StateSettings } from '../settings/state-settings.ts';
import { createStateStore } from '../state/place.ts';
import {
  afterFailure,
  afterStop,
  afterSuccess,
  emptyState,
  type FinishedRun,
  lostState,
  type RunState,
} from '../state/state.ts';
import type { StateStore } from '../state/store.ts';
import type { RunOutcome } from './outcome.ts';

/** Null, and said in the log, where there is no place for the state. */
export function openStateStore(
  settings: StateSettings,
  budget: RequestBudget,
  log: Logger,
): StateStore<RunState> | null {
  try {
    return createStateStore({ ...settings, timeoutMs: settings.requestTimeoutMs, budget });
  } catch (error) {
    log.error('state_write_failed', { error });
    return null;
  }
}

/** State trouble never stops triage: what cannot be read is empty, though not a fresh installation. */
export async function readState(
  store: StateStore<RunState> | null,
  log: Logger,
): Promise<RunState> {
  const read = await store?.read();
  if (read === undefined) return lostState(null);
  switch (read.kind) {
    case 'read':
      return read.state;
    case 'absent':
      return emptyState;
    case 'unreadable':
      log.warning('state_unreadable', { store: store?.description, problem: read.problem });
      return lostState(null);
    default:
      return read satisfies never;
  }
}

/** What the run's outcome makes of the state that is stored now. */
export function applyOutcome(
  stored: RunState,
  outcome: RunOutcome,
  finished: FinishedRun,
  redact: (text: string) => string,
): RunState {
  switch (outcome.event) {
    case 'poll_complete':
      return afterSuccess(stored, finished);
    case 'run_stopped':
      return afterStop(stored, finished);
    case 'poll_failed':
    case 'startup_failed': {
      const message = redact(messageOf(outcome.error));
      return afterFailure(stored, finished, { event: outcome.event, message });
    }
    default:
      return outcome satisfies never;
  }
}

/** Saves what `change` makes of the stored state; what was saved, or would have been. */
export async function saveState(
  store: StateStore<RunState> | null,
  read: RunState,
  change: (stored: RunState) => RunState,
  log: Logger,
): Promise<RunState> {
  // What was saved counts: another run may have added failures since this one read them.
  let saved = change(read);
  try {
    await store?.save((stored) => {
      saved = change(stored);
      return saved;
    });
  } catch (error) {
    log.error('state_write_failed', { store: store?.description, error });
  }
  return saved;
}
