import { describe, expect, it } from 'vitest';

import type { Contact, ContactGroup, Email, SenderAddress } from '../../../src/triage/model.ts';
import type { TriagePlan } from '../../../src/triage/plan.ts';
import { groupBySender, planMembership, planTriage } from '../../../src/triage/plan.ts';
import {
  aCategory,
  aContact,
  aGroup,
  aLayout,
  anAddress,
  anEmail,
  categoryOf,
  groupsFor,
  hrefOfGroup,
  SENDER_TEXT,
  triageNames,
} from '../../support/builders.ts';

const layout = aLayout();
const emptyGroups = groupsFor(triageNames());

describe('groupBySender', () => {
  const sendersOf = (...emails: readonly Email[]) => groupBySender(emails, layout).senders;

  it('one sender in whatever form the address is written', () => {
    const emails = [
      'Jane@Bücher.example',
      'jane@XN--BCHER-KVA.EXAMPLE.',
      ' JANE@bücher.example',
    ].map((from) => anEmail({ from, in: ['Screener', '@ToFeed'] }));

    expect(sendersOf(...emails)).toMatchObject([
      { sender: 'jane@xn--bcher-kva.example', emails, categories: [{ name: 'Feed' }] },
    ]);
  });

  it('emails without a triage label are none of a pass', () => {
    expect(
      sendersOf(anEmail({ in: ['Screener'] }), anEmail({ in: ['Inbox', '@MailroomError'] })),
    ).toEqual([]);
  });

  it('an email of two authors is nobody’s', () => {
    const from = [
      { name: null, email: 'first@example.com' },
      { name: null, email: 'second@example.com' },
    ];

    expect(sendersOf(anEmail({ from, in: ['@ToFeed'] }))).toEqual([]);
  });

  it('emails without a usable address are kept apart, and match nobody', () => {
    const nobody = anEmail({ from: '', in: ['@ToFeed'] });
    const noFrom = anEmail({ from: [], in: ['@ToJail'] });
    const result = groupBySender([nobody, noFrom, anEmail({ in: ['@ToFeed'] })], layout);

    expect(result.withoutSender).toEqual([nobody, noFrom]);
    expect(result.senders).toHaveLength(1);
  });

  it.each([
    [
      'the newest',
      [
        ['2026-01-01T00:00:00Z', 'Old'],
        ['2026-02-01T00:00:00Z', 'New'],
      ],
      'New',
    ],
    [
      'the newest, listed first',
      [
        ['2026-02-01T00:00:00Z', 'New'],
        ['2026-01-01T00:00:00Z', 'Old'],
      ],
      'New',
    ],
    [
      'the newest, though it has none',
      [
        ['2026-01-01T00:00:00Z', 'Old'],
        ['2026-02-01T00:00:00Z', null],
      ],
      '',
    ],
    ['cleaned', [['2026-01-01T00:00:00Z', ' Jane\r\n\u202EDoe ']], 'Jane Doe'],
  ] as const)('display name: %s', (_rule, emails, displayName) => {
    const labelled = emails.map(([receivedAt, name]) =>
      anEmail({ receivedAt, name, in: ['@ToFeed'] }),
    );

    expect(sendersOf(...labelled)).toMatchObject([{ displayName }]);
  });

  it('of two that came at once, the name does not depend on the order of the listing', () => {
    const a = anEmail({ id: 'a', name: 'A', in: ['@ToFeed'] });
    const b = anEmail({ id: 'b', name: 'B', in: ['@ToFeed'] });

    expect(sendersOf(a, b)).toEqual(sendersOf(b, a));
  });
});

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
  return planTriage(groupBySender(emails, layout).senders, { byAddress }, groups, layout);
}

