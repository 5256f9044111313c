import { JmapMethodError } from '../errors.ts';
import type { EmailPatch, PatchOutcome } from '../triage/model.ts';
import type { PatchResult } from '../triage/ports.ts';
import { decodeSetAnswer, type SetAnswer } from './jmap/answers.ts';
import type { MethodCall } from './jmap/calls.ts';
import type { JmapClient } from './jmap/client.ts';
import {
  isRefusedWhole,
  isTooLarge,
  writeFailureOf,
  writeFailureOfSetError,
} from './jmap/write-failure.ts';

/**
 * Applies patches by Email/set (RFC 8621 §4.6), chunked by `maxObjectsInSet` and `maxSizeRequest`,
 * one chunk after another: each names the state that the one before it left (MailStore.patchEmails).
 * A patch that changes nothing is `updated` and not sent. A chunk that fails for now is an outcome
 * of its emails; only what breaks the run is thrown.
 */
export async function patchEmails(
  client: JmapClient,
  patches: readonly EmailPatch[],
  state: string | null,
): Promise<PatchResult> {
  const outcomes = new Map<string, PatchOutcome>();
  const updates = groupByEmail(patches).filter((update) => {
    const [{ emailId }] = update;
    const isSent = update.some(({ add, remove }) => add.length + remove.length > 0);
    if (!isSent) outcomes.set(emailId, UPDATED);
    return isSent;
  });
  if (updates.length === 0) return { outcomes, state };
  const { limits } = await client.session();
  const queue = new ChunkQueue(updates, limits.maxObjectsInSet, limits.maxSizeRequest);
  const sending: Sending = { client, queue, outcomes, state };
  for (let chunk = queue.take(); chunk.length > 0; chunk = queue.take()) {
    await sendChunk(chunk, sending);
  }
  return { outcomes, state: sending.state };
}

interface Sending {
  readonly client: JmapClient;
  readonly queue: ChunkQueue;
  readonly outcomes: Map<string, PatchOutcome>;
  /** Of all emails, as the last chunk left it; null: whatever it is. */
  state: string | null;
}

const UPDATED: PatchOutcome = { kind: 'updated' };

const STALE: PatchOutcome = { kind: 'stale' };

/** All patches for one email, in order; of two that contradict each other the later wins. */
type EmailPatches = readonly [EmailPatch, ...EmailPatch[]];

/**
 * One email's part of an Email/set, built only for its chunk: all at once would need too much
 * memory.
 */
interface EmailUpdate {
  readonly emailId: string;
  readonly patches: EmailPatches;
  /** RFC 8620 §5.3 PatchObject. */
  readonly patch: Readonly<Record<string, true | null>>;
}

function groupByEmail(patches: readonly EmailPatch[]): readonly EmailPatches[] {
  const byEmail = new Map<string, EmailPatches>();
  for (const patch of patches) {
    const earlier = byEmail.get(patch.emailId);
    byEmail.set(patch.emailId, earlier === undefined ? [patch] : [...earlier, patch]);
  }
  return [...byEmail.values()];
}

function renderUpdate(patches: EmailPatches, pointers: Map<string, string>): EmailUpdate {
  const pointerTo = (mailboxId: string): string => {
    const pointer = pointers.get(mailboxId) ?? membershipPointer(mailboxId);
    pointers.set(mailboxId, pointer);
    return pointer;
  };
  const [{ emailId }] = patches;
  return { emailId, patches, patch: renderPatch(patches, pointerTo) };
}

/**
 * RFC 8620 §5.3 PatchObject of one email; of two patches that contradict each other the later wins.
 */
export function renderPatch(
  patches: readonly EmailPatch[],
  pointerTo = membershipPointer,
): Readonly<Record<string, true | null>> {
  const changes: Record<string, true | null> = {};
  for (const { add, remove } of patches) {
    // Added last: a mailbox that is in both lists stays on, so that no email is lost by a slip.
    for (const id of remove) changes[pointerTo(id)] = null;
    for (const id of add) changes[pointerTo(id)] = true;
  }
  return changes;
}

