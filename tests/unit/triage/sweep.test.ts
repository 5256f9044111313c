import { describe, expect, it } from 'vitest';

import type { Layout } from '../../../src/triage/layout.ts';
import type { Email, EmailPatch } from '../../../src/triage/model.ts';
import type { SweepPlan } from '../../../src/triage/sweep.ts';
import {
  planErrorLabel,
  planFinish,
  planLabelRemoval,
  planSweep,
} from '../../../src/triage/sweep.ts';
import { aCategory, aLayout, anAddress, anEmail, categoryOf } from '../../support/builders.ts';

const layout = aLayout({
  categories: [
    aCategory('Feed'),
    aCategory('Jail'),
    aCategory('Child', { parent: 'Feed' }),
    aCategory('Loud', { addToInbox: true }),
    aCategory('Filed', { destinationMailbox: 'Archive' }),
  ],
});

function aSweep(
  sweep: {
    readonly to?: string;
    readonly from?: string;
    readonly hasWarning?: boolean;
  } = {},
): SweepPlan {
  return {
    sender: anAddress(),
    category: categoryOf(layout, sweep.to ?? 'Feed'),
    isReTriage: sweep.from !== undefined,
    oldDestinationIds: sweep.from === undefined ? [] : [sweep.from],
    otherAddresses: new Set(),
    hasWarning: sweep.hasWarning ?? false,
  };
}

/** The mailboxes that an email is in after a patch; those that it was in where there is none. */
function after(email: Email, patch: EmailPatch | null): readonly string[] {
  const mailboxIds = new Set(email.mailboxIds);
  for (const id of patch?.remove ?? []) mailboxIds.delete(id);
  for (const id of patch?.add ?? []) mailboxIds.add(id);
  return [...mailboxIds].toSorted();
}