/** The default groups, with members in some. */
function groupsWith(members: Readonly<Record<string, readonly string[]>>): readonly ContactGroup[] {
  return emptyGroups.map(({ name }) => aGroup(name, members[name] ?? []));
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

describe('planMembership', () => {
  const uid = 'AB-1';
  const membership = (
    categoryName: string,
    members: Readonly<Record<string, readonly string[]>>,
    duplicates: readonly Contact[] = [],
  ) =>
    planMembership(
      aContact({ uid }),
      duplicates,
      categoryOf(layout, categoryName),
      groupsWith(members),
      layout,
    );

  it.each([
    ['in no group: joins', {}, ['Feed'], [], []],
    ['in the right one: nothing', { Feed: [uid] }, [], [], []],
    ['in another: joins and leaves', { Jail: [uid] }, ['Feed'], ['Jail'], ['Jail']],
    [
      'in another beside the right one: leaves',
      { Feed: [uid], Jail: [uid] },
      [],
      ['Jail'],
      ['Jail'],
    ],
    [
      'in all others: leaves them all',
      { Imbox: [uid], 'Paper Trail': [uid], Jail: [uid] },
      ['Feed'],
      ['Imbox', 'Paper Trail', 'Jail'],
      ['Inbox', 'Paper Trail', 'Jail'],
    ],
    ['as urn:uuid:', { Feed: [`urn:uuid:${uid}`] }, [], [], []],
    ['in another letter case', { Feed: [`URN:UUID:${uid.toLowerCase()}`] }, [], [], []],
    [
      'in another, in another letter case',
      { Jail: [`URN:UUID:${uid.toLowerCase()}`] },
      ['Feed'],
      ['Jail'],
      ['Jail'],
    ],
    ['somebody else is in the group', { Jail: ['AB-2'] }, ['Feed'], [], []],
  ] as const)('to Feed, %s', (_rule, members, joins, leaves, oldDestinationIds) => {
    expect(membership('Feed', members)).toEqual({
      join: joins.map((name) => ({ groupHref: hrefOfGroup(name), uids: [uid] })),
      leave: leaves.map((name) => ({ groupHref: hrefOfGroup(name), uids: [uid] })),
      oldDestinationIds,
    });
  });

  it('a duplicate in another group leaves it, and does not join', () => {
    const duplicate = aContact({ uid: 'AB-2' });

    expect(membership('Feed', { Feed: [uid], Jail: [uid, 'AB-2'] }, [duplicate])).toEqual({
      join: [],
      leave: [{ groupHref: hrefOfGroup('Jail'), uids: [uid, 'AB-2'] }],
      oldDestinationIds: ['Jail'],
    });
  });

  it("a duplicate that is another sender's card too goes where the sender goes", () => {
    const duplicate = aContact({ uid: 'AB-2', addresses: [SENDER_TEXT, 'other@example.com'] });

    expect(membership('Feed', { Feed: [uid], Jail: ['AB-2'] }, [duplicate])).toEqual({
      join: [{ groupHref: hrefOfGroup('Feed'), uids: ['AB-2'] }],
      leave: [{ groupHref: hrefOfGroup('Jail'), uids: ['AB-2'] }],
      oldDestinationIds: ['Jail'],
    });
  });

  it("a group of one's own is none of ours", () => {
    const groups = [...emptyGroups, aGroup('Friends', [uid])];

    expect(
      planMembership(aContact({ uid }), [], categoryOf(layout, 'Feed'), groups, layout).leave,
    ).toEqual([]);
  });

  it('categories that share a group: from one to the other nothing is left or joined', () => {
    expect(membership('Person', { Imbox: [uid] })).toEqual({
      join: [],
      leave: [],
      oldDestinationIds: [],
    });
  });

  describe('with parents', () => {
    const family = aLayout({
      categories: [
        aCategory('Top'),
        aCategory('Child', { parent: 'Top' }),
        aCategory('Sibling', { parent: 'Top' }),
        aCategory('Other', { destinationMailbox: 'Top' }),
      ],
    });
    const move = (to: string, from: readonly string[]) =>
      planMembership(
        aContact({ uid }),
        [],
        categoryOf(family, to),
        ['Top', 'Child', 'Sibling', 'Other'].map((name) =>
          aGroup(name, from.includes(name) ? [uid] : []),
        ),
        family,
      );

    it.each([
      ['a new sender joins all the way up', 'Child', [], ['Top', 'Child'], [], []],
      ["the parents' groups are its own", 'Child', ['Top', 'Child'], [], [], ['Top']],
      ['half done before', 'Child', ['Child'], ['Top'], [], []],
      ['from parent to child', 'Child', ['Top'], ['Child'], [], ['Top']],
      ['from child to parent', 'Top', ['Top', 'Child'], [], ['Child'], ['Child']],
      ['between siblings', 'Sibling', ['Top', 'Child'], ['Sibling'], ['Child'], ['Top', 'Child']],
      ['away from the family', 'Other', ['Top', 'Child'], ['Other'], ['Top', 'Child'], ['Child']],
    ] as const)('%s', (_rule, to, from, joins, leaves, oldDestinationIds) => {
      expect(move(to, from)).toEqual({
        join: joins.map((name) => ({ groupHref: hrefOfGroup(name), uids: [uid] })),
        leave: leaves.map((name) => ({ groupHref: hrefOfGroup(name), uids: [uid] })),
        oldDestinationIds,
      });
    });
  });
});