/** The key of a patch for one mailbox, RFC 8620 §5.3, RFC 6901 §3. */
function membershipPointer(mailboxId: string): string {
  return `mailboxIds/${mailboxId.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** How many UTF-8 bytes the update adds to the request. */
function bytesOf({ emailId, patch }: EmailUpdate): number {
  return Buffer.byteLength(`${JSON.stringify(emailId)}:${JSON.stringify(patch)},`);
}

/**
 * The updates not yet sent, handed out in chunks. The server's limits may turn out lower than it
 * said.
 */
class ChunkQueue {
  readonly #updates: EmailPatches[];
  /** By mailbox id: there are few, and many emails. */
  readonly #pointers = new Map<string, string>();
  readonly #maxBytes: number;
  #maxObjects: number;
  /** Requests that may still be spent on finding out which update a chunk was refused for. */
  #halvingsLeft = MOST_HALVINGS;

  constructor(updates: readonly EmailPatches[], maxObjects: number, maxSizeRequest: number) {
    this.#updates = [...updates];
    this.#maxObjects = maxObjects;
    this.#maxBytes = maxSizeRequest - ENVELOPE_BYTES;
  }

  /** At least one update while any are left, even if that one alone is above the limit. */
  take(): readonly EmailUpdate[] {
    const chunk: EmailUpdate[] = [];
    let bytes = 0;
    for (const patches of this.#updates.slice(0, this.#maxObjects)) {
      const update = renderUpdate(patches, this.#pointers);
      bytes += bytesOf(update);
      if (chunk.length > 0 && bytes > this.#maxBytes) break;
      chunk.push(update);
    }
    this.#updates.splice(0, chunk.length);
    return chunk;
  }

  /** All that have not been handed out yet; none is left afterwards. */
  takeAll(): readonly { readonly emailId: string }[] {
    return this.#updates.splice(0).map(([{ emailId }]) => ({ emailId }));
  }

  /** Takes back a chunk that was too large; chunks are at most half of it from now on. */
  takeBack(chunk: readonly EmailUpdate[]): void {
    this.#maxObjects = Math.min(this.#maxObjects, Math.ceil(chunk.length / 2));
    this.#updates.unshift(...chunk.map(({ patches }) => patches));
  }

  mayHalve(): boolean {
    this.#halvingsLeft -= 1;
    return this.#halvingsLeft >= 0;
  }
}

/** A generous allowance for `using`, the method's name, the account id and brackets. */
const ENVELOPE_BYTES = 1024;

/**
 * Enough to find a few refused emails among thousands. A server that refuses everything is left
 * alone.
 */
const MOST_HALVINGS = 64;

async function sendChunk(chunk: readonly EmailUpdate[], sending: Sending): Promise<void> {
  const { client, queue, outcomes, state } = sending;
  const update = Object.fromEntries(chunk.map(({ emailId, patch }) => [emailId, patch]));
  const set: MethodCall = {
    name: 'Email/set',
    arguments: state === null ? { update } : { ifInState: state, update },
    callId: 'set',
  };
  try {
    const answers = await client.request([set]);
    const answer = decodeSetAnswer(answers.argumentsOf(set), set.name);
    if (state !== null && answer.newState !== null) sending.state = answer.newState;
    for (const { emailId } of chunk) outcomes.set(emailId, outcomeOf(emailId, answer));
  } catch (error) {
    const half = Math.ceil(chunk.length / 2);
    if (isStale(error, state)) {
      // The patches for the emails after these were planned in the same state.
      for (const { emailId } of [...chunk, ...queue.takeAll()]) outcomes.set(emailId, STALE);
      return;
    }
    const failure = writeFailureOf(error);
    if (isTooLarge(error) && chunk.length > 1) {
      queue.takeBack(chunk);
    } else if (isRefusedWhole(error) && chunk.length > 1 && queue.mayHalve()) {
      // Perhaps only one email is refused: the others must not wait for it.
      await sendChunk(chunk.slice(0, half), sending);
      await sendChunk(chunk.slice(half), sending);
    } else {
      // Nobody knows which email of a chunk was refused, so trying again is the safer reading.
      const outcome: PatchOutcome =
        chunk.length === 1 ? failure : { kind: 'failed', problem: failure.problem };
      for (const { emailId } of chunk) outcomes.set(emailId, outcome);
    }
  }
}

/**
 * RFC 8620 §5.3. A server that says so without `ifInState` is wrong, and is not asked again in this
 * run.
 */
function isStale(error: unknown, state: string | null): boolean {
  return state !== null && error instanceof JmapMethodError && error.type === 'stateMismatch';
}

function outcomeOf(emailId: string, { updated, notUpdated }: SetAnswer): PatchOutcome {
  if (Object.hasOwn(notUpdated, emailId)) {
    const setError = notUpdated[emailId];
    return isNotFound(setError)
      ? { kind: 'notFound' }
      : writeFailureOfSetError(setError, 'Email/set');
  }
  if (Object.hasOwn(updated, emailId)) return UPDATED;
  return { kind: 'failed', problem: 'Email/set: no answer for this email' };
}

function isNotFound(setError: unknown): boolean {
  return (
    typeof setError === 'object' &&
    setError !== null &&
    'type' in setError &&
    setError.type === 'notFound'
  );
}
