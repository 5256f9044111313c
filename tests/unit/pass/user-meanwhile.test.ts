import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import { memberKey, type SenderAddress } from '../../../src/triage/model.ts';
import type { TriageReport } from '../../../src/triage/report.ts';
import {
  aContact,
  aGroup,
  anEmail,
  DEFAULT_CATEGORIES,
  hrefOfGroup,
  mailboxesFor,
  triageNames,
} from '../../support/builders.ts';
import { MemoryAccount, memoryWorld, type PortCall } from '../../support/memory-world.ts';

/*
 * The user goes on while a pass runs. Each email stays as the user left it; what was not touched is
 * handled all the same.
 */

const names = triageNames({ categories: DEFAULT_CATEGORIES });

const NEW = 'new@example.com' as SenderAddress;

/** A new sender with a backlog, and one who moves from Jail to Feed. */
function anAccount(): MemoryAccount {
  return new MemoryAccount({
    mailboxes: mailboxesFor(names),
    contacts: [aContact({ uid: 'C', addresses: ['old@example.com'] })],
    groups: ['Imbox', 'Feed', 'Paper Trail', 'Jail'].map((name) =>
      aGroup(name, name === 'Jail' ? ['C'] : []),
    ),
    emails: [
      anEmail({ id: 'labelled', from: 'new@example.com', in: ['Screener', '@ToFeed'] }),
      anEmail({ id: 'backlog', from: 'new@example.com' }),
      anEmail({ id: 'old labelled', from: 'old@example.com', in: ['Jail', '@ToFeed'] }),
      anEmail({ id: 'old', from: 'old@example.com', in: ['Jail'] }),
      anEmail({ id: 'other', from: 'other@example.com' }),
    ],
  });
}

const IDS = ['labelled', 'backlog', 'old labelled', 'old', 'other'] as const;

/** What a user does with an email: where it is then, from where it is. */
const DEEDS = {
  'throws away': () => ['Trash'],
  archives: () => ['Archive'],
  'puts into a mailbox of their own': () => ['Mine'],
  'takes the label off': (now: readonly string[]) => {
    const left = now.filter((id) => !id.startsWith('@To'));
    return left.length === 0 ? ['Archive'] : left;
  },
  'puts another label on instead': (now: readonly string[]) => [
    ...now.filter((id) => !id.startsWith('@To')),
    '@ToJail',
  ],
  'puts another label on besides': (now: readonly string[]) => [...new Set([...now, '@ToJail'])],
  deletes: () => null,
  'reads (a flag)': (now: readonly string[]) => now,
} satisfies Record<string, (now: readonly string[]) => readonly string[] | null>;

type Deed = keyof typeof DEEDS;

interface Edit {
  readonly atCall: number;
  readonly id: string;
  readonly deed: Deed;
}

interface Outcome {
  readonly memory: MemoryAccount;
  readonly report: TriageReport;
  readonly calls: readonly PortCall[];
  /** Where each edited email was when the user had last touched it. */
  readonly leftAt: ReadonlyMap<string, readonly string[] | null>;
}

async function passWith(edits: readonly Edit[]): Promise<Outcome> {
  const memory = anAccount();
  const leftAt = new Map<string, readonly string[] | null>();
  const world = memoryWorld(memory, {
    faultAt(callNumber) {
      for (const { id, deed } of edits.filter(({ atCall }) => atCall === callNumber)) {
        const email = memory.emails.get(id);
        if (email === undefined) continue;
        const place = DEEDS[deed]([...email.mailboxIds]);
        memory.putEmail(id, place === null ? null : { ...email, mailboxIds: new Set(place) });
        if (deed !== 'reads (a flag)') leftAt.set(id, place);
      }
      return null;
    },
  });
  const report = await runTriagePass(names, world);
  await world.settled();
  return { memory, report, calls: world.calls, leftAt };
}

const undisturbed = await passWith([]);
const CALLS = undisturbed.calls.length;
/** The call after the labelled emails were read: what is done before is what the pass reads. */
const FIRST = undisturbed.calls.indexOf('readEmailsIn') + 2;

/** What is wrong with where an email is, after the user left it in `left`. */
function findWrong(id: string, left: readonly string[] | null, memory: MemoryAccount): string[] {
  const now = memory.emails.get(id)?.mailboxIds;
  if (left === null) return now === undefined ? [] : [`${id} is back`];
  if (now === undefined) return [`${id} is gone`];
  const told = `${id}: left in ${left.join(' + ')}, is in ${[...now].join(' + ')}`;
  const stays = left.filter((one) => !one.startsWith('@'));
  const isWaiting = left.includes('Screener') || left.includes('Jail');
  const hasOther = left.includes('@ToJail');
  // Still where a sweep takes emails from, without another label: that is swept.
  if (isWaiting && !hasOther) return [];
  if (stays.length === 0) return [];
  const places = [...now].filter((one) => !one.startsWith('@'));
  const isSame = places.toSorted().join() === stays.toSorted().join();
  const keepsLabel = !hasOther || now.has('@ToJail');
  return isSame && keepsLabel ? [] : [told];
}

