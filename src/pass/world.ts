import type { Logger } from '../log/logger.ts';
import type { SenderAddress } from '../triage/model.ts';
import type { ContactStore, MailStore } from '../triage/ports.ts';

/** Everything outside that a pass acts on. */
export interface World {
  readonly mail: MailStore;
  readonly contacts: ContactStore;
  readonly log: Logger;
  readonly clock: PassClock;
  /** Told of each sender when its labels are off: a pass that breaks later has no report. */
  readonly onDone?: (done: DoneSender) => void;
}

/** A sender that was handled whole. */
export interface DoneSender {
  readonly sender: SenderAddress;
  /** Cleaned; empty where it has none. */
  readonly displayName: string;
  /** The category's name. */
  readonly category: string;
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
