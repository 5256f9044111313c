import { describe, expect, it } from 'vitest';

import { countByKind } from '../bench/request-counts.ts';
import { makeDigestDue } from '../support/digest-due.ts';
import { isStandIn } from '../support/run-mailroom.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';
import { type ArrangedScenario, withScenario } from '../support/use-scenario.ts';

/* What a digest costs: nothing until it is due, and then three requests. */

const IDLE = { 'Mailbox/get': 1, 'REPORT cards': 1 };
const FRESH = {
  ...IDLE,
  'GET session': 1,
  'PROPFIND discovery': 3,
  'PROPFIND well-known': 1,
};
const ASKING = 'Mailbox/get+Email/query+Email/get';

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
      const { 'Mailbox/get': mailboxes, ...others } = FRESH;

      expect(await requestsOf(arranged)).toEqual({ ...others, [ASKING]: mailboxes });
    }));

  it('not due: as many as without', () =>
    withDigest(async (arranged) => {
      await arranged.mailroom.run();
      await arranged.scenario.email({ from: 'a@wait.example', in: ['Screener'] });

      expect(await requestsOf(arranged)).toEqual(IDLE);
    }));

  it('due: three more', () =>
    withDigest(async (arranged) => {
      await arranged.scenario.email({ from: 'a@wait.example', in: ['Screener'] });
      await arranged.mailroom.run();
      await makeDigestDue(arranged.mailroom);

      expect(await requestsOf(arranged)).toEqual({
        ...IDLE,
        [ASKING]: 1,
        'Email/query+Email/get': 1,
        'Email/set': 1,
      });
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

      expect(await requestsOf(arranged)).toEqual({
        ...IDLE,
        [ASKING]: 1,
        'Email/query+Email/get': 3,
        'Email/set': 1,
      });
    }));
});
