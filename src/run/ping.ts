import { setTimeout as delay } from 'node:timers/promises';

import { MailroomError, messageOf } from '../errors.ts';
import type { ProxyEnvironment } from '../http/agents.ts';
import { toTransportError } from '../http/failure.ts';
import { createLookup } from '../http/lookup.ts';
import { createTransport } from '../http/transport.ts';
import type { RunOutcome } from './outcome.ts';

/** What is said about a run's end, and to whom. */
export interface Ping {
  /**
   * `MAILROOM_PING_URL`. Whoever knows it can report us as healthy, so only its host is ever
   * printed.
   */
  readonly url: string;
  readonly outcome: RunOutcome['event'];
  /** The summary of the termination message. */
  readonly summary: string;
  /** As for the mail and contacts servers; null: none. */
  readonly proxyEnv: ProxyEnvironment | null;
  /** Aborted by SIGTERM and SIGINT: then nothing more is sent. */
  readonly stop: AbortSignal;
}

/** How it went; `requests` counts the retry too. */
export interface PingResult {
  /** Null when the server took it, or when there was nothing to send. */
  readonly problem: string | null;
  readonly requests: number;
}

/**
 * Tells a monitoring service how the run ended: one POST to the URL after a success, to the URL with
 * `/fail` after a failure (the convention of healthchecks.io). No credentials go with it, and no
 * redirect is followed. A run that was stopped tells nothing. Never throws.
 */
export async function sendPing(ping: Ping): Promise<PingResult> {
  if (ping.outcome === 'run_stopped' || ping.stop.aborted) return { problem: null, requests: 0 };
  const url = pingUrlFor(ping.url, ping.outcome);
  let answer = await tryOnce(url, ping);
  if (!answer.mayPass) return { problem: answer.problem, requests: 1 };
  await delay(RETRY_DELAY_MS, undefined, { signal: ping.stop }).catch(() => undefined);
  if (ping.stop.aborted) return { problem: null, requests: 1 };
  answer = await tryOnce(url, ping);
  return { problem: answer.problem, requests: 2 };
}

/** The URL itself after a success; else `/fail` at the end of its path, before a query. */
export function pingUrlFor(text: string, outcome: Ping['outcome']): URL {
  const url = new URL(text);
  if (outcome !== 'poll_complete') url.pathname = `${url.pathname.replace(/\/+$/u, '')}/fail`;
  return url;
}

/** For one try, including its answer. */
const TRY_MS = 5000;

const RETRY_DELAY_MS = 500;

interface Answer {
  readonly problem: string | null;
  /** A second try may go better. */
  readonly mayPass: boolean;
}

async function tryOnce(url: URL, { summary, stop, proxyEnv }: Ping): Promise<Answer> {
  const timeout = AbortSignal.timeout(TRY_MS);
  // Nobody reads what follows the status, so it must not keep the process waiting.
  const enough = new AbortController();
  try {
    const signal = AbortSignal.any([timeout, stop, enough.signal]);
    const send = createTransport({ timeoutMs: TRY_MS, lookup: createLookup({ signal }), proxyEnv });
    const { status } = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': 'mailroom' },
      body: summary,
      signal,
    });
    const isGood = status >= 200 && status <= 299;
    return { problem: isGood ? null : `POST ${url.host}: HTTP ${status}`, mayPass: status >= 500 };
  } catch (error) {
    if (timeout.aborted) {
      return { problem: `POST ${url.host}: no answer within ${TRY_MS / 1000} s`, mayPass: true };
    }
    if (stop.aborted) return { problem: null, mayPass: false };
    // Its path would be in the message, and its path is the secret.
    const known = toTransportError(error, { method: 'POST', url: new URL(url.origin) });
    return { problem: messageOf(known), mayPass: known instanceof MailroomError };
  } finally {
    enough.abort();
  }
}
