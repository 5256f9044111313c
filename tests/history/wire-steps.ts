import * as fc from 'fast-check';

import type { Transport } from '../support/torture-run.ts';
import type { WeightedSteps } from './play.ts';
import { Turns } from './turns.ts';
import { LABELS, type WireStory, WRITERS } from './wire-story.ts';

interface WireSteps extends WeightedSteps<WireStory> {
  readonly kind: string;
}

const writer = fc.constantFrom(...WRITERS.map(({ address }) => address));
const label = fc.constantFrom(...LABELS);
const pick = fc.nat({ max: 1000 });
/** A low number is likelier, because most passes are short. */
const request = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 40 }));
const DAY_MS = 86_400_000;

function step<Value>(
  kind: string,
  weight: number,
  values: fc.Arbitrary<Value>,
  act: (story: WireStory, value: Value, scheduler: fc.Scheduler) => Promise<unknown>,
): WireSteps {
  const arbitrary = values.map((value) => ({
    kind,
    text: value === undefined ? kind : `${kind}: ${JSON.stringify(value)}`,
    act: async (story: WireStory, scheduler: fc.Scheduler) => {
      await act(story, value, scheduler);
    },
  }));
  return { weight, arbitrary, kind };
}

const nothing = fc.constant(undefined);

/** What a user, a server, a cluster and time do. `skip` moves the clock on. */
export function wireSteps(skip: (ms: number) => void): readonly WireSteps[] {
  return [
    step('mail arrives', 6, writer, (story, address) => story.arrive(address)),
    step('label on', 6, fc.tuple(pick, label), async (story, [index, put]) => {
      const email = story.pickEmail(index);
      if (email !== undefined) await story.putLabel(email, put);
    }),
    step('label off', 1, pick, async (story, index) => {
      const email = story.pickEmail(index);
      if (email !== undefined) await story.takeLabelsOff(email);
    }),
    step(
      'email moved',
      2,
      fc.tuple(pick, fc.constantFrom('Archive', 'Trash', 'Inbox', 'Screener', 'Feed', 'Jail')),
      async (story, [index, place]) => {
        const email = story.pickEmail(index);
        if (email !== undefined) await story.moveTo(email, place);
      },
    ),
    step('email deleted', 1, pick, async (story, index) => {
      const email = story.pickEmail(index);
      if (email !== undefined) await story.delete(email);
    }),
    step('card made', 2, writer, (story, address) => story.makeCard(address)),
    step('card edited', 2, writer, (story, address) => story.editCard(address)),
    step('card deleted', 1, writer, (story, address) => story.deleteCard(address)),
    step(
      'group edited',
      1,
      fc.tuple(writer, fc.constantFrom(null, 'Imbox', 'Feed', 'Paper Trail', 'Jail')),
      (story, [address, group]) => story.regroup(address, group),
    ),
    step('pass', 5, nothing, (story) => story.pass()),
    step(
      'pass killed',
      5,
      fc.tuple(fc.constantFrom<When>('before', 'after'), request),
      (story, [when, number]) => story.passKilled(killedAt(number, when)),
    ),
    step('two passes at once', 2, nothing, (story, _, scheduler) => {
      const turns = new Turns(scheduler, 2);
      const run = (index: number): Promise<unknown> =>
        story.pass(turns.transportOf(index)).finally(() => turns.end(index));
      return Promise.all([run(0), run(1), turns.played()]);
    }),
    step(
      'write refused',
      2,
      fc.tuple(fc.constantFrom<'put-card' | 'jmap'>('put-card', 'jmap'), fc.nat({ max: 3 })),
      async (story, [on, nth]) => {
        story.standIn.faults.push(
          on === 'jmap'
            ? {
                on: 'Email/set',
                nth: nth + 1,
                fault: { kind: 'setError', emailIds: 'all', type: 'forbidden' },
              }
            : { on, nth: nth + 1, fault: { kind: 'status', status: 403 } },
        );
        await story.pass();
        story.standIn.faults.length = 0;
      },
    ),
    step('mail arrives meanwhile', 2, fc.tuple(writer, request), async (story, [address, nth]) => {
      const act = async (): Promise<void> => {
        await story.arrive(address);
      };
      story.standIn.faults.push({ on: 'any', nth, fault: { kind: 'otherClient', act } });
      await story.pass();
      story.standIn.faults.length = 0;
    }),
    step('card edited meanwhile', 2, fc.tuple(writer, request), async (story, [address, nth]) => {
      const act = (): Promise<void> => story.editCard(address);
      story.standIn.faults.push({ on: 'any', nth, fault: { kind: 'otherClient', act } });
      await story.pass();
      story.standIn.faults.length = 0;
    }),
    step(
      'label off meanwhile',
      4,
      fc.tuple(pick, label, fc.integer({ min: 3, max: 14 })),
      async (story, [index, put, nth]) => {
        const email = story.pickEmail(index);
        if (email === undefined) return;
        await story.putLabel(email, put);
        const act = (): Promise<void> => story.takeLabelsOffNow(email);
        story.standIn.faults.push({ on: 'any', nth, fault: { kind: 'otherClient', act } });
        await story.pass();
        story.standIn.faults.length = 0;
      },
    ),
    step('card made and taken back', 3, writer, async (story, address) => {
      await story.makeCard(address);
      await story.arrive(address);
      const email = story.newestOf(address);
      if (email !== undefined) await story.putLabel(email, '@ToScreener');
      await story.pass();
    }),
    step('state lost', 1, nothing, (story) => story.loseState(false)),
    step('state spoilt', 1, nothing, (story) => story.loseState(true)),
    step('time passes', 3, fc.integer({ min: 1, max: 40 }), async (_, hours) => {
      skip((hours * DAY_MS) / 24);
    }),
    step('digest', 2, fc.constantFrom('off', 'daily', 'daily', 'weekly'), async (story, often) => {
      story.change({ MAILROOM_DIGEST: often });
    }),
    step('warnings', 1, fc.constantFrom('true', 'false'), async (story, isOn) => {
      story.change({ MAILROOM_WARNINGS_ENABLED: isOn });
    }),
    step('failures allowed', 1, fc.constantFrom('1', '10'), async (story, most) => {
      story.change({ MAILROOM_MAX_CONSECUTIVE_FAILURES: most });
    }),
    step('setting misspelt', 1, fc.constantFrom('Feed', null), async (story, name) => {
      story.change({ MAILROOM_GROUP_FED: name });
    }),
    step('Screener renamed', 1, fc.constantFrom('Screener', 'Waiting'), (story, name) =>
      story.renameScreener(name),
    ),
    step('Feed renamed for a while', 1, nothing, (story) => story.passWithoutFeed()),
    step('all is quiet', 2, nothing, (story) => story.settle()),
  ];
}

type When = 'before' | 'after';

/** From its n-th request on, the run reaches no server. */
function killedAt(number: number, when: When): Transport {
  let count = 0;
  return async (send) => {
    count += 1;
    if (count === number && when === 'after') await send();
    if (count >= number) throw new Error('killed');
    return send();
  };
}
