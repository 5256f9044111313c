import type * as NodeHttp from 'node:http';
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
export async function lightFetch(
  input: string | URL | LightRequest,
  init?: LightInit,
): Promise<LightResponse> {
  const request = new LightRequest(input, init);
  const { signal } = request;
  signal.throwIfAborted();
  const hasBody = carriesBody(input, init?.body);
  const body = await request.bytes();
  try {
    const answer = await send(request, hasBody ? body : null);
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
}

interface Transport {
  readonly request: typeof NodeHttp.request;
  readonly agent: NodeHttp.Agent;
}

/**
 * Loaded when the first request needs it: TLS is costly, and an `import` of node:http reads all
 * its members, one of which loads Node's own fetch. One connection serves the requests that follow
 * one another; an idle one keeps no process alive.
 */
const load = createRequire(import.meta.url);
const transports = new Map<string, Transport>();

function transportFor(protocol: string): Transport {
  const known = transports.get(protocol);
  if (known !== undefined) return known;
  const { Agent, request } = load(
    protocol === 'https:' ? 'node:https' : 'node:http',
  ) as typeof NodeHttp;
  const transport = { request, agent: new Agent({ keepAlive: true }) };
  transports.set(protocol, transport);
  return transport;
}

function carriesBody(input: unknown, body: LightBody): boolean {
  return (body !== undefined && body !== null) || input instanceof LightRequest;
}

async function send(
  request: LightRequest,
  body: Uint8Array | null,
): Promise<NodeHttp.IncomingMessage> {
  const url = new URL(request.url);
  const transport = transportFor(url.protocol);
  return new Promise((resolve, reject) => {
    const sending = transport.request(
      url,
      {
        method: request.method,
        headers: {
          accept: '*/*',
          'accept-encoding': 'identity',
          ...Object.fromEntries(request.headers),
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
    return new Uint8Array(Buffer.concat(chunks));
  } catch (error) {
    signal.throwIfAborted();
    throw new TypeError('terminated', { cause: error });
  }
}

function readHeaders(answer: NodeHttp.IncomingMessage): LightHeaders {
  const headers = new LightHeaders();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}
