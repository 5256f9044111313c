import { MalformedAnswerError, UrlNotTrustedError } from '../errors.ts';
import { describeRequest } from './failure.ts';

/** One request, ready to be sent as often as it takes. */
export interface HttpCall {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: NonNullable<RequestInit['body']> | null;
  readonly signal: AbortSignal | null;
  readonly receive: ReceiveBody | null;
}

/**
 * Takes the body of a 2xx answer piece by piece as it arrives, in place of the Response, whose body
 * is empty then. Called for each attempt with the URL after redirects; then what earlier attempts gave
 * no longer counts. The function that it returns must not throw.
 */
export type ReceiveBody = (url: URL) => (piece: Uint8Array) => void;

/** What a request is sent with, as for `fetch`. */
export interface HttpInit extends RequestInit {
  /** Default: the Response has the body. */
  readonly receive?: ReceiveBody;
}

/**
 * Throws MalformedAnswerError for a relative URL, TypeError for a body that can be sent only once.
 */
export function toCall(url: string | URL, init: HttpInit): HttpCall {
  const parsed = URL.parse(String(url));
  if (parsed === null) throw new MalformedAnswerError('a URL to be requested is not absolute');
  const body = init.body ?? null;
  if (typeof body === 'object' && body !== null && 'getReader' in body) {
    throw new TypeError('a stream can be sent only once, and requests are retried');
  }
  const headers = new Headers(init.headers);
  if (!headers.has('user-agent')) headers.set('user-agent', 'mailroom');
  const method = (init.method ?? 'GET').toUpperCase();
  const { signal = null, receive = null } = init;
  return { url: parsed, method, headers, body, signal, receive };
}

/** A 3xx with a place to go to, so not 304. */
export function isRedirect(response: Response): boolean {
  return [301, 302, 303, 307, 308].includes(response.status) && response.headers.has('location');
}

/**
 * Method and body are kept, because WebDAV and JMAP need them; only after 303 it is GET (RFC 9110
 * §15.4.4). Throws UrlNotTrustedError if it leaves https, MalformedAnswerError if it is not a URL.
 */
export function followRedirect(call: HttpCall, response: Response): HttpCall {
  const location = response.headers.get('location') ?? '';
  const url = URL.parse(location, call.url.href);
  if (url === null) {
    throw new MalformedAnswerError(
      `${describeRequest(call)}: redirected to something that is not a URL`,
    );
  }
  if (call.url.protocol === 'https:' && url.protocol !== 'https:') {
    throw new UrlNotTrustedError(
      `${describeRequest(call)}: redirected from https to ${url.protocol}//${url.host}; ` +
        'nothing was sent there, and MAILROOM_TRUSTED_HOSTS cannot allow it',
    );
  }
  if (response.status !== 303 || call.method === 'HEAD') return { ...call, url };
  const headers = new Headers(call.headers);
  for (const name of ['content-type', 'content-length', 'content-encoding']) headers.delete(name);
  return { ...call, url, method: 'GET', headers, body: null };
}

/**
 * What is to be found by GET says nothing of a write: it may be any page. Throws MalformedAnswerError
 * if `next` asks for that after a write.
 */
export function requireWriteKept(call: HttpCall, next: HttpCall): void {
  if (!['PUT', 'PATCH', 'DELETE'].includes(call.method) || next.method === call.method) return;
  throw new MalformedAnswerError(
    `${describeRequest(call)}: HTTP 303, which does not say that it was done`,
  );
}
