import { setTimeout as sleep } from 'node:timers/promises';

import { beforeAll, expect, test } from 'vitest';

import { sampleNote, thirdFor } from '../support/sample.ts';
import { describeEachServer } from '../support/test-account.ts';
import { useScenario } from '../support/use-scenario.ts';
import { contactCard } from '../support/torture-account.ts';

/* A real server cannot be asked to kill its client, so here the clock does, all over the pass. */

const KILLS = 12;
const TRIALS = Array.from({ length: KILLS }, (_, index) => index);

/** A new sender and one to be moved, four emails each; the first of them gets the label. */
const SENDERS = [
  { kind: 'new', called: 'New', place: 'Screener', label: '@ToPerson', end: 'Inbox' },
  { kind: 'moved', called: 'Moved', place: 'Jail', label: '@ToFeed', end: 'Feed' },
] as const;

describeEachServer(`killed at some time${sampleNote}`, ({ name, open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  const trials = name === 'radicale' ? [] : thirdFor(name, TRIALS);
  /** Ids of a trial's emails, by sender. */
  const emails = new Map<string, readonly string[]>();
  /** How long a pass takes that is not killed. */
  let passMs: number;

  const idsOf = (kind: string, trial: number): readonly string[] =>
    emails.get(`${kind}${trial}`) ?? [];

  /** The decisions of one trial; its contacts and emails have been there from the beginning. */
  const decide = async (trial: number): Promise<void> => {
    for (const { kind, label } of SENDERS) {
      const [first = ''] = idsOf(kind, trial);
      await account.moveEmail(first, { add: [scenario.mailboxId(label)] });
    }
  };

  beforeAll(async () => {
    // The last one is for the pass that is measured.
    const all = [...trials, KILLS];
    for (const trial of all) {
      const lines = ['FN:Moved', 'N:;;;;', `EMAIL:moved${trial}@k.example`];
      await account.putCard(`moved-${trial}.vcf`, contactCard(`moved-${trial}`, lines));
    }
    await scenario.addMember('Jail', ...all.map((trial) => `moved-${trial}`));
    const groups = all.flatMap((trial) => SENDERS.map((sender) => ({ ...sender, trial })));
    const ids = await account.addEmails(
      groups.flatMap(({ kind, called, place, trial }) =>
        Array.from({ length: 4 }, () => ({
          from: `${called} <${kind}${trial}@k.example>`,
          mailboxIds: [scenario.mailboxId(place)],
        })),
      ),
    );
    for (const [index, { kind, trial }] of groups.entries()) {
      emails.set(`${kind}${trial}`, ids.slice(index * 4, index * 4 + 4));
    }
    await decide(KILLS);
    const startedMs = performance.now();
    await mailroom.run();
    passMs = performance.now() - startedMs;
  }, 120_000);

  test.each(trials)('the next pass ends as an undisturbed one (%i)', async (trial) => {
    await decide(trial);
    const run = mailroom.start();
    await sleep((passMs * (trial + 1)) / KILLS);
    run.kill('SIGKILL');
    // Its last line may be cut off.
    await run.result.catch(() => undefined);

    const ids = SENDERS.flatMap(({ kind }) => idsOf(kind, trial));
    const killed = await scenario.places(ids);
    expect(killed.filter((place = '') => place === '')).toEqual([]);
    expect(namesOf(await scenario.groups(), `moved-${trial}`)).not.toEqual([]);

    const next = await mailroom.run();

    expect(next.end).toMatchObject({ event: 'poll_complete', failed: 0 });
    expect(await scenario.places(ids)).toEqual(
      SENDERS.flatMap(({ kind, end }) => idsOf(kind, trial).map(() => end)),
    );
    const groups = await scenario.groups();
    const made = await scenario.contactOf(`new${trial}@k.example`);
    expect(namesOf(groups, made.value('UID') ?? '')).toEqual(['Imbox']);
    expect(namesOf(groups, `moved-${trial}`)).toEqual(['Feed']);
    const moved = await scenario.contactOf(`moved${trial}@k.example`);
    expect(moved.value('NOTE')?.match(/Mailroom/gu)).toHaveLength(1);
  });
});

/** Names of the groups that a contact is in. */
function namesOf(
  groups: ReadonlyMap<string, readonly string[]>,
  uid: string,
): readonly (string | undefined)[] {
  return [...groups].filter(([, uids]) => uids.includes(uid.toLowerCase())).map(([name]) => name);
}
