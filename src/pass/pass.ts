import type { Snapshot } from '../triage/layout.ts';
import type { KnownEmails } from './known-emails.ts';
import type { Ledger } from './ledger.ts';
import type { World } from './world.ts';

/** What every step of a pass works with: what was read, what it acts on, what has come of it. */
export interface Pass {
  readonly snapshot: Snapshot;
  readonly world: World;
  readonly emails: KnownEmails;
  readonly ledger: Ledger;
  /** Paths of cards that are there and could not be read (`ContactLookup`). */
  readonly unreadableCards: readonly string[];
}
