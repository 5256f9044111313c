import { describe, expect, it } from 'vitest';

import { planMembership } from '../../../src/triage/membership.ts';
import type { Contact } from '../../../src/triage/model.ts';
import {
  aCategory,
  aContact,
  aGroup,
  aLayout,
  aSnapshot,
  categoryOf,
  groupsFor,
  groupsWith,
  hrefOfGroup,
  SENDER_TEXT,
  triageNames,
} from '../../support/builders.ts';

const layout = aLayout();
const emptyGroups = groupsFor(triageNames());

describe('planMembership', () => {
  const uid = 'AB-1';
  const membership = (
    categoryName: string,
    members: Readonly<Record<string, readonly string[]>>,
    duplicates: readonly Contact[] = [],
  ) =>
    planMembership(
      { contact: aContact({ uid }), duplicates, category: categoryOf(layout, categoryName) },
      aSnapshot({ layout, groups: groupsWith(members) }),
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
    ['in it already', { Feed: [uid] }, [], [], []],
    [
      'in it in another letter case, which no rule of the server finds',
      { Feed: [uid.toLowerCase()] },
      ['Feed'],
      [],
      [],
    ],
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
      planMembership(
        { contact: aContact({ uid }), duplicates: [], category: categoryOf(layout, 'Feed') },
        aSnapshot({ layout, groups }),
      ).leave,
    ).toEqual([]);
  });

  it('categories that share a group: from one to the other nothing is left or joined', () => {
    expect(membership('Person', { Imbox: [uid] })).toEqual({
      join: [],
      leave: [],
      oldDestinationIds: [],
    });
  });

  it('out of a category whose mail goes to Inbox too, Inbox is an old place', () => {
    const loud = aLayout({
      categories: [aCategory('Feed'), aCategory('Loud', { addToInbox: true })],
    });
    const groups = [aGroup('Feed'), aGroup('Loud', [uid])];

    expect(
      planMembership(
        { contact: aContact({ uid }), duplicates: [], category: categoryOf(loud, 'Feed') },
        aSnapshot({ layout: loud, groups }),
      ).oldDestinationIds,
    ).toEqual(['Loud', 'Inbox']);
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
        { contact: aContact({ uid }), duplicates: [], category: categoryOf(family, to) },
        aSnapshot({
          layout: family,
          groups: ['Top', 'Child', 'Sibling', 'Other'].map((name) =>
            aGroup(name, from.includes(name) ? [uid] : []),
          ),
        }),
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
