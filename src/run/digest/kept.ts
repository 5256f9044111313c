import type { DoneSender } from '../../pass/world.ts';
import {
  type DigestChange,
  type DigestMemory,
  emptyDigestMemory,
} from '../../state/digest-memory.ts';
import { cut } from './clean.ts';
import { MOST_NAME, MOST_NAME_OCTETS } from './render.ts';

/** What is known after a pass, whether it succeeded or not. */
export interface Passed {
  /** Whom the pass handled. */
  readonly done: readonly DoneSender[];
  /**
   * When the last run before this one began, if one is missing in between that should have come: it was
   * killed, or could not write its state, and what it decided stands on the cards alone. Else null.
   */
  readonly missingSince: string | null;
  readonly memory: DigestMemory | null;
  readonly now: Date;
}

/** What a run leaves that tells nothing: what it decided, to be told later. */
export function keepDecided({ done, missingSince, memory, now }: Passed): DigestNews {
  const at = toUtcDate(now);
  const decided = done.map(({ sender, displayName, category }) => ({
    sender,
    // As much as is shown: 200 whole names may be more than a ConfigMap takes.
    name: cut(displayName, MOST_NAME, MOST_NAME_OCTETS),
    category,
    at,
  }));
  const lostSince = memory === null ? null : findLostSince(memory, missingSince);
  // Another run may have told meanwhile: what is not new is left as it is stored.
  const isNew = memory !== null && lostSince !== memory.lostSince;
  return {
    toldAt: null,
    decided,
    told: emptyDigestMemory,
    ...(isNew ? { lostSince } : {}),
  };
}

/** Without `toldAt` the newest digest says since when. */
export function findLostSince(memory: DigestMemory, missingSince: string | null): string | null {
  return memory.toldAt === null ? memory.lostSince : (memory.lostSince ?? missingSince);
}

/** What a run adds to the memory where digests are on. */
export type DigestNews = Exclude<DigestChange, 'forget'>;

/** RFC 8620 §1.4, in whole seconds. */
export function toUtcDate(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
