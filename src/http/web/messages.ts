import { LightHeaders } from './headers.ts';

/** What a body may be made of; streams and forms are for others. */
export type LightBody = string | ArrayBuffer | ArrayBufferView | URLSearchParams | null | undefined;

/** Reads a body that is still on its way. Called once. */
export type BodyReader = () => Promise<Uint8Array<ArrayBuffer>>;

/** The part that Request and Response have in common (Fetch §5.3). */
class LightMessage {
  readonly headers: LightHeaders;
  /** Never a stream: whoever wants the body reads it whole. */
  readonly body: null = null;
  bodyUsed = false;
  readonly #read: BodyReader;

  constructor(headers: LightHeaders, read: BodyReader) {
    this.headers = headers;
    this.#read = read;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.bodyUsed) throw new TypeError('the body was read already');
    this.bodyUsed = true;
    return this.#read();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = await this.bytes();
    if (byteLength === buffer.byteLength) return buffer;
    return buffer.slice(byteOffset, byteOffset + byteLength);
  }

  async text(): Promise<string> {
    const { buffer, byteOffset, byteLength } = await this.bytes();
    const decoded = Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
    // UTF-8 decode (Encoding §6): without the byte order mark.
    return decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  /** For `clone`: allowed while the body is unread. */
  protected get reader(): BodyReader {
    if (this.bodyUsed) throw new TypeError('the body was read already');
    return this.#read;
  }
}

interface LightRequestInit {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof LightHeaders>[0];
  readonly body?: LightBody;
  readonly signal?: AbortSignal | null;
  readonly redirect?: 'follow' | 'error' | 'manual';
}

/** Request (Fetch §5.4), as far as HTTP clients use it. */
export class LightRequest extends LightMessage {
  readonly url: string;
  readonly method: string;
  readonly signal: AbortSignal;
  readonly redirect: NonNullable<LightRequestInit['redirect']>;

  constructor(input: string | URL | LightRequest, init: LightRequestInit = {}) {
    const from = input instanceof LightRequest ? input : null;
    const url = new URL(input instanceof LightRequest ? input.url : input);
    const headers = new LightHeaders(init.headers ?? from?.headers);
    const hasBody = init.body !== undefined && init.body !== null;
    super(headers, hasBody || from === null ? toReader(init.body) : from.reader);
    if (hasBody) setContentType(headers, init.body);
    if (url.username !== '' || url.password !== '') {
      throw new TypeError('a URL with credentials cannot be requested');
    }
    this.url = url.href;
    this.method = normalizeMethod(init.method ?? from?.method ?? 'GET');
    this.signal = init.signal ?? from?.signal ?? new AbortController().signal;
    this.redirect = init.redirect ?? from?.redirect ?? 'follow';
  }

  clone(): LightRequest {
    return new LightRequest(this);
  }
}

interface LightResponseInit {
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: ConstructorParameters<typeof LightHeaders>[0];
}

/** Response (Fetch §5.5), as far as HTTP clients use it. */
export class LightResponse extends LightMessage {
  readonly status: number;
  readonly statusText: string;
  readonly url: string = '';
  readonly type = 'default';
  readonly redirected = false;

  constructor(body?: LightBody | BodyReader, init: LightResponseInit = {}) {
    const headers = new LightHeaders(init.headers);
    super(headers, typeof body === 'function' ? body : toReader(body));
    if (typeof body !== 'function') setContentType(headers, body);
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? '';
    if (this.status < 200 || this.status > 599) {
      throw new RangeError('the status of a Response is from 200 to 599');
    }
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  clone(): LightResponse {
    const copy = new LightResponse(this.reader, this);
    Object.defineProperty(copy, 'url', { value: this.url });
    return copy;
  }
}

function toReader(body: LightBody): BodyReader {
  return async () => {
    if (body === null || body === undefined) return new Uint8Array();
    // Not copied as the standard has it: what is read of one goes on into another, and may be large.
    if (body instanceof ArrayBuffer) return new Uint8Array(body);
    if (ArrayBuffer.isView(body)) {
      return new Uint8Array(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
    }
    return new TextEncoder().encode(String(body));
  };
}

function setContentType(headers: LightHeaders, body: LightBody): void {
  if (headers.has('content-type')) return;
  if (typeof body === 'string') headers.set('content-type', 'text/plain;charset=UTF-8');
  if (body instanceof URLSearchParams) {
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  }
}

/** Fetch §2.2.1: these six are known in any letter case, all others are taken as written. */
function normalizeMethod(method: string): string {
  const upper = method.toUpperCase();
  return ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upper) ? upper : method;
}
