import type { IncomingMessage } from 'node:http';
import type * as NodeHttps from 'node:https';
import { createRequire } from 'node:module';

/**
 * A `fetch` that trusts the given certificate authorities (PEM) and no others. Node's own fetch
 * takes none per call, and its setting for the whole process (NODE_EXTRA_CA_CERTS) would let the
 * cluster's CA vouch for the mail server too. Redirects are not followed: they are the answer.
 * Fails as fetch does: TypeError with the network error as `cause`, or the signal's reason.
 */
export function createHttpsFetch(readCa: () => Promise<string>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const body = Buffer.from(await request.arrayBuffer());
    const ca = await readCa();
    try {
      return await send(request, body, ca);
    } catch (error) {
      request.signal.throwIfAborted();
      throw new TypeError('fetch failed', { cause: error });
    }
  };
}

/** TLS is costly to load; a run that keeps its state in a file does without. */
const load = createRequire(import.meta.url);

/** Statuses whose Response must have no body (Fetch §2.2.3). */
const NULL_BODY_STATUS: ReadonlySet<number> = new Set([204, 205, 304]);

async function send(request: Request, body: Buffer, ca: string): Promise<Response> {
  const https = load('node:https') as typeof NodeHttps;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = https.request(
      request.url,
      {
        method: request.method,
        headers: {
          ...Object.fromEntries(request.headers),
          // Node leaves it out for some methods, and the body would be taken for the next request.
          ...(body.byteLength === 0 ? {} : { 'content-length': body.byteLength }),
        },
        ca,
        signal: request.signal,
      },
      resolve,
    );
    sending.on('error', reject);
    sending.end(body);
  });
  const received = await readAll(answer);
  const status = answer.statusCode ?? 0;
  const response = new Response(NULL_BODY_STATUS.has(status) ? null : received, {
    status,
    statusText: answer.statusMessage ?? '',
    headers: readHeaders(answer),
  });
  // A Response made by hand has no URL of its own.
  Object.defineProperty(response, 'url', { value: request.url });
  return response;
}

/** Rejects when the connection ends before the body does. */
async function readAll(answer: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer) chunks.push(chunk as Uint8Array);
  return new Uint8Array(Buffer.concat(chunks));
}

function readHeaders(answer: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}
