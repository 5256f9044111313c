import * as fc from 'fast-check';

import type { MemoryWorldOptions, PortCall } from '../support/memory-world.ts';
import type { Step, WeightedSteps } from './play.ts';
import { GROUPS, LABELS, SENDERS, type Story, TAKE_BACK } from './story.ts';

/* What the user, other clients and the server do while a pass runs. */

const pick = fc.nat({ max: 1000 });
const name = fc.constantFrom('Ann', 'Bob', 'Other', '');
/** A low number is likelier, because most passes make few calls. */
const call = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 24 }));
const ELSEWHERE = ['Archive', 'Trash', 'Inbox', 'Screener', 'Feed', 'Jail'];

/** Just before the n-th call. */
function during(number: number, act: () => void): MemoryWorldOptions {
  return {
    faultAt(count) {
      if (count === number) act();
      return null;
    },
  };
}

/** Before each call of a kind, from the n-th on. */
function before(kind: PortCall, act: () => void, nth = 1): MemoryWorldOptions {
  let seen = 0;
  return {
    faultAt(_, called) {
      if (called === kind) seen += 1;
      if (called === kind && seen >= nth) act();
      return null;
    },
  };
}

function steps<Value>(
  kind: string,
  weight: number,
  values: fc.Arbitrary<Value>,
  act: (story: Story, value: Value) => Promise<void>,
): WeightedSteps<Story> & { readonly kind: string } {
  const arbitrary = values.map((value): Step<Story> => ({
    kind,
    text: value === undefined ? kind : `${kind}: ${JSON.stringify(value)}`,
    act: (story) => act(story, value),
  }));
  return { kind, weight, arbitrary };
}

const nothing = fc.constant(undefined);

