import { beforeAll, expect, test } from 'vitest';

import type { LogLine } from '../support/run-mailroom.ts';
import { describeEachServer } from '../support/test-account.ts';
import { contactCard } from '../support/torture-account.ts';
import { useScenario } from '../support/use-scenario.ts';
import { goAround } from './go-around.ts';
import { makeRules } from './make-rules.ts';
import { DEFAULT_ROWS, MISREAD_BY_THE_SERVER, STRANGERS } from './rows.ts';

/*
 * The whole loop: mail comes in, the server's rules sort it, the user puts a label on, a pass runs,
 * and the sender's next email arrives where it was decided. The rules are the ones that setup
 * prints.
 */

describeEachServer('the next email', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  let seen: ReadonlyMap<string, readonly (string | undefined)[]> = new Map();
  /** The last line of each pass, and what it has to say. */
  const passes: (readonly [LogLine, object])[] = [];
  const notSwept = new Map<string, string | undefined>();
  const strangers = new Map<string, readonly (string | undefined)[]>();

  beforeAll(async () => {
    await makeRules(account);
    for (const { from, card } of DEFAULT_ROWS) {
      if (card === undefined) continue;
      const uid = Buffer.from(from).toString('hex').slice(0, 24);
      const own = card.some((line) => line.startsWith('UID:')) ? [] : [`UID:${uid}`];
      await account.putCard(
        `${uid}.vcf`,
        contactCard('', [...own, ...card]).replace('UID:\r\n', ''),
      );
    }
    const forms = [...STRANGERS, ...MISREAD_BY_THE_SERVER];
    const deliverForms = (): Promise<readonly string[]> =>
      account.deliverEmails(forms.map((from) => ({ from })));
    const waiting = await deliverForms();
    const before = await scenario.places(waiting);
    const travellers = DEFAULT_ROWS.map(({ decisions, ...row }) => ({
      ...row,
      labels: decisions.map(({ label }) => label),
    }));
    seen = await goAround(travellers, {
      account,
      placesOf: (ids) => scenario.places(ids),
      async pass(senders) {
        const { end } = await mailroom.run();
        passes.push([end, { event: 'poll_complete', processed: senders, failed: 0 }]);
      },
    });
    const stayed = await scenario.places(waiting);
    const after = await scenario.places(await deliverForms());
    for (const [index, from] of forms.entries()) {
      notSwept.set(from, stayed[index]);
      strangers.set(from, [before[index], after[index]]);
    }
  }, 300_000);

  test('every pass is done, and took every label', () => {
    expect(passes).toHaveLength(4);
    for (const [end, wanted] of passes) expect(end).toMatchObject(wanted);
  });

  test.each(DEFAULT_ROWS)('$what', ({ what, before, beforeOnNewest = before, decisions }) => {
    const first = account.kind === 'cyrus-new' ? beforeOnNewest : before;

    expect(seen.get(what)).toEqual([first, ...decisions.map(({ after }) => after)]);
  });

  test.each(STRANGERS)('%j is as unknown as before', (from) => {
    expect(strangers.get(from)).toEqual(['Screener', 'Screener']);
  });

  test.each(MISREAD_BY_THE_SERVER)('%j is filed by the server, as its sender is', (from) => {
    expect(strangers.get(from)).toEqual(['Screener', 'Feed']);
  });

  test.each([...STRANGERS, ...MISREAD_BY_THE_SERVER])('%j was not swept', (from) => {
    expect(notSwept.get(from)).toBe('Screener');
  });
});
