import { createBudget } from '../../src/http/budget.ts';
import { createHttp } from '../../src/http/http.ts';
import type { Logger } from '../../src/log/logger.ts';
import type { RememberedSession } from '../../src/mail/jmap/session.ts';
import { createMailStore } from '../../src/mail/mail-store.ts';
import type { JmapMailStore } from '../../src/mail/mail-store.ts';
import { createTrustRule } from '../../src/http/trust.ts';
import type { TestAccount } from '../support/test-account.ts';

/** A mail store over the real HTTP client. */
export interface OpenMailStore {
  readonly store: JmapMailStore;
  /** Requests sent so far, retries too. */
  readonly requestCount: () => number;
}

export function openMailStore(
  { sessionUrl, token }: Pick<TestAccount, 'sessionUrl' | 'token'>,
  remembered: RememberedSession | null = null,
): OpenMailStore {
  const budget = createBudget({
    passTimeoutMs: 60_000,
    stop: new AbortController().signal,
    stopGraceMs: 0,
  });
  const http = createHttp({
    authorization: () => `Bearer ${token}`,
    trust: createTrustRule({ configuredUrl: sessionUrl, trustedHosts: [] }),
    timeoutMs: 20_000,
    budget,
    backoffMs: 1,
  });
  return {
    store: createMailStore({ http, sessionUrl, remembered, ownUsernames: [], log: silentLogger }),
    requestCount: () => budget.requestCount,
  };
}

const silentLogger: Logger = {
  debug() {},
  info() {},
  warning() {},
  error() {},
  child: () => silentLogger,
};