describe('an undisturbed pass', () => {
  it('handles both senders, and makes enough calls for this to mean something', () => {
    expect(undisturbed.report).toMatchObject({ processed: 2, failures: [], emailsSwept: 4 });
    expect(CALLS - FIRST).toBeGreaterThan(12);
  });
});

describe('one deed at each call of a pass', () => {
  it.each(IDS.flatMap((id) => (Object.keys(DEEDS) as Deed[]).map((deed) => [id, deed] as const)))(
    '%s: the user %s',
    async (id, deed) => {
      let disturbed = 0;
      for (let atCall = FIRST; atCall <= CALLS + 3; atCall += 1) {
        const { memory, report, leftAt } = await passWith([{ atCall, id, deed }]);
        disturbed += leftAt.size;

        const wrongs = [...leftAt].flatMap(([one, left]) => findWrong(one, left, memory));
        expect(wrongs, `at call ${atCall}`).toEqual([]);
        expect(memory.destroyedIds).toEqual([]);
        expect(report.failures, `at call ${atCall}`).toEqual([]);
        const untouched = IDS.filter((one) => one !== id && one !== 'other');
        const isDecided = deed === 'reads (a flag)' || !id.includes('labelled');
        const expected = isDecided ? untouched.filter((one) => !one.includes('labelled')) : [];
        for (const one of expected) {
          const places = memory.emails.get(one)?.mailboxIds ?? [];
          expect([one, ...places]).toEqual([one, 'Feed']);
        }
      }
      // A flag alone moves nothing; every other deed has to have happened, at each call.
      if (deed !== 'reads (a flag)') expect(disturbed).toBeGreaterThan(CALLS - FIRST);
    },
  );
});

describe('the label of a new sender comes off at each call of a pass', () => {
  const DEEDS_WITHOUT_LABEL = [
    'throws away',
    'archives',
    'puts into a mailbox of their own',
    'takes the label off',
  ] as const;

  it.each(DEEDS_WITHOUT_LABEL)(
    'the user %s: a sender is let in as decided, or stays unknown: no contact in no group',
    async (deed) => {
      const ends = new Set<string>();
      for (let atCall = FIRST; atCall <= CALLS + 3; atCall += 1) {
        const { memory } = await passWith([{ atCall, id: 'labelled', deed }]);

        const { contacts, groups } = memory.contents();
        const card = contacts.find(({ addresses }) => addresses.includes(NEW));
        const isInFeed = (groups[hrefOfGroup('Feed')] ?? []).includes(memberKey(card?.uid ?? ''));
        ends.add(card === undefined ? 'unknown' : isInFeed ? 'as decided' : `lost at ${atCall}`);
      }
      expect([...ends].toSorted()).toEqual(['as decided', 'unknown']);
    },
  );

  it('another label instead: the contact stays for the next pass', async () => {
    for (let atCall = FIRST; atCall <= CALLS; atCall += 1) {
      const { memory } = await passWith([
        { atCall, id: 'labelled', deed: 'puts another label on instead' },
      ]);
      await runTriagePass(names, memoryWorld(memory));

      const { contacts, groups } = memory.contents();
      const [card, ...others] = contacts.filter(({ addresses }) => addresses.includes(NEW));
      expect(others).toEqual([]);
      expect(groups[hrefOfGroup('Jail')]).toContain(memberKey(card?.uid ?? ''));
    }
  });
});

describe('any deeds at any calls', () => {
  it('each email stays as it was left; the pass ends, and the next one converges', async () => {
    const edit = fc.record({
      atCall: fc.integer({ min: FIRST, max: CALLS + 3 }),
      id: fc.constantFrom(...IDS),
      deed: fc.constantFrom(...(Object.keys(DEEDS) as Deed[])),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
        const { memory, leftAt } = await passWith(edits);

        expect([...leftAt].flatMap(([id, left]) => findWrong(id, left, memory))).toEqual([]);
        expect(memory.destroyedIds).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a world that changes before every write', () => {
  it('ends all the same: what cannot be written is the next pass’s', async () => {
    const memory = anAccount();
    let count = 0;
    const world = memoryWorld(memory, {
      faultAt(_number, call) {
        if (call === 'patchEmails') {
          count += 1;
          memory.putEmail(`noise ${count}`, anEmail({ id: `noise ${count}`, in: ['Inbox'] }));
        }
        return null;
      },
    });

    const report = await runTriagePass(names, world);

    expect(report.processed).toBe(0);
    expect(report.failures).toHaveLength(2);
    expect(report.failures[0]?.failure).toMatchObject({ kind: 'failed' });
    expect(count).toBeLessThan(30);
    expect([...(memory.emails.get('labelled')?.mailboxIds ?? [])]).toEqual(['Screener', '@ToFeed']);
  });
});
