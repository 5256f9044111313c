import type { HTTPError } from 'ky';

import {
  CredentialsError,
  errorCodeOf,
  HttpStatusError,
  type MailroomError,
  NetworkError,
  TimeoutError,
} from '../errors.ts';
import { toPlainLine } from '../log/plain-line.ts';

/** All that an error says about a request: no query, no user info, no header, no body. */
export interface RequestLine {
  readonly method: string;
  readonly url: URL;
}

/** `PUT carddav.example.com/dav/card.vcf`. */
export function describeRequest({ method, url }: RequestLine): string {
  return `${method} ${url.host}${url.pathname}`;
}

/** Turns a 4xx or 5xx, after all retries, into the error that says what a person needs. */
export function toStatusError(error: HTTPError, request: RequestLine): MailroomError {
  const { status } = error.response;
  const detail = findDetail(error.data);
  const said = `${describeRequest(request)}: HTTP ${status}${detail === '' ? '' : ` (${detail})`}`;
  if (isLoginLimit(error)) {
    return new HttpStatusError(`${said}: the server limits log-ins for now`, 429, { detail });
  }
  if (status === 401 || (status === 403 && !WRITES.has(request.method))) {
    return new CredentialsError(`${said}: the server refuses the credentials`, { status, detail });
  }
  const retryAfter = error.response.headers.get('retry-after');
  const asked =
    retryAfter === null ? '' : `, the server asks to wait: ${toPlainLine(retryAfter, 40)}`;
  return new HttpStatusError(said + asked, status, { detail });
}

/**
 * Fastmail has been seen to answer 401 "per-10 minute limit for logins". The credentials are right
 * then, and a startup failure would send the user looking for a mistake that is not there.
 */
export function isLoginLimit(error: HTTPError): boolean {
  if (error.response.status !== 401) return false;
  const text = typeof error.data === 'string' ? error.data : JSON.stringify(error.data ?? '');
  return /limit for logins|rate[ -]?limit|too many (?:failed )?(?:log-?ins?|requests|attempts)/iu.test(
    text.slice(0, 4096),
  );
}

/**
 * Turns what a transport threw (no answer came, or it broke off) into ours. Returns bugs unchanged.
 */
export function toTransportError(error: unknown, request: RequestLine): unknown {
  const cause = rootCause(error);
  if (cause === null) return error;
  const code = errorCodeOf(cause) ?? '';
  const reason =
    NETWORK_REASONS.find(([pattern]) => pattern.test(code))?.[1] ?? 'connection failed';
  const said = `${describeRequest(request)}: ${reason} (${code === '' ? toPlainLine(cause.message, 100) : code})`;
  const options = { cause: plainCause(cause, code) };
  return /TIMEOUT|TIMEDOUT/u.test(code)
    ? new TimeoutError(said, options)
    : new NetworkError(said, options);
}

const NETWORK_REASONS: readonly (readonly [RegExp, string])[] = [
  [/^(?:ENOTFOUND|EAI_)/u, 'the host name cannot be resolved'],
  [/^ECONNREFUSED$/u, 'connection refused'],
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/u, 'connection closed by the server'],
  [/^ERR_PROXY/u, 'the proxy of HTTPS_PROXY does not let it through'],
  [/TIMEOUT|TIMEDOUT/u, 'no connection in time'],
  [/^(?:EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/u, 'no route to the server'],
  [/CERT|SIGNATURE|SELF_SIGNED|^ERR_(?:TLS|SSL)|^EPROTO$/u, 'TLS cannot be set up'],
];

/** fetch throws `TypeError: fetch failed` with a cause; other transports throw the cause. */
function rootCause(error: unknown): Error | null {
  if (!(error instanceof Error)) return null;
  if (error.cause instanceof Error) return rootCause(error.cause) ?? error.cause;
  if (error instanceof AggregateError && errorCodeOf(error) === null) {
    return rootCause(error.errors[0]) ?? error;
  }
  const isFetchFailure = ['fetch failed', 'terminated'].includes(error.message);
  return errorCodeOf(error) !== null || isFetchFailure ? error : null;
}

/** Message and code alone: whatever else a transport attaches to its errors stays out of the log. */
function plainCause(error: Error, code: string): Error {
  const plain = new Error(toPlainLine(error.message, 200));
  return Object.assign(plain, code === '' ? {} : { code });
}

/** Short facts from an answer made for programs; empty for pages made for people. */
function findDetail(data: unknown): string {
  if (typeof data === 'string') return toPlainLine(findDavError(data), 200);
  if (typeof data !== 'object' || data === null) return '';
  const members = new Map<string, unknown>(Object.entries(data));
  const names =
    members.get('kind') === 'Status' ? ['reason', 'message'] : ['type', 'limit', 'detail'];
  const facts = names.map((name) => members.get(name)).filter((fact) => typeof fact === 'string');
  return toPlainLine(facts.join(', '), 200);
}

/** The name of the first element in DAV:error (RFC 4918 §16): `no-uid-conflict`. */
function findDavError(text: string): string {
  const inside = /<(?:[\w.-]+:)?error(?:\s[^>]*)?>(?<inside>[\s\S]*)/u.exec(text.slice(0, 4096));
  return (
    /^\s*<(?:[\w.-]+:)?(?<name>[\w.-]+)/u.exec(inside?.groups?.['inside'] ?? '')?.groups?.[
      'name'
    ] ?? ''
  );
}

/** A 403 to one of these concerns one resource, and says nothing about the credentials. */
const WRITES: ReadonlySet<string> = new Set(['PUT', 'DELETE']);
