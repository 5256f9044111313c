import type { Logger } from '../log/logger.ts';
import type { RequestBudget } from './budget.ts';
import { findClockProblem, type ServerTime, watchClock } from './clock.ts';
import { createHttp, type Http } from './http.ts';
import type { Proxy } from './proxy.ts';
import { addRemedy, contactsServerHelp, mailServerHelp, type ServerHelp } from './remedy.ts';
import type { Around } from './transport.ts';
import { createTrustRule } from './trust.ts';

/** One client for each of the two servers, with its credentials. */
export interface HttpClients {
  readonly mail: Http;
  readonly contacts: Http;
}

/** The two servers and what they are to be given. Settings has all of it. */
export interface ServerOptions {
  readonly jmapSessionUrl: string;
  readonly jmapToken: string;
  readonly cardDavUrl: string;
  readonly cardDavUsername: string;
  readonly cardDavPassword: string;
  /** `MAILROOM_TRUSTED_HOSTS`. */
  readonly trustedHosts: readonly string[];
  /** Per request, body included. */
  readonly requestTimeoutMs: number;
  readonly proxy: Proxy;
  /** As in HttpOptions. */
  readonly around?: Around | undefined;
}

/** Sends nothing yet. Throws SettingsError for a trusted host that is not a host. */
export function createHttpClients(
  servers: ServerOptions,
  budget: RequestBudget,
  log: Logger,
): HttpClients {
  const { trustedHosts, requestTimeoutMs: timeoutMs, proxy, around } = servers;
  if (proxy.kind === 'ignored') {
    const reason = 'it is not the URL of an HTTP proxy; the servers are reached without one';
    log.warning('proxy_ignored', { variable: proxy.variable, reason });
  }
  const basic = Buffer.from(`${servers.cardDavUsername}:${servers.cardDavPassword}`);
  let hasWarnedOfClock = false;
  const warnOfClock = (time: ServerTime): void => {
    const problem = findClockProblem(time);
    if (problem === null || hasWarnedOfClock) return;
    hasWarnedOfClock = true;
    log.warning('clock_off', { problem });
  };
  const create = (help: ServerHelp, authorization: string): Http => {
    const { url: configuredUrl, urlSetting: settingName } = help;
    const http = createHttp({
      authorization: () => authorization,
      trust: createTrustRule({ configuredUrl, trustedHosts, settingName }),
      timeoutMs,
      around,
      proxyEnv: proxy.kind === 'used' ? proxy.env : null,
      budget,
      onRetry: ({ problem, retry, delayMs }) =>
        log.warning('request_retried', { problem, retry, delay_ms: delayMs }),
    });
    return watchClock(
      (url, init) =>
        http(url, init).catch((error: unknown) => {
          throw addRemedy(error, String(url), help);
        }),
      warnOfClock,
    );
  };
  const { jmapSessionUrl, jmapToken, cardDavUrl, cardDavUsername, cardDavPassword } = servers;
  return {
    mail: create(
      mailServerHelp(jmapSessionUrl, { token: jmapToken, password: cardDavPassword }),
      `Bearer ${jmapToken}`,
    ),
    contacts: create(
      contactsServerHelp(cardDavUrl, cardDavUsername, cardDavPassword),
      `Basic ${basic.toString('base64')}`,
    ),
  };
}
