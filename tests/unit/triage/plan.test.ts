import { describe, expect, it } from 'vitest';

import { groupBySender } from '../../../src/triage/labelled.ts';
import type { Contact, ContactGroup, Email, SenderAddress } from '../../../src/triage/model.ts';
import { planTriage, type TriagePlan } from '../../../src/triage/plan.ts';
import {
  aContact,
  aGroup,
  aLayout,
  anAddress,
  anEmail,
  aSnapshot,
  groupsFor,
  groupsWith,
  triageNames,
} from '../../support/builders.ts';

const layout = aLayout();
const emptyGroups = groupsFor(triageNames());

/** Plans for emails, with these contacts in the address book. */
function plan(
  emails: readonly Email[],
  contacts: readonly Contact[] = [],
  groups: readonly ContactGroup[] = emptyGroups,
): TriagePlan {
  const byAddress = new Map<SenderAddress, Contact[]>();
  for (const contact of contacts) {
    for (const address of contact.addresses) {
      byAddress.set(address, [...(byAddress.get(address) ?? []), contact]);
    }
  }
  return planTriage(
    groupBySender(emails, layout).senders,
    { byAddress, unreadableCards: [] },
    aSnapshot({ layout, groups }),
  );
}

describe('planTriage: conflicts', () => {
  it('labels of two categories, on two emails', () => {
    const emails = [anEmail({ in: ['@ToFeed'] }), anEmail({ in: ['@ToJail'] })];

    expect(plan(emails)).toEqual({
      senders: [],
      conflicts: [{ sender: anAddress(), emails, categoryNames: ['Feed', 'Jail'] }],
    });
  });

  it('labels of two categories on one email', () => {
    expect(plan([anEmail({ in: ['@ToFeed', '@ToJail'] })]).conflicts).toHaveLength(1);
  });

  it('a third label does not decide it', () => {
    const labels = ['@ToFeed', '@ToJail', '@ToImbox'];

    expect(plan(labels.map((label) => anEmail({ in: [label] })))).toMatchObject({
      senders: [],
      conflicts: [{ categoryNames: ['Imbox', 'Feed', 'Jail'] }],
    });
  });

  it('the labels of parent and child are two categories too', () => {
    expect(
      plan([anEmail({ in: ['@ToImbox'] }), anEmail({ in: ['@ToPerson'] })]).conflicts,
    ).toHaveLength(1);
  });

  it('the same label on several emails is none', () => {
    const emails = [anEmail({ in: ['@ToFeed'] }), anEmail({ in: ['@ToFeed'] })];

    expect(plan(emails)).toMatchObject({ senders: [{ labelled: emails }], conflicts: [] });
  });

  it('once one category is left the sender is handled, error label or not', () => {
    const emails = [
      anEmail({ in: ['@ToFeed', '@MailroomError'] }),
      anEmail({ in: ['Screener', '@MailroomError'] }),
    ];

    expect(plan(emails)).toMatchObject({
      senders: [{ category: { name: 'Feed' }, labelled: [emails[0]] }],
      conflicts: [],
    });
  });

  it('one sender in conflict does not stop another', () => {
    const emails = [
      anEmail({ in: ['@ToFeed', '@ToJail'] }),
      anEmail({ from: 'other@example.com', in: ['@ToFeed'] }),
    ];

    expect(plan(emails).senders.map(({ sender }) => sender)).toEqual(['other@example.com']);
  });

  const shared = aContact({ addresses: ['a@example.com', 'b@example.com'] });

  it('two senders on one card with different categories: the card can go one way only', () => {
    const emails = [
      anEmail({ from: 'a@example.com', in: ['@ToFeed'] }),
      anEmail({ from: 'b@example.com', in: ['@ToJail'] }),
      anEmail({ from: 'c@example.com', in: ['@ToJail'] }),
    ];

    expect(plan(emails, [shared])).toMatchObject({
      senders: [{ sender: 'c@example.com' }],
      conflicts: [
        { sender: 'a@example.com', emails: [emails[0]], categoryNames: ['Feed', 'Jail'] },
        { sender: 'b@example.com', emails: [emails[1]], categoryNames: ['Feed', 'Jail'] },
      ],
    });
  });

  it('a card that is only the duplicate of one of them counts too', () => {
    const emails = [
      anEmail({ from: 'a@example.com', in: ['@ToFeed'] }),
      anEmail({ from: 'b@example.com', in: ['@ToJail'] }),
    ];
    const contacts = [aContact({ uid: '0', addresses: ['a@example.com'] }), shared];

    expect(plan(emails, contacts).conflicts).toHaveLength(2);
  });

  it.each([
    ['the same as one of them', '@ToJail'],
    ['another one', '@ToFeed'],
  ])(
    'a card whose other sender has contradicting labels waits, whatever its own: %s',
    (_rule, label) => {
      const emails = [
        anEmail({ from: 'a@example.com', in: ['@ToPaperTrail', '@ToJail'] }),
        anEmail({ from: 'b@example.com', in: [label] }),
      ];

      expect(plan(emails, [shared])).toMatchObject({
        senders: [],
        conflicts: [{ sender: 'a@example.com' }, { sender: 'b@example.com' }],
      });
      expect(plan(emails, []).conflicts).toHaveLength(1);
    },
  );

  it('two senders on one card with one category are both handled', () => {
    const emails = ['a@example.com', 'b@example.com'].map((from) =>
      anEmail({ from, in: ['@ToFeed'] }),
    );

    expect(plan(emails, [shared])).toMatchObject({ senders: [{}, {}], conflicts: [] });
  });

  it('two cards with one UID are one to their groups', () => {
    const emails = [
      anEmail({ from: 'a@example.com', in: ['@ToFeed'] }),
      anEmail({ from: 'b@example.com', in: ['@ToJail'] }),
    ];
    const contacts = ['a', 'b'].map((name) =>
      aContact({ uid: 'same', href: `/book/${name}.vcf`, addresses: [`${name}@example.com`] }),
    );

    expect(plan(emails, contacts).conflicts).toHaveLength(2);
  });

  it('two cards in one resource are two cards', () => {
    const emails = [
      anEmail({ from: 'a@example.com', in: ['@ToFeed'] }),
      anEmail({ from: 'b@example.com', in: ['@ToJail'] }),
    ];
    const contacts = ['a', 'b'].map((uid) =>
      aContact({ uid, href: '/book/both.vcf', addresses: [`${uid}@example.com`] }),
    );

    expect(plan(emails, contacts).conflicts).toEqual([]);
  });
});

