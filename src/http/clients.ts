import type { Logger } from '../log/logger.ts';
import type { Settings } from '../settings/settings.ts';
import type { RequestBudget } from './budget.ts';
import { createHttp, type Http } from './http.ts';
import { createTrustRule } from './trust.ts';

/** An HTTP client for each of the two servers, with its credentials; nothing is sent yet. */
export interface HttpClients {
  readonly mail: Http;
  readonly contacts: Http;
}

export function createHttpClients(
  settings: Settings,
  budget: RequestBudget,
  log: Logger,
): HttpClients {
  const { trustedHosts, requestTimeoutMs: timeoutMs } = settings;
  const basic = Buffer.from(`${settings.cardDavUsername}:${settings.cardDavPassword}`);
  const create = (settingName: string, configuredUrl: string, authorization: string): Http =>
    createHttp({
      authorization: () => authorization,
      trust: createTrustRule({ configuredUrl, trustedHosts, settingName }),
      timeoutMs,
      budget,
      onRetry: ({ problem, retry, delayMs }) =>
        log.warning('request_retried', { problem, retry, delay_ms: delayMs }),
    });
  return {
    mail: create(
      'MAILROOM_JMAP_SESSION_URL',
      settings.jmapSessionUrl,
      `Bearer ${settings.jmapToken}`,
    ),
    contacts: create(
      'MAILROOM_CARDDAV_URL',
      settings.cardDavUrl,
      `Basic ${basic.toString('base64')}`,
    ),
  };
}