describe('planSweep: one email of the sender', () => {
  it.each([
    ['in Screener: moves', ['Screener'], ['Feed']],
    ['in Screener and elsewhere: stays there too', ['Screener', 'Inbox'], ['Feed', 'Inbox']],
    ['in Screener and the destination', ['Screener', 'Feed'], ['Feed']],
    ['in Screener and Archive: moves', ['Screener', 'Archive'], ['Archive', 'Feed']],
    [
      'the error label is not its business',
      ['Screener', '@MailroomError'],
      ['@MailroomError', 'Feed'],
    ],
  ])('%s', (_rule, mailboxIds, moved) => {
    const email = anEmail({ in: mailboxIds });

    expect(after(email, planSweep(email, aSweep(), layout))).toEqual(moved);
  });

  it.each([
    ['in the destination', ['Feed']],
    ['in Inbox', ['Inbox']],
    ['in Archive', ['Archive']],
    ['in the destination of another category, without a re-triage', ['Jail']],
    ['in Trash', ['Trash']],
    ['in Screener and Trash', ['Screener', 'Trash']],
    ['in Screener and Junk', ['Screener', 'Junk']],
    ['in Screener and Drafts', ['Screener', 'Drafts']],
    ['in Screener and Sent', ['Screener', 'Sent']],
    ['only in the error label', ['@MailroomError']],
  ])('left where it is: %s', (_rule, mailboxIds) => {
    expect(planSweep(anEmail({ in: mailboxIds }), aSweep(), layout)).toBeNull();
  });

  it.each([
    ['in the old destination: moves', ['Jail'], ['Feed']],
    ['in Screener: moves', ['Screener'], ['Feed']],
    ['in both', ['Screener', 'Jail'], ['Feed']],
    ['in the old destination and Inbox', ['Jail', 'Inbox'], ['Feed', 'Inbox']],
    [
      'in the old destination and Screener and Archive',
      ['Jail', 'Screener', 'Archive'],
      ['Archive', 'Feed'],
    ],
    ['in the old destination and Archive: stays', ['Jail', 'Archive'], ['Archive', 'Jail']],
    ['in the old destination and Trash: stays', ['Jail', 'Trash'], ['Jail', 'Trash']],
    ['in the old destination and Junk: stays', ['Jail', 'Junk'], ['Jail', 'Junk']],
    ['in the old destination and Sent: stays', ['Jail', 'Sent'], ['Jail', 'Sent']],
    ['in neither: stays', ['Inbox'], ['Inbox']],
  ])('re-triage, %s', (_rule, mailboxIds, moved) => {
    const email = anEmail({ in: mailboxIds });

    expect(after(email, planSweep(email, aSweep({ from: 'Jail' }), layout))).toEqual(moved);
  });

  it.each([
    ['what is in it moves', ['Archive'], ['Feed']],
    ['what is in Trash as well stays', ['Archive', 'Trash'], ['Archive', 'Trash']],
  ])('the way back from a destination that is Archive: %s', (_rule, mailboxIds, moved) => {
    const filed = anEmail({ in: mailboxIds });

    expect(after(filed, planSweep(filed, aSweep({ from: 'Archive' }), layout))).toEqual(moved);
  });

  it('destinations of the parents too', () => {
    const email = anEmail();

    expect(after(email, planSweep(email, aSweep({ to: 'Child' }), layout))).toEqual([
      'Child',
      'Feed',
    ]);
  });

  it.each([
    ['from Screener', aSweep({ to: 'Loud' }), ['Screener'], ['Inbox', 'Loud']],
    ['never on re-triage', aSweep({ to: 'Loud', from: 'Jail' }), ['Screener'], ['Loud']],
    [
      'never on re-triage, from the old destination',
      aSweep({ to: 'Loud', from: 'Jail' }),
      ['Jail'],
      ['Loud'],
    ],
  ])('addToInbox: %s', (_rule, sweep, mailboxIds, moved) => {
    const email = anEmail({ in: mailboxIds });

    expect(after(email, planSweep(email, sweep, layout))).toEqual(moved);
  });

  it.each([
    ['of this category', ['Screener', '@ToFeed'], aSweep()],
    ['of another, put on meanwhile', ['Screener', '@ToJail'], aSweep()],
  ])('with a triage label it waits: %s', (_rule, mailboxIds, sweep) => {
    expect(planSweep(anEmail({ in: mailboxIds }), sweep, layout)).toBeNull();
  });

  it.each([
    ['from the old destination', ['Jail', '@ToFeed'], ['@ToFeed', 'Feed']],
    ['from Screener', ['Screener', '@ToFeed'], ['@ToFeed', 'Feed']],
    ['from Inbox', ['Inbox', '@ToFeed'], ['@ToFeed', 'Feed']],
    [
      'even out of Trash: the user asked for it',
      ['Jail', 'Trash', '@ToFeed'],
      ['@ToFeed', 'Feed', 'Trash'],
    ],
  ])('at a re-triage it moves now, its label on: %s', (_rule, mailboxIds, moved) => {
    const email = anEmail({ in: mailboxIds });

    expect(after(email, planSweep(email, aSweep({ from: 'Jail' }), layout))).toEqual(moved);
    expect(planSweep(email, aSweep({ from: 'Jail' }), layout, true)).toBeNull();
  });

  it.each([
    ['from the old destination', ['Jail'], ['Feed']],
    ['but not from Screener: it is not what was labelled', ['Screener'], ['Screener']],
    ['out of both: Screener stays', ['Jail', 'Screener'], ['Feed', 'Screener']],
  ])('another address of the card moves %s', (_rule, mailboxIds, moved) => {
    const email = anEmail({ in: mailboxIds, from: 'other@sender.example' });

    expect(after(email, planSweep(email, aSweep({ from: 'Jail' }), layout))).toEqual(moved);
  });

  it('a destination is named even where the email has it: somebody may take it out meanwhile', () => {
    expect(planSweep(anEmail({ in: ['Screener', 'Feed'] }), aSweep(), layout)?.add).toContain(
      'Feed',
    );
  });
});