describe('planTriage: which contact', () => {
  const emails = [anEmail({ name: 'Jane Doe', in: ['@ToFeed'] })];
  const [a, b, c] = [aContact({ uid: 'a' }), aContact({ uid: 'b' }), aContact({ uid: 'c' })];

  it.each([
    ['none: to be created', [], {}, null, []],
    ['the one there is', [b], {}, b, []],
    ['the lowest href', [c, a, b], {}, a, [b, c]],
    ['the one in a triage group', [a, b, c], { Jail: ['b'] }, b, [a, c]],
    [
      'the one in the right group before one in another',
      [a, b],
      { Jail: ['a'], Feed: ['b'] },
      b,
      [a],
    ],
    ['a group that is none of triage means nothing', [a, b], { Friends: ['b'] }, a, [b]],
  ] as const)('%s', (_rule, contacts, members, contact, duplicates) => {
    const groups = [
      ...groupsWith(members),
      aGroup('Friends', (members as { Friends?: readonly string[] }).Friends),
    ];

    expect(plan(emails, contacts, groups).senders).toMatchObject([{ contact, duplicates }]);
  });

  it('two cards in one resource are put in order by UID', () => {
    const two = [aContact({ uid: '2', href: '/x' }), aContact({ uid: '1', href: '/x' })];

    expect(plan(emails, two)).toEqual(plan(emails, two.toReversed()));
  });

  it.each([
    ['alike', 'Jane Doe', false],
    ['letter case', 'JANE DOE', false],
    ['white space that is taken out of display names', 'Jane \u00A0 Doe', false],
    ['different', 'Acme Ltd', true],
    ['none on the card', '', false],
  ])('names: %s', (_rule, name, isNameDifferent) => {
    expect(plan(emails, [aContact({ name })]).senders).toMatchObject([{ isNameDifferent }]);
  });

  it('a new contact has no other name', () => {
    expect(plan(emails).senders).toMatchObject([{ isNameDifferent: false }]);
  });
});
