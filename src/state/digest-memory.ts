import type { Decision } from '../triage/digest.ts';
import type { SenderAddress } from '../triage/model.ts';

/** What is remembered for the next digest. */
export interface DigestMemory {
  /** Everything until then has been told, ISO 8601 UTC; null if that is not known. */
  readonly toldAt: string | null;
  /** Decisions not yet told, oldest first; at most `MOST_DECISIONS`. */
  readonly decided: readonly Decision[];
  /** Older ones for which there was no room. */
  readonly decidedBesides: number;
  /** Date of the newest digest when the memory was found lost: decisions since then are on the cards alone. */
  readonly lostSince: string | null;
  /** When a digest was last left in the mailbox; null where none is known of. */
  readonly sentAt: string | null;
  /** A digest is due and fails, for so long; null: it does not. */
  readonly failure: Trouble | null;
}

/** Something beside the mail that fails. */
export interface Trouble {
  /** ISO 8601 UTC. */
  readonly since: string;
  readonly problem: string;
}

/** What a run adds to it. `forget`: digests are off. */
export type DigestChange =
  | 'forget'
  | {
      /** Null: as stored. */
      readonly toldAt: string | null;
      /** Decisions of this run that were not told. */
      readonly decided: readonly Decision[];
      /** What was stored, and has been told or need not be. */
      readonly told: DigestMemory;
      /** Absent: as stored. */
      readonly lostSince?: string | null;
      /** Absent: this run left none. */
      readonly sentAt?: string;
      /** Absent: as stored; null: nothing fails. */
      readonly failure?: Trouble | null;
    };

/** What is remembered before the first digest. */
export const emptyDigestMemory: DigestMemory = {
  toldAt: null,
  decided: [],
  decidedBesides: 0,
  lostSince: null,
  sentAt: null,
  failure: null,
};

/**
 * Another run may have decided or told something meanwhile, so only what this run told is removed.
 */
export function applyDigestChange(
  stored: DigestMemory | null,
  change: DigestChange,
): DigestMemory | null {
  if (change === 'forget') return null;
  const memory = stored ?? emptyDigestMemory;
  const { toldAt, decided, decidedBesides } = memory;
  const told = new Set(change.told.decided.map(keyOf));
  const untold = [...decided.filter((one) => !told.has(keyOf(one))), ...change.decided];
  const kept = untold.slice(-MOST_DECISIONS);
  const besides = Math.max(0, decidedBesides - change.told.decidedBesides);
  return {
    toldAt: laterOf(toldAt, change.toldAt),
    decided: kept,
    decidedBesides: besides + untold.length - kept.length,
    lostSince: change.lostSince === undefined ? memory.lostSince : change.lostSince,
    sentAt: change.sentAt === undefined ? memory.sentAt : laterOf(memory.sentAt, change.sentAt),
    failure: failureAfter(memory.failure, change.failure),
  };
}

function failureAfter(stored: Trouble | null, ours: Trouble | null | undefined): Trouble | null {
  if (ours === undefined) return stored;
  return ours === null ? null : { ...ours, since: stored?.since ?? ours.since };
}

/** A memory that is not understood is dropped: the date of the newest digest serves as well. */
export function parseDigestMemory(json: unknown): DigestMemory | null {
  if (typeof json !== 'object' || json === null) return null;
  const { toldAt, decided, decidedBesides, lostSince, sentAt, failure } = json as Record<
    string,
    unknown
  >;
  const isSound =
    (toldAt === null || isDate(toldAt)) &&
    Array.isArray(decided) &&
    decided.every(isDecision) &&
    Number.isSafeInteger(decidedBesides);
  if (!isSound) return null;
  return {
    toldAt,
    decided: (decided as readonly Decision[]).slice(-MOST_DECISIONS),
    decidedBesides: Math.max(0, decidedBesides as number),
    lostSince: isDate(lostSince) ? lostSince : null,
    sentAt: isDate(sentAt) ? sentAt : null,
    failure: isTrouble(failure) ? failure : null,
  };
}

const MOST_DECISIONS = 200;

/** The clocks of two machines may differ by this much. */
export const MAX_AHEAD_MS = 10 * 60 * 1000;

/** Also for what else may fail, and for how long. */
export function isTrouble(value: unknown): value is Trouble {
  if (typeof value !== 'object' || value === null) return false;
  const { since, problem } = value as Record<string, unknown>;
  return isDate(since) && typeof problem === 'string';
}

function isDecision(value: unknown): value is Decision {
  if (typeof value !== 'object' || value === null) return false;
  const { sender, name, category, at } = value as Record<string, unknown>;
  return [sender, name, category].every((text) => typeof text === 'string') && isDate(at);
}

function isDate(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function keyOf({
  sender,
  category,
  at,
}: {
  sender: SenderAddress;
  category: string;
  at: string;
}): string {
  return JSON.stringify([sender, category, at]);
}

/** A stored time far ahead of ours was written by a clock that was wrong, and would win for ever. */
function laterOf(stored: string | null, ours: string | null): string | null {
  if (stored === null || ours === null) return ours ?? stored;
  const aheadMs = Date.parse(stored) - Date.parse(ours);
  return aheadMs > 0 && aheadMs <= MAX_AHEAD_MS ? stored : ours;
}
