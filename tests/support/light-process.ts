/**
 * Sends one request through the real client. Prints the answer, and whether Node's own fetch was
 * loaded.
 */
import '../../src/http/install.ts';

import { createBudget } from '../../src/http/budget.ts';
import { createHttp } from '../../src/http/http.ts';
import { createTrustRule } from '../../src/http/trust.ts';

const url = process.argv[2] ?? '';
const http = createHttp({
  authorization: () => 'Bearer made-up-token',
  trust: createTrustRule({ configuredUrl: url, trustedHosts: [] }),
  timeoutMs: 5000,
  backoffMs: 1,
  budget: createBudget({
    passTimeoutMs: 10_000,
    stop: new AbortController().signal,
    stopGraceMs: 1000,
  }),
});
const response = await http(url, { method: 'REPORT', body: '<a/>', headers: { depth: '1' } });
const loaded = (process as unknown as { moduleLoadList: readonly string[] }).moduleLoadList;
process.stdout.write(
  JSON.stringify({
    status: response.status,
    text: await response.text(),
    isNodeFetchLoaded: loaded.some((name) => name.includes('undici')),
  }),
);
