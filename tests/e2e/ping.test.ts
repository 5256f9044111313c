import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Health } from '../../src/state/health.ts';
import { builtPrograms } from '../support/programs.ts';
import type { Installation } from '../support/run-mailroom.ts';
import { onStandIn, stateAfterSuccess } from '../support/run-mailroom-on-stand-in.ts';

/* MAILROOM_PING_URL: REFERENCE.md, Ping. */

const programs = builtPrograms();

const CHECK = 'EXAMPLE-not-a-real-check';

let answer = 200;
let pings: { readonly url: string; readonly body: string }[] = [];
/** What a ping's server looks at before it answers. */
let lookAtPing: () => Promise<void> = async () => undefined;
const server = createServer((request, response) => {
  void (async () => {
    pings.push({ url: request.url ?? '', body: await text(request) });
    await lookAtPing();
    response.writeHead(answer).end();
  })();
});
let env: { readonly MAILROOM_PING_URL: string };
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  env = { MAILROOM_PING_URL: `http://127.0.0.1:${port}/${CHECK}` };
});
beforeEach(() => {
  answer = 200;
  pings = [];
  lookAtPing = async () => undefined;
});
afterAll(() => {
  server.close();
});

describe('a ping at the end of a run', () => {
  test('after a pass that is done: one, with the summary, and it counts as a request', async () => {
    await onStandIn(programs, {}, async ({ mailroom }) => {
      const alone = await mailroom.run();
      const run = await mailroom.run({ env });

      expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete' } });
      expect(pings).toEqual([
        { url: `/${CHECK}`, body: 'poll_complete: 0 of 0 senders handled, 0 emails swept' },
      ]);
      expect(run.stdout).not.toContain(CHECK);
      const again = await mailroom.run();
      expect(run.end['http_requests']).toBe(again.end['http_requests'] + 1);
      expect(alone.exitCode).toBe(0);
    });
  });

  test('after a failure, also where settings are invalid: to /fail', async () => {
    await onStandIn(programs, {}, async ({ account, mailroom }) => {
      await mailroom.writeState(stateAfterSuccess({}));
      account.faults.push({ on: 'jmap', times: Infinity, fault: { kind: 'status', status: 400 } });
      await mailroom.run({ env });
      await mailroom.run({ env: { ...env, MAILROOM_POLL_INTERVAL: 'often' } });

      expect(pings.map(({ url }) => url)).toEqual([`/${CHECK}/fail`, `/${CHECK}/fail`]);
      expect(pings.map(({ body }) => body.split(':')[0])).toEqual([
        'poll_failed',
        'startup_failed',
      ]);
    });
  });

  test('that fails is a warning before the last line, names the host alone, changes nothing', async () => {
    await onStandIn(programs, {}, async ({ mailroom }) => {
      answer = 500;
      const run = await mailroom.run({ env });

      expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete' } });
      expect(run.events.slice(-2)).toEqual(['ping_failed', 'poll_complete']);
      expect(run.find('ping_failed')).toMatchObject([
        { level: 'warning', problem: expect.stringMatching(/^POST 127\.0\.0\.1:\d+: HTTP 500$/u) },
      ]);
      expect(pings).toHaveLength(2);
      expect(run.stdout).not.toContain(CHECK);
      expect(await mailroom.readState()).toMatchObject({ consecutiveFailures: 0 });
    });
  });

  test('that fails is what status says, from the first time on, until one is taken', async () => {
    await onStandIn(programs, {}, async ({ mailroom }) => {
      answer = 404;
      await mailroom.run({ env });
      const first = await healthOf(mailroom);
      await mailroom.run({ env });
      const second = await healthOf(mailroom);
      answer = 200;
      await mailroom.run({ env });
      const healed = await healthOf(mailroom);

      expect(first).toMatchObject({
        status: 'ok',
        ping_failure: { problem: expect.stringMatching(/^POST 127\.0\.0\.1:\d+: HTTP 404$/u) },
      });
      expect(second.ping_failure).toEqual(first.ping_failure);
      expect(healed.ping_failure).toBeNull();
    });
  });

  test('comes after the state: whoever is told finds it written', async () => {
    await onStandIn(programs, {}, async ({ mailroom }) => {
      const states: unknown[] = [];
      lookAtPing = async () => void states.push(await mailroom.readState());

      await mailroom.run({ env });

      expect(states).toMatchObject([{ lastRun: { outcome: 'poll_complete' } }]);
    });
  });

  test.each<[string, { readonly args?: readonly string[]; readonly env?: object }]>([
    ['', { args: ['--dry-run'] }],
    [', asked for by a variable', { env: { MAILROOM_DRY_RUN: 'true' } }],
    [
      ', also where other settings are wrong, and no state is written',
      { env: { MAILROOM_DRY_RUN: 'true', MAILROOM_POLL_INTERVAL: 'often' } },
    ],
  ])('is not sent in a dry run%s', async (_, options) => {
    await onStandIn(programs, {}, async ({ mailroom }) => {
      const run = await mailroom.run({ ...options, env: { ...env, ...options.env } });

      expect(run.end['dry_run']).toBe(true);
      expect(pings).toEqual([]);
      expect(existsSync(mailroom.statePath)).toBe(false);
    });
  });
});

async function healthOf(mailroom: Installation): Promise<Health> {
  return JSON.parse((await mailroom.status()).stdout) as Health;
}
