import ky, { isHTTPError, isTimeoutError } from 'ky';

import {
  CredentialsError,
  HttpStatusError,
  MailroomError,
  messageOf,
  StoppedError,
  TimeoutError,
} from '../errors.ts';
import type { ProxyEnvironment } from './agents.ts';
import { readWhole } from './answer.ts';
import type { RequestBudget } from './budget.ts';
import {
  followRedirect,
  type HttpCall,
  type HttpInit,
  isRedirect,
  requireWriteKept,
  toCall,
} from './call.ts';
import { describeRequest, toStatusError, toTransportError } from './failure.ts';
import { createLookup } from './lookup.ts';
import { MAX_RETRIES, planRetry, waitForRetry } from './retry.ts';
import { type Around, createTransport, type Transport } from './transport.ts';
import type { TrustRule } from './trust.ts';

/**
 * One HTTP exchange with a server that gets our credentials. Resolves only with 2xx (207 included),
 * and with the body already in memory; everything else throws an error of errors.ts. Redirects are
 * followed, and `Response.url` is where they led.
 */
export type Http = (url: string | URL, init?: HttpInit) => Promise<Response>;

/** What an HTTP client is given. */
export interface HttpOptions {
  /** Value of the Authorization header; asked at each attempt. */
  readonly authorization: () => string | Promise<string>;
  /** Asked before every request and every redirect. */
  readonly trust: TrustRule;
  /** Per request, body included. */
  readonly timeoutMs: number;
  /** Shared by all clients of a run. */
  readonly budget: RequestBudget;
  /** What sends a single request. Default: `createTransport`. */
  readonly fetch?: Transport;
  /** Put around `fetch`: a test holds requests up, or breaks them off. */
  readonly around?: Around | undefined;
  /** Certificate authorities (PEM) to trust over https, and no others. Default: those of Node. */
  readonly readCa?: () => Promise<string>;
  /** The proxy for https. Default: none. */
  readonly proxyEnv?: ProxyEnvironment | null;
  /**
   * The setting that `timeoutMs` comes from, for messages; null: none. Default
   * `MAILROOM_REQUEST_TIMEOUT`.
   */
  readonly timeoutSetting?: null;
  /** Retries after the first attempt. Default 3. */
  readonly maxRetries?: number;
  /** A 401 is tried once more, with a fresh `authorization`: the token may have been renewed. */
  readonly unauthorizedRetry?: boolean;
  /** Told before each retry, for the log. */
  readonly onRetry?: (retry: RequestRetry) => void;
  /** Wait before the first retry; doubles with each, half of it is random. Default 500. */
  readonly backoffMs?: number;
}

/** A retry that is about to happen. */
export interface RequestRetry {
  /** Method, host, path and what went wrong. */
  readonly problem: string;
  /** 1 for the first retry. */
  readonly retry: number;
  readonly delayMs: number;
}

/** The one HTTP client of the program, over ky. */
export function createHttp(given: HttpOptions): Http {
  const { timeoutMs, readCa, proxyEnv, budget } = given;
  const createOwn = (): Transport =>
    createTransport({ timeoutMs, readCa, proxyEnv, lookup: createLookup(budget) });
  const { around = (send) => send } = given;
  const options: Options = { ...given, fetch: around(given.fetch ?? createOwn()) };
  return async (url, init = {}) => {
    let call = toCall(url, init);
    options.trust.check(call.url);
    for (let hops = 0; ; hops += 1) {
      const response = await sendWithRetries(call, options);
      if (!isRedirect(response)) return requireSuccess(call, response);
      if (hops >= MAX_REDIRECTS) {
        throw new HttpStatusError(
          `${describeRequest(call)}: redirected ${hops + 1} times, which is too often`,
          response.status,
        );
      }
      const next = followRedirect(call, response);
      options.trust.check(next.url);
      requireWriteKept(call, next);
      call = next;
    }
  };
}

type Options = HttpOptions & { readonly fetch: Transport };

const MAX_REDIRECTS = 5;

const DEFAULT_BACKOFF_MS = 500;

/**
 * Retries and timeouts are ky's. Headers and body are added below it: ky copies the body for each
 * attempt, and keeps headers in its errors, where a password must never be.
 */
