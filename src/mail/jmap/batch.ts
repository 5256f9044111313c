import type { MethodAnswers, MethodCall } from './calls.ts';
import type { JmapClient } from './client.ts';

/** The part of a JmapClient that reading needs. */
export type MethodCaller = Pick<JmapClient, 'session' | 'request'>;

/**
 * Puts what several readers ask for at the same time into one request, as far as `maxCallsInRequest`
 * goes. Each reader gets the answers to its own calls; an error of the whole request is everybody's.
 */
export function createBatchingCaller(client: MethodCaller): MethodCaller {
  let waiting: Waiting[] = [];
  const send = async (): Promise<void> => {
    const { limits } = await client.session();
    const all = waiting;
    waiting = [];
    await Promise.all(
      chunksOf(all, limits.maxCallsInRequest).map((chunk) => sendChunk(client, chunk)),
    );
  };
  return {
    session: () => client.session(),
    request: (calls) =>
      new Promise((resolve, reject) => {
        waiting.push({ calls, resolve, reject });
        if (waiting.length > 1) return;
        // One turn of the event loop later everybody has asked.
        setImmediate(() => void send().catch(reject));
      }),
  };
}

interface Waiting {
  readonly calls: readonly MethodCall[];
  readonly resolve: (answers: MethodAnswers) => void;
  readonly reject: (error: unknown) => void;
}

async function sendChunk(client: MethodCaller, chunk: readonly Waiting[]): Promise<void> {
  const calls = chunk.flatMap((waiting, index) =>
    waiting.calls.map((call) => renamed(call, index)),
  );
  try {
    const answers = await client.request(calls);
    for (const [index, { resolve }] of chunk.entries()) {
      resolve({ argumentsOf: (call) => answers.argumentsOf(renamed(call, index)) });
    }
  } catch (error) {
    for (const { reject } of chunk) reject(error);
  }
}

/** Call ids are unique in a request (RFC 8620 §3.2); result references name them. */
function renamed(call: MethodCall, index: number): MethodCall {
  const args = Object.entries(call.arguments).map(([name, value]) =>
    name.startsWith('#') ? [name, renamedReference(value, index)] : [name, value],
  );
  return { ...call, callId: `${call.callId}-${index}`, arguments: Object.fromEntries(args) };
}

function renamedReference(value: unknown, index: number): unknown {
  if (typeof value !== 'object' || value === null || !('resultOf' in value)) return value;
  return { ...value, resultOf: `${String(value.resultOf)}-${index}` };
}

/** A reader that needs more calls than that gets a request of its own. */
function chunksOf(all: readonly Waiting[], maxCalls: number): readonly (readonly Waiting[])[] {
  const chunks: Waiting[][] = [];
  let count = Infinity;
  for (const waiting of all) {
    count += waiting.calls.length;
    if (count > maxCalls) {
      chunks.push([]);
      count = waiting.calls.length;
    }
    chunks.at(-1)?.push(waiting);
  }
  return chunks;
}
