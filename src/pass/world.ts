import type { Logger } from '../log/logger.ts';
import type { ContactStore, MailStore } from '../triage/ports.ts';

/** Everything outside that a pass acts on. */
export interface World {
  readonly mail: MailStore;
  readonly contacts: ContactStore;
  readonly log: Logger;
  readonly clock: PassClock;
}

/** What a pass may know of time, and whether it may go on. */
export interface PassClock {
  /** `YYYY-MM-DD`, UTC; one value for the whole pass. */
  readonly today: string;
  /** The first write is next: until now a signal may break everything off at once. */
  beginWrites(): void;
  /** A signal came: nothing new is begun. */
  isStopping(): boolean;
  /** Throws StoppedError after a signal, TimeoutError when the pass's time is over. */
  checkpoint(): void;
}
