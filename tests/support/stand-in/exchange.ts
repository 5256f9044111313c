import type { IncomingHttpHeaders } from 'node:http';

/** What kind of request it is. Fault rules and tests match on this, or on a JMAP method's name. */
export type RequestKind =
  | 'session'
  /** POST to the API URL; the methods it calls are in `jmapMethods`. */
  | 'jmap'
  /** Any method on `/.well-known/carddav`. */
  | 'well-known'
  | 'propfind'
  | 'report'
  | 'get-card'
  | 'put-card'
  | 'delete-card'
  | 'other';

/** A request, body read whole. */
export interface ServerRequest {
  readonly kind: RequestKind;
  readonly method: string;
  /** As on the request line, without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The parsed body of a JMAP request; undefined if it is not JSON. */
  readonly json: unknown;
  readonly jmapMethods: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** What the stand-in saw, and what it answered. */
export interface RecordedRequest {
  readonly kind: RequestKind;
  readonly method: string;
  readonly path: string;
  readonly jmapMethods: readonly string[];
  /** Null: no answer left the server (reset, stalled). */
  readonly status: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly authorization: string | null;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export function htmlAnswer(status: number, title: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  };
}

export function emptyAnswer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: '' };
}
