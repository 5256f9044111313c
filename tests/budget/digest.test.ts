import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

import { countByKind } from '../bench/request-counts.ts';
import { makeDigestDue } from '../support/digest-due.ts';
import { ageDigests } from '../support/digests.ts';
import { isStandIn } from '../support/run-mailroom.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';
import { type ArrangedScenario, withScenario } from '../support/use-scenario.ts';

/* What a digest costs: nothing until it is due, and then three requests. */

const budgets = JSON.parse(
  await readFile(new URL('digest.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, number>>>>;

async function requestsOf({ account, mailroom }: ArrangedScenario): Promise<unknown> {
  if (!isStandIn(account)) throw new TypeError('a real server keeps no record');
  account.clearRequests();
  const run = await mailroom.run();
  expect(run.end.event).toBe('poll_complete');
  expect(run.find('digest_failed')).toEqual([]);
  return countByKind(account.requests);
}

const withDigest = (act: (arranged: ArrangedScenario) => Promise<void>): Promise<void> =>
  withScenario(() => startStandIn(), { MAILROOM_DIGEST: 'daily' }, act);

describe('requests of a pass with digests on', () => {
  it('the first of all: as many as without, the mailboxes and the digests in one', () =>
    withDigest(async (arranged) => {
      expect(await requestsOf(arranged)).toEqual(budgets['digest, the first pass of all']);
    }));

  it('not due: as many as without', () =>
    withDigest(async (arranged) => {
      await arranged.mailroom.run();
      await arranged.scenario.email({ from: 'a@wait.example', in: ['Screener'] });

      expect(await requestsOf(arranged)).toEqual(budgets['digest, not due']);
    }));

  it('due: three more', () =>
    withDigest(async (arranged) => {
      await arranged.scenario.email({ from: 'a@wait.example', in: ['Screener'] });
      await arranged.mailroom.run();
      await makeDigestDue(arranged.mailroom);

      expect(await requestsOf(arranged)).toEqual(budgets['digest, due']);
    }));

  it('due, and 9,000 emails in Screener and Jail: one more for each further 4,096', () =>
    withDigest(async (arranged) => {
      const { account, scenario, mailroom } = arranged;
      const [screener, jail] = [scenario.mailboxId('Screener'), scenario.mailboxId('Jail')];
      await account.addEmails(
        Array.from({ length: 9000 }, (_, index) => ({
          from: `Sender ${index} <sender-${index % 700}@shop.example>`,
          mailboxIds: [index % 9 < 5 ? screener : jail],
        })),
      );
      await mailroom.run();
      await makeDigestDue(mailroom);

      expect(await requestsOf(arranged)).toEqual(budgets['digest, due, 9,000 emails']);
    }));

  it('due, and the state is lost: one more, for what stands on the cards', () =>
    withDigest(async (arranged) => {
      const { account, scenario, mailroom } = arranged;
      await scenario.email({ from: 'a@wait.example', in: ['Screener'] });
      await mailroom.run();
      await makeDigestDue(mailroom);
      await mailroom.run();
      await ageDigests(account);
      await mailroom.writeState('no JSON');

      expect(await requestsOf(arranged)).toEqual(budgets['digest, due, state lost']);
    }));

  it('due, and a run is missing since the last: one more, for what stands on the cards', () =>
    withDigest(async (arranged) => {
      const { scenario, mailroom } = arranged;
      await scenario.email({ from: 'a@wait.example', in: ['Screener'] });
      await mailroom.run();
      await makeDigestDue(mailroom);
      const state = await mailroom.readState();
      const startedAt = new Date(Date.now() - 8 * 60 * 1000).toISOString();
      await mailroom.writeState(
        JSON.stringify({ ...state, lastRun: { ...state.lastRun, startedAt } }),
      );

      expect(await requestsOf(arranged)).toEqual(budgets['digest, due, a run is missing']);
    }));
});
