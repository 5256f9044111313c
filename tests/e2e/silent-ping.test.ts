import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';

import { sendPing } from '../../src/run/ping.ts';

/* Ten real seconds, so it is not among the unit tests. */
test('a monitoring service that never answers gets 5 s, twice', async () => {
  let asked = 0;
  const server = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  try {
    const result = await sendPing({
      url: `http://127.0.0.1:${port}/EXAMPLE-not-a-real-check`,
      outcome: 'poll_complete',
      summary: 'done',
      proxyEnv: null,
      stop: new AbortController().signal,
    });

    expect(result).toEqual({
      problem: `POST 127.0.0.1:${port}: no answer within 5 s`,
      requests: 2,
    });
    expect(asked).toBe(2);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