export const MEANWHILE_STEPS: readonly ReturnType<typeof steps>[] = [
  steps(
    'mail arrives meanwhile',
    2,
    fc.tuple(call, fc.constantFrom(...SENDERS, '')),
    (story, values) => {
      const [number, from] = values;
      return story.run(during(number, () => story.arrive(from, '')));
    },
  ),
  steps('email deleted meanwhile', 2, fc.tuple(call, pick), (story, [number, index]) =>
    story.run(during(number, () => story.deleteUnlabelled(index))),
  ),
  steps(
    'email moved meanwhile',
    2,
    fc.tuple(call, pick, fc.constantFrom(...ELSEWHERE)),
    (story, [number, index, place]) => story.run(during(number, () => story.moveNow(index, place))),
  ),
  steps(
    'label off meanwhile',
    4,
    fc.record({
      number: call,
      index: pick,
      put: fc.constantFrom(...LABELS),
      // What comes of the card that the pass may have made by then.
      card: fc.constantFrom('stays', 'is refused to be deleted', 'joins Friends'),
    }),
    (story, { number, index, put, card }) => {
      const email = story.pickEmail(index);
      if (email !== undefined) story.change(email, [put], LABELS);
      return story.run({
        faultAt(count, called) {
          if (count === number) story.takeLabelOffNow(index);
          const contact = email === undefined ? undefined : story.contactOf(email);
          if (called === 'readGroups' && card === 'joins Friends' && contact !== undefined) {
            story.joinNow(contact, 'Friends');
          }
          return called === 'removeContact' && card === 'is refused to be deleted'
            ? 'refuse'
            : null;
        },
      });
    },
  ),
  steps(
    'card edited meanwhile',
    2,
    fc.tuple(
      fc.constantFrom<PortCall>(
        'removeContact',
        'saveContact',
        'writeDecision',
        'saveGroupMembers',
      ),
      pick,
      name,
    ),
    async (story, [kind, index, called]) => {
      const contact = story.pickContact(index);
      if (contact === undefined) return;
      const email = story.emailOf(contact);
      if (email !== undefined && kind === 'removeContact') {
        story.change(email, [TAKE_BACK], LABELS);
      }
      await story.run(before(kind, () => story.renameNow(contact, called)));
    },
  ),
  steps(
    'card deleted meanwhile',
    3,
    fc.tuple(fc.constantFrom<PortCall>('writeDecision', 'saveGroupMembers', 'removeContact'), pick),
    async (story, [kind, index]) => {
      const contact = story.pickContact(index);
      const email = contact === undefined ? undefined : story.emailOf(contact);
      if (contact === undefined || email === undefined) return;
      story.change(email, [TAKE_BACK], LABELS);
      await story.run(before(kind, () => story.deleteNow(contact)));
    },
  ),
  steps(
    'group edited meanwhile',
    3,
    fc.tuple(pick, fc.constantFrom(...GROUPS), fc.integer({ min: 1, max: 4 })),
    async (story, [index, group, nth]) => {
      const contact = story.pickContact(index);
      const email = contact === undefined ? undefined : story.emailOf(contact);
      if (contact === undefined || email === undefined) return;
      story.change(email, [TAKE_BACK], LABELS);
      await story.run(before('readGroups', () => story.joinNow(contact, group), nth));
    },
  ),
  steps('restless mailbox', 1, nothing, (story) =>
    story.run(before('patchEmails', () => story.touchNow())),
  ),
  steps(
    'changes are forgotten',
    2,
    fc.tuple(call, pick, fc.constantFrom(...LABELS)),
    (story, [number, index, put]) => {
      const email = story.pickEmail(index);
      if (email !== undefined) story.labelNewest(email, put);
      const act = (): void => story.deleteUnlabelled(index);
      return story.run({ ...during(number, act), isForgetful: true });
    },
  ),
  steps(
    'emails left out',
    5,
    fc.tuple(
      fc.constantFrom('search', 'one listing', 'every listing'),
      pick,
      fc.constantFrom(...LABELS),
    ),
    (story, [which, index, put]) => {
      const email = story.pickEmail(index);
      if (email !== undefined) story.change(email, [put], LABELS);
      let listings = 0;
      return story.run({
        hidden(listing, mailboxIds) {
          listings += listing === 'readEmailsIn' ? 1 : 0;
          if (which === 'search' && listing === 'readEmailsIn') return new Set();
          // The first listing is that of the labels.
          if (which === 'one listing' && listings > 2) return new Set();
          return story.hiddenIn(mailboxIds);
        },
      });
    },
  ),
  steps(
    'group left out',
    3,
    fc.record({
      index: pick,
      put: fc.constantFrom(...LABELS),
      nth: fc.integer({ min: 1, max: 5 }),
      which: fc.constantFrom('its own', ...GROUPS),
    }),
    async (story, { index, put, nth, which }) => {
      const contact = story.pickContact(index);
      const email = contact === undefined ? undefined : story.emailOf(contact);
      if (contact === undefined || email === undefined) return;
      story.labelNewest(email, put);
      const hidden = which === 'its own' ? story.groupOf(contact) : which;
      await story.run({ hiddenGroup: (read) => (read === nth ? hidden : null) });
    },
  ),
  steps(
    'stopped early',
    1,
    fc.tuple(pick, pick, fc.constantFrom(...LABELS)),
    (story, [first, second, put]) => {
      const [contradicting, clear] = [story.pickEmail(first), story.pickEmail(second)];
      if (clear !== undefined) story.labelNewest(clear, put);
      if (contradicting !== undefined) story.change(contradicting, LABELS.slice(0, 2), LABELS);
      let isTold = false;
      return story.run({
        faultAt(_, called) {
          if (called !== 'patchEmails' || isTold) return null;
          isTold = true;
          return 'signal';
        },
      });
    },
  ),
  steps('a card is unreadable', 2, pick, (story, index) => {
    const email = story.pickEmail(index);
    if (email !== undefined) story.labelNewest(email, TAKE_BACK);
    return story.run({ unreadableCards: ['/book/odd.vcf'] });
  }),
  steps('no server answers', 1, call, (story, number) =>
    story.run({ faultAt: (count) => (count >= number ? 'break before' : null) }),
  ),
];
