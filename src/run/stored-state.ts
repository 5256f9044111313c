import { messageOf, SettingsError } from '../errors.ts';
import type { Redact } from '../log/redaction.ts';
import type { Settings } from '../settings/settings.ts';
import {
  afterFailure,
  afterStop,
  afterSuccess,
  emptyState,
  type FinishedRun,
  isOfOtherAccount,
  lostState,
  type RunState,
} from '../state/state.ts';
import { toState } from '../state/store.ts';
import type { Run } from './open-run.ts';
import type { RunOutcome } from './outcome.ts';

/**
 * State trouble never stops triage: a state that cannot be read, or is another account's, is a
 * warning.
 */
export async function readState({ store, settings, log }: Run): Promise<RunState> {
  if (store === null) return lostState(null);
  const read = await store.read();
  if (read.kind === 'unreadable') {
    log.warning('state_unreadable', { store: store.description, problem: read.problem });
  }
  const state = toState(read);
  const own = ownState(state, settings);
  if (own !== state) {
    log.warning('state_of_other_account', {
      store: store.description,
      account: state.account,
      problem:
        'taken for a new installation; if both accounts are in use, give each a state of its own ' +
        '(MAILROOM_STATE_FILE or MAILROOM_STATE_CONFIGMAP)',
    });
  }
  return own;
}

/** Another account's successes would hide this one's failures. */
export function ownState(state: RunState, settings: Settings | SettingsError): RunState {
  return !(settings instanceof SettingsError) && isOfOtherAccount(state, settings.cardDavUsername)
    ? emptyState
    : state;
}

/** What the run's outcome makes of the state that is stored now. */
export function afterOutcome(
  stored: RunState,
  outcome: RunOutcome,
  finished: FinishedRun,
  redact: Redact,
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

/**
 * Saves what `change` makes of the stored state, and returns it. Without a store, or in a dry run,
 * nothing is saved.
 */
export async function saveState(
  { store, isDryRun, log }: Run,
  read: RunState,
  change: (stored: RunState) => RunState,
): Promise<RunState> {
  // What was saved counts: another run may have added failures since this one read them.
  let saved = change(read);
  if (store === null || isDryRun) return saved;
  try {
    await store.save((stored) => {
      saved = change(stored);
      return saved;
    });
  } catch (error) {
    log.error('state_write_failed', { store: store.description, error });
  }
  return saved;
}
