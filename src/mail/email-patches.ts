import type { EmailPatch, PatchOutcome } from '../triage/model.ts';
import { decodeSetAnswer } from './answers.ts';
import type { SetAnswer } from './answers.ts';
import type { JmapClient } from './jmap-client.ts';
import type { MethodCall } from './method-answers.ts';
import { isRefusedWhole, isTooLarge, writeFailureOf, writeFailureOfSetError } from './refusals.ts';

/**
 * Applies patches by Email/set (RFC 8621 §4.6), chunked by `maxObjectsInSet` and `maxSizeRequest`,
 * a few chunks side by side (MailStore.patchEmails). A patch that changes nothing is `updated` and
 * not sent. A chunk that fails for now is an outcome of its emails; only what breaks the run is
 * thrown, and only after the chunks under way have ended.
 */
export async function patchEmails(
  client: JmapClient,
  patches: readonly EmailPatch[],
): Promise<ReadonlyMap<string, PatchOutcome>> {
  const updates = mergePatches(patches);
  const outcomes = new Map<string, PatchOutcome>();
  const sent = new Set(updates.map(({ emailId }) => emailId));
  for (const { emailId } of patches) {
    if (!sent.has(emailId)) outcomes.set(emailId, { kind: 'updated' });
  }
  if (sent.size === 0) return outcomes;
  const { limits } = await client.session();
  const queue = new ChunkQueue(updates, limits.maxObjectsInSet, limits.maxSizeRequest);
  const workers = Math.min(MOST_CHUNKS_AT_ONCE, limits.maxConcurrentRequests, queue.chunksLeft);
  const broken: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let chunk = queue.take(); chunk.length > 0; chunk = queue.take()) {
      if (broken.length > 0) return;
      try {
        await sendChunk(client, chunk, queue, outcomes);
      } catch (error) {
        broken.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  if (broken.length > 0) throw broken[0];
  return outcomes;
}

const MOST_CHUNKS_AT_ONCE = 4;

/** One email's part of an Email/set. */
interface EmailUpdate {
  readonly emailId: string;
  /** RFC 8620 §5.3 PatchObject. */
  readonly patch: Readonly<Record<string, true | null>>;
  /** UTF-8 bytes that it takes in the request. */
  readonly bytes: number;
}

/** One update for each email that has something to change; of two patches for one email the later wins. */
function mergePatches(patches: readonly EmailPatch[]): readonly EmailUpdate[] {
  const byEmail = new Map<string, Map<string, true | null>>();
  for (const { emailId, add, remove } of patches) {
    const changes = byEmail.get(emailId) ?? new Map<string, true | null>();
    // Added last: a mailbox that is in both lists stays on, so that no email is lost by a slip.
    for (const id of remove) changes.set(pointerTo(id), null);
    for (const id of add) changes.set(pointerTo(id), true);
    byEmail.set(emailId, changes);
  }
  return [...byEmail]
    .filter(([, changes]) => changes.size > 0)
    .map(([emailId, changes]) => {
      const patch = Object.fromEntries(changes);
      const bytes = Buffer.byteLength(`${JSON.stringify(emailId)}:${JSON.stringify(patch)},`);
      return { emailId, patch, bytes };
    });
}

/** RFC 8620 §5.3, RFC 6901 §3. */
function pointerTo(mailboxId: string): string {
  return `mailboxIds/${mailboxId.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The updates not yet sent, handed out in chunks within limits that may turn out lower than said. */
class ChunkQueue {
  readonly #updates: EmailUpdate[];
  readonly #maxBytes: number;
  #maxObjects: number;
  /** Requests that may still be spent on finding what a refused chunk is refused for. */
  #halvingsLeft = MOST_HALVINGS;

  constructor(updates: readonly EmailUpdate[], maxObjects: number, maxSizeRequest: number) {
    this.#updates = [...updates];
    this.#maxObjects = maxObjects;
    this.#maxBytes = maxSizeRequest - ENVELOPE_BYTES;
  }

  get chunksLeft(): number {
    return Math.ceil(this.#updates.length / this.#maxObjects);
  }

  /** At least one update while there are any, even where one alone is above the limit. */
  take(): readonly EmailUpdate[] {
    let count = 0;
    let bytes = 0;
    for (const update of this.#updates.slice(0, this.#maxObjects)) {
      bytes += update.bytes;
      if (count > 0 && bytes > this.#maxBytes) break;
      count += 1;
    }
    return this.#updates.splice(0, count);
  }

  /** Takes back a chunk that was too large; chunks are at most half of it from now on. */
  takeBack(chunk: readonly EmailUpdate[]): void {
    this.#maxObjects = Math.min(this.#maxObjects, Math.ceil(chunk.length / 2));
    this.#updates.unshift(...chunk);
  }

  mayHalve(): boolean {
    this.#halvingsLeft -= 1;
    return this.#halvingsLeft >= 0;
  }
}

/** `using`, the method's name, the account id, brackets: generously. */
const ENVELOPE_BYTES = 1024;

/** Enough for several single offenders among thousands; a server that refuses all is not asked on. */
const MOST_HALVINGS = 64;

async function sendChunk(
  client: JmapClient,
  chunk: readonly EmailUpdate[],
  queue: ChunkQueue,
  outcomes: Map<string, PatchOutcome>,
): Promise<void> {
  const update = Object.fromEntries(chunk.map(({ emailId, patch }) => [emailId, patch]));
  const set: MethodCall = { name: 'Email/set', arguments: { update }, callId: 'set' };
  try {
    const answers = await client.request([set]);
    const answer = decodeSetAnswer(answers.argumentsOf(set), set.name);
    for (const { emailId } of chunk) outcomes.set(emailId, outcomeOf(emailId, answer));
  } catch (error) {
    const failure = writeFailureOf(error);
    const half = Math.ceil(chunk.length / 2);
    if (isTooLarge(error) && chunk.length > 1) {
      queue.takeBack(chunk);
    } else if (isRefusedWhole(error) && chunk.length > 1 && queue.mayHalve()) {
      // One email may be what is refused: the others shall not wait for it.
      await sendChunk(client, chunk.slice(0, half), queue, outcomes);
      await sendChunk(client, chunk.slice(half), queue, outcomes);
    } else {
      // Of a chunk it is not known which email is refused: trying again is the safer reading.
      const outcome: PatchOutcome =
        chunk.length === 1 ? failure : { kind: 'failed', problem: failure.problem };
      for (const { emailId } of chunk) outcomes.set(emailId, outcome);
    }
  }
}

function outcomeOf(emailId: string, { updated, notUpdated }: SetAnswer): PatchOutcome {
  if (Object.hasOwn(notUpdated, emailId)) {
    const setError = notUpdated[emailId];
    return isNotFound(setError)
      ? { kind: 'notFound' }
      : writeFailureOfSetError(setError, 'Email/set');
  }
  if (Object.hasOwn(updated, emailId)) return { kind: 'updated' };
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
