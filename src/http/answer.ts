import { MalformedAnswerError } from '../errors.ts';
import { toPlainLine } from '../log/plain-line.ts';
import type { HttpCall } from './call.ts';
import { describeRequest, toTransportError } from './failure.ts';

/**
 * The same answer with its body read, so that the time limit of the request covers the body too.
 * Throws MalformedAnswerError if the connection ends before the body does, or the status is not valid.
 */
export async function readWhole(
  call: HttpCall,
  response: Response,
  signal: AbortSignal,
): Promise<Response> {
  if (response.status < 200 || response.status > 599) {
    throw new MalformedAnswerError(`${describeRequest(call)}: HTTP status ${response.status}`);
  }
  const bytes = await readBody(call, response, signal);
  requireDecoded(call, response);
  const mayHaveBody = ![204, 205, 304].includes(response.status);
  const whole = new Response(mayHaveBody ? bytes : null, {
    status: response.status,
    headers: response.headers,
  });
  Object.defineProperty(whole, 'url', { value: call.url.href });
  if (whole.status >= 400) {
    // ky reads a failure's text from a web stream if there is a body, and this body is not one.
    const text = async (): Promise<string> => Buffer.from(bytes).toString('utf8');
    Object.defineProperties(whole, { body: { value: null }, text: { value: text } });
  }
  return whole;
}

/** The transport undoes gzip, deflate and br; the bytes of any other encoding mean nothing to us. */
function requireDecoded(call: HttpCall, { headers }: Response): void {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (DECODED.has(encoding)) return;
  const name = toPlainLine(encoding, 40);
  throw new MalformedAnswerError(
    `${describeRequest(call)}: the answer is compressed as ${name}, which was not asked for`,
  );
}

const DECODED: ReadonlySet<string> = new Set(['', 'identity', 'gzip', 'x-gzip', 'deflate', 'br']);

async function readBody(
  call: HttpCall,
  response: Response,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  try {
    if (call.receive === null || !response.ok || response.body === null) {
      return await response.arrayBuffer();
    }
    const take = call.receive(call.url);
    for await (const piece of response.body) take(piece);
    return new ArrayBuffer(0);
  } catch (error) {
    signal.throwIfAborted();
    throw new MalformedAnswerError(`${describeRequest(call)}: the answer broke off`, {
      cause: toTransportError(error, call),
    });
  }
}