async function sendWithRetries(call: HttpCall, options: Options): Promise<Response> {
  const { budget, timeoutMs } = options;
  let delayMs = 0;
  let isRenewed = false;
  let isStopped = false;
  try {
    requireTime(call, options);
    return await ky(call.url, {
      method: call.method,
      redirect: 'manual',
      signal: call.signal === null ? budget.signal : AbortSignal.any([budget.signal, call.signal]),
      timeout: timeoutMs,
      throwHttpErrors: (status) => status >= 400,
      fetch: (request) => sendOnce(call, (request as Request).signal, options),
      retry: {
        limit: options.maxRetries ?? MAX_RETRIES,
        // ky leaves out POST and the WebDAV methods by default; all of ours may be sent twice.
        methods: [call.method.toLowerCase() as 'get'],
        // beforeRetry does the waiting: there a stop ends it at once.
        delay: () => 0,
        shouldRetry({ error, retryCount }) {
          if (options.unauthorizedRetry === true && isUnauthorized(error) && !isRenewed) {
            isRenewed = true;
            delayMs = 0;
            return true;
          }
          const plan = planRetry(error, retryCount, {
            backoffMs: options.backoffMs ?? DEFAULT_BACKOFF_MS,
            remainingMs: budget.remainingMs(),
            random: Math.random(),
            now: new Date(),
          });
          if (plan === null) return false;
          isStopped = budget.isStopping();
          delayMs = plan.delayMs;
          return !isStopped;
        },
      },
      hooks: {
        beforeRetry: [
          async ({ error, retryCount }) => {
            const problem = toMailroomError(error, call, options);
            options.onRetry?.({ problem: messageOf(problem), retry: retryCount, delayMs });
            isStopped = !(await waitForRetry(delayMs, budget));
            if (isStopped) throw error;
          },
        ],
      },
    });
  } catch (error) {
    const known = toMailroomError(error, call, options);
    if (!isStopped || budget.signal.aborted) throw known;
    throw new StoppedError(`${messageOf(known)}; not tried again: the run was told to stop`, {
      cause: known,
    });
  }
}

/** One attempt: adds the credentials, sends, and reads the body, all within the timeout. */
async function sendOnce(call: HttpCall, signal: AbortSignal, options: Options): Promise<Response> {
  const headers = new Headers(call.headers);
  setAuthorization(headers, await options.authorization(), call);
  signal.throwIfAborted();
  options.budget.countRequest();
  let response: Response;
  try {
    response = await options.fetch(call.url, {
      method: call.method,
      headers,
      body: call.body,
      signal,
      redirect: 'manual',
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw toTransportError(error, call);
  }
  return readWhole(call, response, signal);
}

function setAuthorization(headers: Headers, value: string, call: HttpCall): void {
  try {
    headers.set('authorization', value);
  } catch {
    // The original error quotes the value.
    throw new CredentialsError(
      `${describeRequest(call)}: the credentials hold characters that cannot be sent in a header`,
    );
  }
}

function requireSuccess(call: HttpCall, response: Response): Response {
  if (response.ok) return response;
  throw new HttpStatusError(
    `${describeRequest(call)}: HTTP ${response.status}, which does not answer it`,
    response.status,
  );
}

function isUnauthorized(error: unknown): boolean {
  return isHTTPError(error) && error.response.status === 401;
}

function requireTime(call: HttpCall, options: Options): void {
  if (options.budget.signal.aborted) throw budgetError(call, options.budget.signal.reason);
}

function toMailroomError(error: unknown, call: HttpCall, options: Options): unknown {
  const { signal } = options.budget;
  if (error instanceof MailroomError && error !== signal.reason) return error;
  if (signal.aborted) return budgetError(call, signal.reason);
  if (call.signal?.aborted === true) return error;
  if (isHTTPError(error)) return toStatusError(error, call);
  if (isTimeoutError(error)) {
    const seconds = options.timeoutMs / 1000;
    const setting = options.timeoutSetting === null ? '' : ' (MAILROOM_REQUEST_TIMEOUT)';
    return new TimeoutError(
      `${describeRequest(call)}: no complete answer within ${seconds} s${setting}`,
    );
  }
  return error;
}

function budgetError(call: HttpCall, reason: unknown): Error {
  const message = `${describeRequest(call)}: ${messageOf(reason)}`;
  if (reason instanceof StoppedError) return new StoppedError(message);
  return new TimeoutError(message);
}
