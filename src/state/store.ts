import { emptyState, lostState, type RunState } from './state.ts';

/** Where the run's state lives: ConfigMap in a cluster, file elsewhere. */
export interface StateStore {
  /** For `run_started`: `configmap mailroom/mailroom-state` or `file <path>`. */
  readonly description: string;
  /** Never throws: what cannot be read is a reason to be logged, not to stop triage. */
  read(): Promise<StateRead>;
  /**
   * Applies `change` to what is stored now and writes the result; when another run wrote meanwhile,
   * reads again and applies `change` to that. Throws StateWriteError.
   */
  save(change: (stored: RunState) => RunState): Promise<void>;
}

/** What reading the state came to. */
export type StateRead =
  | { readonly kind: 'read'; readonly state: RunState }
  /** Nothing stored yet: a fresh installation. */
  | { readonly kind: 'absent' }
  /** `lastSuccessfulRun`: known even so, or null. */
  | {
      readonly kind: 'unreadable';
      readonly problem: string;
      readonly lastSuccessfulRun: string | null;
    };

/**
 * The state to go on with: one that cannot be read counts as empty, but not as a fresh
 * installation.
 */
export function toState(read: StateRead): RunState {
  switch (read.kind) {
    case 'read':
      return read.state;
    case 'absent':
      return emptyState;
    case 'unreadable':
      return lostState(read.lastSuccessfulRun);
    default:
      return read satisfies never;
  }
}
