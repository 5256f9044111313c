import type * as NodeHttp from 'node:http';
import type * as NodeHttps from 'node:https';
import { createRequire } from 'node:module';

import { LightHeaders } from './headers.ts';
import { type LightBody, LightRequest, LightResponse } from './messages.ts';

type LightInit = ConstructorParameters<typeof LightRequest>[1];

/**
 * `fetch` over node:http and node:https, redirects not followed: they are the answer. Bodies are
 * asked for uncompressed, so that ETags stay strong (a compressed answer has a weak one). Fails as
 * fetch does: TypeError with the network error as `cause`, or the signal's reason; a body that
 * breaks off fails where it is read.
 */
export const lightFetch = createLightFetch(null);

export type LightFetch = (
  input: string | URL | LightRequest,
  init?: LightInit,
) => Promise<LightResponse>;

/**
 * The same, trusting over https the certificate authorities (PEM) that `readCa` gives and no others:
 * a setting for the whole process would let a cluster's authority vouch for the mail server too.
 */
export function createLightFetch(readCa: (() => Promise<string>) | null): LightFetch {
  const transports = new Map<string, Transport>();
  return async (input, init) => {
    const request = new LightRequest(input, init);
    const { signal } = request;
    signal.throwIfAborted();
    const body = carriesBody(input, init?.body) ? await request.bytes() : null;
    const ca = readCa === null ? null : await readCa();
    try {
      const answer = await send(request, body, transportFor(request, ca, transports));
      const response = new LightResponse(() => readAll(answer, signal), {
        status: answer.statusCode ?? 0,
        statusText: answer.statusMessage ?? '',
        headers: readHeaders(answer),
      });
      Object.defineProperty(response, 'url', { value: request.url });
      return response;
    } catch (error) {
      signal.throwIfAborted();
      throw new TypeError('fetch failed', { cause: error });
    }
  };
}

interface Transport {
  readonly request: typeof NodeHttp.request;
  readonly agent: NodeHttp.Agent;
}

/**
 * Loaded when the first request needs it: TLS is costly, and an `import` of node:http reads all
 * its members, one of which loads Node's own fetch.
 */
const load = createRequire(import.meta.filename);

/** One connection serves the requests that follow one another; an idle one keeps no process alive. */
function transportFor(
  request: LightRequest,
  ca: string | null,
  transports: Map<string, Transport>,
): Transport {
  const { protocol } = new URL(request.url);
  const key = `${protocol}${ca ?? ''}`;
  const known = transports.get(key);
  if (known !== undefined) return known;
  const node = load(protocol === 'https:' ? 'node:https' : 'node:http') as typeof NodeHttps;
  const agent = new node.Agent({ keepAlive: true, ...(ca === null ? {} : { ca }) });
  const transport = { request: node.request, agent };
  transports.set(key, transport);
  return transport;
}

function carriesBody(input: unknown, body: LightBody): boolean {
  return (body !== undefined && body !== null) || input instanceof LightRequest;
}

async function send(
  request: LightRequest,
  body: Uint8Array | null,
  transport: Transport,
): Promise<NodeHttp.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sending = transport.request(
      request.url,
      {
        method: request.method,
        headers: {
          accept: '*/*',
          'accept-encoding': 'identity',
          ...Object.fromEntries(request.headers),
          // Node leaves it out for some methods, and the body would be taken for the next request.
          ...(body === null || body.byteLength === 0 ? {} : { 'content-length': body.byteLength }),
        },
        agent: transport.agent,
        signal: request.signal,
      },
      resolve,
    );
    sending.on('error', reject);
    if (body === null) sending.end();
    else sending.end(body);
  });
}

/** Rejects when the connection ends before the body does. */
async function readAll(
  answer: NodeHttp.IncomingMessage,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer) chunks.push(chunk as Uint8Array);
    return join(chunks);
  } catch (error) {
    signal.throwIfAborted();
    throw new TypeError('terminated', { cause: error });
  }
}

/** A buffer of its own, filled once: an address book is large enough for every copy to count. */
function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0));
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.byteLength;
  }
  return whole;
}

function readHeaders(answer: NodeHttp.IncomingMessage): LightHeaders {
  const headers = new LightHeaders();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}