describe('planFinish: a labelled email, last of all', () => {
  const finish = (
    mailboxIds: readonly string[],
    options: { readonly to?: string; readonly from?: string; readonly hasWarning?: boolean } = {},
    within: Layout = layout,
  ): readonly string[] => {
    const email = anEmail({ in: mailboxIds });
    const sweep = aSweep(options);
    return after(email, planFinish(email, sweep, within));
  };

  it.each([
    ['Screener and label off, destination on', ['Screener', '@ToFeed'], ['Feed']],
    ['the error label comes off', ['Screener', '@ToFeed', '@MailroomError'], ['Feed']],
    ['only in the label', ['@ToFeed'], ['Feed']],
    ['in the destination', ['Feed', '@ToFeed'], ['Feed']],
    ["in a mailbox of the user's own: stays there too", ['Mine', '@ToFeed'], ['Feed', 'Mine']],
    ['in Inbox: a known contact, in no group', ['Inbox', '@ToFeed'], ['Feed']],
    ['in Junk', ['Junk', '@ToFeed'], ['Feed']],
    ['in Trash: stays there too', ['Trash', '@ToFeed'], ['Feed', 'Trash']],
    ["in another category's place", ['Jail', '@ToFeed'], ['Feed']],
    ['in Archive, which is the place of a category here', ['Archive', '@ToFeed'], ['Feed']],
    ['a warning from an earlier time comes off', ['@ToFeed', '@MailroomWarning'], ['Feed']],
  ])('%s', (_rule, mailboxIds, moved) => {
    expect(finish(mailboxIds)).toEqual(moved);
  });

  it('re-triage: out of the old destination', () => {
    expect(finish(['Jail', '@ToFeed'], { from: 'Jail' })).toEqual(['Feed']);
  });

  it('addToInbox for what was in Screener, also where it was moved into the label', () => {
    expect(finish(['Screener', '@ToLoud'], { to: 'Loud' })).toEqual(['Inbox', 'Loud']);
    expect(finish(['@ToLoud'], { to: 'Loud' })).toEqual(['Inbox', 'Loud']);
    expect(finish(['@ToLoud', '@MailroomError'], { to: 'Loud' })).toEqual(['Inbox', 'Loud']);
    expect(finish(['Mine', '@ToLoud'], { to: 'Loud' })).toEqual(['Loud', 'Mine']);
    expect(finish(['Screener', '@ToLoud'], { to: 'Loud', from: 'Jail' })).toEqual(['Loud']);
  });

  it.each([
    ['goes on', ['@ToFeed'], ['@MailroomWarning', 'Feed']],
    ['stays on', ['@ToFeed', '@MailroomWarning'], ['@MailroomWarning', 'Feed']],
  ])('names that differ: the warning label %s', (_rule, mailboxIds, moved) => {
    expect(finish(mailboxIds, { hasWarning: true })).toEqual(moved);
  });

  it.each([
    ['thrown away: only the label comes off', ['Trash', '@ToFeed'], ['Trash']],
    ['moved to a mailbox of the user’s own', ['Mine', '@ToFeed'], ['Mine']],
    ['still in Screener: moves', ['Screener', '@ToFeed'], ['Feed']],
    ['still in Screener, with another place', ['Screener', 'Mine', '@ToFeed'], ['Feed', 'Mine']],
    ['in the label alone: has to be somewhere', ['@ToFeed'], ['Feed']],
    ['the label taken off, in Screener: as any other', ['Screener'], ['Feed']],
    ['the label taken off, thrown away', ['Trash'], ['Trash']],
    ['another label besides: the next pass', ['Screener', '@ToFeed', '@ToJail'], null],
    ['another label instead: the next pass', ['Screener', '@ToJail'], null],
  ])('changed by the user meanwhile, %s', (_rule, mailboxIds, moved) => {
    const email = anEmail({ in: mailboxIds });

    expect(after(email, planFinish(email, aSweep(), layout, true))).toEqual(
      moved ?? mailboxIds.toSorted(),
    );
  });

  it('warnings switched off: no warning label is touched', () => {
    const off = { ...layout, warningLabelId: null };

    expect(finish(['@ToFeed', '@MailroomWarning'], { hasWarning: true }, off)).toEqual([
      '@MailroomWarning',
      'Feed',
    ]);
    expect(finish(['@ToFeed'], { hasWarning: true }, off)).toEqual(['Feed']);
  });
});

