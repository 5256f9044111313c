import type { Logger } from '../log/logger.ts';
import type { RequestBudget } from './budget.ts';
import { createHttp, type Http } from './http.ts';
import type { Proxy } from './proxy.ts';
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
}

/** Sends nothing yet. Throws SettingsError for a trusted host that is not a host. */
export function createHttpClients(
  servers: ServerOptions,
  budget: RequestBudget,
  log: Logger,
): HttpClients {
  const { trustedHosts, requestTimeoutMs: timeoutMs, proxy } = servers;
  if (proxy.kind === 'ignored') {
    const reason = 'it is not the URL of an HTTP proxy; the servers are reached without one';
    log.warning('proxy_ignored', { variable: proxy.variable, reason });
  }
  const basic = Buffer.from(`${servers.cardDavUsername}:${servers.cardDavPassword}`);
  const create = (settingName: string, configuredUrl: string, authorization: string): Http =>
    createHttp({
      authorization: () => authorization,
      trust: createTrustRule({ configuredUrl, trustedHosts, settingName }),
      timeoutMs,
      proxyEnv: proxy.kind === 'used' ? proxy.env : null,
      budget,
      onRetry: ({ problem, retry, delayMs }) =>
        log.warning('request_retried', { problem, retry, delay_ms: delayMs }),
    });
  return {
    mail: create(
      'MAILROOM_JMAP_SESSION_URL',
      servers.jmapSessionUrl,
      `Bearer ${servers.jmapToken}`,
    ),
    contacts: create(
      'MAILROOM_CARDDAV_URL',
      servers.cardDavUrl,
      `Basic ${basic.toString('base64')}`,
    ),
  };
}
