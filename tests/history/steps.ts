import * as fc from 'fast-check';

import { anAddress } from '../support/builders.ts';
import type { Fault, MemoryWorldOptions, PortCall } from '../support/memory-world.ts';
import { MEANWHILE_STEPS } from './meanwhile-steps.ts';
import type { Step as StepOf, WeightedSteps } from './play.ts';
import { DECISIONS, GROUPS, LABELS, NAMES, SENDERS, type Story, TAKE_BACK } from './story.ts';

type Step = StepOf<Story>;

const sender = fc.constantFrom(...SENDERS);
const label = fc.constantFrom(...LABELS);
const name = fc.constantFrom('Ann', 'Bob', 'Other', '');
const pick = fc.nat({ max: 1000 });
/** A low number is likelier, because most passes make few calls. */
const call = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 24 }));
const ELSEWHERE = ['Archive', 'Trash', 'Inbox', 'Screener', 'Feed', 'Jail'];
const BREAKS: readonly Fault[] = ['break before', 'break after'];
const FAULTS: readonly Fault[] = ['refuse', 'fail', 'refuse first', 'fail first', 'signal'];
const FIRST_ONES: readonly Fault[] = ['refuse first', 'fail first'];
const WRITES: readonly PortCall[] = [
  'patchEmails',
  'saveContact',
  'writeDecision',
  'saveGroupMembers',
  'checkUntouched',
  'removeContact',
];

function step(kind: string, text: string, act: Step['act']): Step {
  return { kind, text: text === '' ? kind : `${kind}: ${text}`, act };
}

function at(number: number, fault: Fault): MemoryWorldOptions {
  return { faultAt: (count) => (count === number ? fault : null) };
}

/** The n-th call of one kind, so that rare kinds are hit too. */
function atWrite(name: PortCall, nth: number, fault: Fault): MemoryWorldOptions {
  let seen = 0;
  return {
    faultAt(_, call) {
      if (call === name) seen += 1;
      return call === name && seen === nth ? fault : null;
    },
  };
}