describe("planLabelRemoval: Mailroom's own labels, from the sender's other emails", () => {
  const remove = (mailboxIds: readonly string[], sweep: SweepPlan = aSweep()): EmailPatch | null =>
    planLabelRemoval(anEmail({ in: mailboxIds }), sweep, layout);

  it.each([
    ['error', ['Inbox', '@MailroomError'], ['Inbox']],
    ['warning', ['Inbox', '@MailroomWarning'], ['Inbox']],
    ['both', ['Inbox', '@MailroomError', '@MailroomWarning'], ['Inbox']],
    [
      'from an email that is in nothing else: it goes to the destination',
      ['@MailroomError'],
      ['Feed'],
    ],
    ['from one in Trash: it stays there', ['Trash', '@MailroomError'], ['Trash']],
    [
      'not while a triage label is on, that came meanwhile',
      ['@ToJail', '@MailroomError'],
      ['@MailroomError', '@ToJail'],
    ],
  ])('%s', (_rule, mailboxIds, left) => {
    expect(after(anEmail({ in: mailboxIds }), remove(mailboxIds))).toEqual(left);
  });

  it('names that differ: the warning stays, the error goes', () => {
    const mailboxIds = ['Inbox', '@MailroomError', '@MailroomWarning'];

    expect(
      after(anEmail({ in: mailboxIds }), remove(mailboxIds, aSweep({ hasWarning: true }))),
    ).toEqual(['@MailroomWarning', 'Inbox']);
  });

  it('an email that carries none is not written', () => {
    expect(remove(['Inbox'])).toBeNull();
    expect(remove(['Inbox', '@MailroomWarning'], aSweep({ hasWarning: true }))).toBeNull();
  });

  it('labelled emails are for planFinish', () => {
    const email = anEmail({ in: ['@ToFeed', '@MailroomError'] });

    expect(planLabelRemoval(email, aSweep(), layout)).toBeNull();
  });

  it.each([
    ['Screener', ['Screener', '@MailroomError'], aSweep()],
    ['Screener, with another mailbox', ['Screener', 'Archive', '@MailroomError'], aSweep()],
    ['the old destination', ['Jail', '@MailroomError'], aSweep({ from: 'Jail' })],
  ])('a sweep that went before is not undone: out of %s', (_rule, mailboxIds, sweep) => {
    const listed = anEmail({ in: mailboxIds });
    const swept = {
      ...listed,
      mailboxIds: new Set(after(listed, planSweep(listed, sweep, layout))),
    };

    const end = after(swept, planLabelRemoval(swept, sweep, layout));

    expect(end).toEqual(after(swept, { emailId: listed.id, add: [], remove: ['@MailroomError'] }));
  });

  it.each([
    ['it is where it stays', ['Inbox', '@MailroomError'], 'Inbox'],
    ['the destination', ['Inbox', 'Feed', '@MailroomError'], 'Feed'],
  ])(
    'a mailbox to stay in is named, should somebody take it out meanwhile: %s',
    (_rule, mailboxIds, stays) => {
      expect(remove(mailboxIds)?.add).toEqual([stays]);
    },
  );
});

describe('planErrorLabel', () => {
  it('once: an email that carries it is not written again', () => {
    const fresh = anEmail({ in: ['@ToFeed'] });
    const known = anEmail({ in: ['@ToFeed', '@MailroomError'] });

    expect(planErrorLabel(known, layout)).toBeNull();
    expect(planErrorLabel(fresh, layout)).toEqual({
      emailId: fresh.id,
      add: ['@MailroomError'],
      remove: [],
    });
  });
});
