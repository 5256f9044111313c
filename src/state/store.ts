/** Where the run's state lives: ConfigMap in a cluster, file elsewhere. */
export interface StateStore<State> {
  /** For `run_started`: `configmap mailroom/mailroom-state` or `file <path>`. */
  readonly description: string;
  /** Never throws: what cannot be read is a reason to be logged, not to stop triage. */
  read(): Promise<StateRead<State>>;
  /**
   * Applies `change` to what is stored now and writes the result; when another run wrote meanwhile,
   * reads again and applies `change` to that. Throws StateWriteError.
   */
  save(change: (stored: State) => State): Promise<void>;
}

export type StateRead<State> =
  | { readonly kind: 'read'; readonly state: State }
  /** Nothing stored yet: a fresh installation. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly problem: string };