/** Every kind of step. By their weights, mail and labels come more often than the rest. */
export const STEPS: readonly WeightedSteps<Story>[] = [
  {
    weight: 6,
    arbitrary: fc
      .tuple(sender, name)
      .map(([from, called]) => step('mail arrives', from, (story) => story.arrive(from, called))),
  },
  {
    weight: 1,
    arbitrary: fc.constant(step('mail of nobody', '', (story) => story.arrive('', 'Nobody'))),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(pick, fc.constantFrom(...DECISIONS)).map(([index, put]) =>
      step('label on', `${put} on email ${index}`, (story) => {
        const email = story.pickEmail(index);
        if (email !== undefined) story.change(email, [put], []);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: pick.map((index) =>
      step('taken back', `email ${index}`, (story) => {
        const email = story.pickEmail(index);
        if (email !== undefined) story.change(email, [TAKE_BACK], []);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: pick.map((index) =>
      step('label off', `email ${index}`, (story) => {
        const email = story.pickEmail(index);
        if (email !== undefined) story.change(email, [], LABELS);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(pick, label).map(([index, put]) =>
      step('another label', `${put} on email ${index}`, (story) => {
        const email = story.pickEmail(index);
        if (email !== undefined) story.change(email, [put], LABELS);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(pick, fc.constantFrom(...ELSEWHERE)).map(([index, place]) =>
      step('email moved', `email ${index} to ${place}`, (story) => {
        const email = story.pickEmail(index);
        const labels = [...(email?.mailboxIds ?? [])].filter((id) => id.startsWith('@'));
        const rest = [...(email?.mailboxIds ?? [])].filter((id) => !labels.includes(id));
        if (email !== undefined) story.change(email, [place], rest);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: pick.map((index) =>
      step('email deleted', `email ${index}`, (story) => {
        const email = story.pickEmail(index);
        if (email !== undefined) story.delete(email);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.subarray([...SENDERS], { minLength: 1, maxLength: 2 }), name)
      .map(([addresses, called]) =>
        step('card made', addresses.join(' and '), (story) => story.makeContact(addresses, called)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(pick, name).map(([index, called]) =>
      step('card edited', `card ${index} is called ${called}`, (story) => {
        const contact = story.pickContact(index);
        if (contact !== undefined) story.renameContact(contact, called);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: pick.map((index) =>
      step('card deleted', `card ${index}`, (story) => {
        const contact = story.pickContact(index);
        if (contact !== undefined) story.deleteContact(contact);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(pick, fc.constantFrom(null, ...GROUPS)).map(([index, group]) =>
      step('group edited', `card ${index} into ${group ?? 'none'}`, (story) => {
        const contact = story.pickContact(index);
        if (contact !== undefined) story.regroup(contact, group);
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constant(
      step('pass', '', async (story) => {
        await story.pass([{}]);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(call, fc.constantFrom(...BREAKS)).map(([number, fault]) =>
      step('pass killed', `${fault} call ${number}`, async (story) => {
        await story.pass([at(number, fault)]);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(call, fc.constantFrom(...FAULTS)).map(([number, fault]) =>
      step('pass with a fault', `${fault} at call ${number}`, async (story) => {
        await story.pass([at(number, fault)]);
      }),
    ),
  },
  {
    weight: 10,
    arbitrary: fc
      .record({
        name: fc.constantFrom(...WRITES),
        nth: fc.integer({ min: 1, max: 2 }),
        fault: fc.constantFrom(...FAULTS),
        index: pick,
        put: fc.oneof(label, fc.constant(TAKE_BACK)),
      })
      .map(({ name, nth, fault, index, put }) => {
        const text = `${put} (or back) on email ${index}, ${fault} at ${name} ${nth}`;
        return step('write with a fault', text, async (story) => {
          const email = story.pickEmail(index);
          const isRemoval = name === 'removeContact' || name === 'checkUntouched';
          if (email !== undefined) story.change(email, [isRemoval ? TAKE_BACK : put], LABELS);
          // Such a line is written only for somebody who has a card.
          const contact = name === 'writeDecision' ? story.pickContact(index) : undefined;
          const known = contact === undefined ? undefined : story.emailOf(contact);
          if (known !== undefined) story.change(known, [TAKE_BACK], LABELS);
          await story.pass([atWrite(name, nth, fault)]);
        });
      }),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 3 }).map((nth) =>
      step('group write that is none', `write ${nth}`, async (story) => {
        await story.pass([atWrite('saveGroupMembers', nth, 'lie of joining')]);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(pick, name).map(([index, called]) =>
      step('second card made', `of card ${index}`, (story) => {
        const contact = story.pickContact(index);
        if (contact !== undefined) story.makeSecondCard(contact, called);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      step('two passes at once', '', async (story, scheduler) => {
        const pause = (): Promise<void> => scheduler.schedule(Promise.resolve());
        await scheduler.waitFor(story.pass([{ pause }, { pause }]));
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      step('pass without warnings', '', async (story) => {
        await story.pass([{}], { ...NAMES, warningLabel: null });
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      step('pass with a mailbox missing', '', async (story) => {
        const names = { ...NAMES, screenerMailbox: 'Renamed' };
        const { writes, errors } = await story.pass([{}], names);
        if (writes > 0 || errors.length !== 1) throw new Error('a mailbox is missing: no write');
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constant(step('all is quiet', '', (story) => story.settle())),
  },
  {
    weight: 1,
    arbitrary: sender.map((from) =>
      step('mail by the dozen', from, (story) => {
        for (let email = 0; email < 20; email += 1) story.arrive(from, 'Daily');
      }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(pick, label, fc.integer({ min: 1, max: 3 }), fc.constantFrom(...FIRST_ONES))
      .map(([index, put, nth, fault]) =>
        step('all of a card labelled', `${put}, card ${index}, ${fault} at ${nth}`, (story) => {
          const contact = story.pickShared(index);
          for (const address of contact?.addresses ?? []) story.arrive(address, '');
          if (contact !== undefined) story.labelAll(contact, put);
          return story.run(atWrite('patchEmails', nth, fault));
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: sender.map((from) =>
      step('pass for one sender alone', from, async (story) => {
        await story.pass([{}], NAMES, new Set([anAddress(from)]));
      }),
    ),
  },
  ...MEANWHILE_STEPS,
];
