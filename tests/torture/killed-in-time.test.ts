import { setTimeout as sleep } from 'node:timers/promises';

import { beforeAll, expect, test } from 'vitest';

import { describeEachServer } from '../support/test-account.ts';
import { useScenario } from '../support/use-scenario.ts';
import { contactCard } from '../support/torture-account.ts';

/*
 * A real server will not kill its client, so here the clock does it, at moments spread over the
 * pass.
 */

const KILLS = 12;

describeEachServer('killed at some time', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  /** How long a pass takes that nobody kills. */
  let passMs: number;

  beforeAll(async () => {
    await arrange(KILLS);
    const startedMs = performance.now();
    await mailroom.run();
    passMs = performance.now() - startedMs;
  });

  /** A new sender and one to be moved, with emails each; where the emails are to end. */
  const arrange = async (trial: number): Promise<ReadonlyMap<string, string>> => {
    const uid = `moved-${trial}`;
    const lines = ['FN:Moved', 'N:;;;;', `EMAIL:moved${trial}@k.example`];
    await account.putCard(`${uid}.vcf`, contactCard(uid, lines));
    await scenario.addMember('Jail', uid);
    const from = { new: `New <new${trial}@k.example>`, moved: `Moved <moved${trial}@k.example>` };
    const ends = new Map<string, string>();
    const add = async (sender: 'new' | 'moved', mailboxes: readonly string[]): Promise<void> => {
      const id = await scenario.email({ from: from[sender], in: mailboxes });
      ends.set(id, sender === 'new' ? 'Inbox' : 'Feed');
    };
    await add('new', ['Screener', '@ToPerson']);
    for (let email = 0; email < 3; email += 1) await add('new', ['Screener']);
    await add('moved', ['Jail', '@ToFeed']);
    for (let email = 0; email < 3; email += 1) await add('moved', ['Jail']);
    return ends;
  };

  test.each(Array.from({ length: KILLS }, (_, index) => index))(
    'the next pass ends as an undisturbed one (%i)',
    async (trial) => {
      const ends = await arrange(trial);
      const run = mailroom.start();
      await sleep((passMs * (trial + 1)) / KILLS);
      run.kill('SIGKILL');
      // Its last line may be cut off.
      await run.result.catch(() => undefined);

      const killed = await scenario.whereabouts();
      expect([...ends.keys()].filter((id) => (killed.get(id) ?? '') === '')).toEqual([]);
      expect(await scenario.groupsOf(`moved-${trial}`)).not.toEqual([]);

      const next = await mailroom.run();

      expect(next.end).toMatchObject({ event: 'poll_complete', failed: 0 });
      const places = await scenario.whereabouts();
      for (const [id, place] of ends) expect(places.get(id)).toBe(place);
      const made = await scenario.contactOf(`new${trial}@k.example`);
      expect(await scenario.groupsOf(made.value('UID') ?? '')).toEqual(['Imbox']);
      expect(await scenario.groupsOf(`moved-${trial}`)).toEqual(['Feed']);
      const moved = await scenario.contactOf(`moved${trial}@k.example`);
      expect(moved.value('NOTE')?.match(/Mailroom/gu)).toHaveLength(1);
    },
  );
});
