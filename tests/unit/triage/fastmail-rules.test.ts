import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseSettings } from '../../../src/settings/settings.ts';
import {
  type FastmailRule,
  type FastmailRules,
  planFastmailRules,
} from '../../../src/triage/fastmail-rules.ts';
import { findChain } from '../../../src/triage/chain.ts';
import type { Category } from '../../../src/triage/model.ts';

const REQUIRED = {
  MAILROOM_JMAP_TOKEN: 'made-up-token',
  MAILROOM_CARDDAV_USERNAME: 'me@mail.example',
  MAILROOM_CARDDAV_PASSWORD: 'made-up-password',
  HOME: '/home/me',
};

describe('the rules', () => {
  it.each<[string, unknown, readonly string[]]>([
    [
      'one for each group with a mailbox of its own; Inbox needs none; Screener last',
      undefined,
      [
        'member of Feed: archive, add Feed',
        'member of Paper Trail: archive, add Paper Trail',
        'member of Jail: archive, add Jail',
        'not a contact: archive, add Screener',
      ],
    ],
    [
      'a child before its parent, and going on to it',
      ['Paper Trail', { name: 'Receipts', parent: 'Paper Trail' }],
      [
        'member of Receipts: archive, add Receipts, continue',
        'member of Paper Trail: archive, add Paper Trail',
        'not a contact: archive, add Screener',
      ],
    ],
    [
      'a child of Inbox stays in Inbox',
      ['Imbox', { name: 'Family', parent: 'Imbox' }],
      ['member of Family: add Family', 'not a contact: archive, add Screener'],
    ],
    [
      'addToInbox stays in Inbox, although a parent is archived',
      ['Feed', { name: 'Alerts', parent: 'Feed', addToInbox: true }],
      [
        'member of Alerts: add Alerts, continue',
        'member of Alerts: add Feed',
        'member of Feed: archive, add Feed',
        'not a contact: archive, add Screener',
      ],
    ],
    [
      'addToInbox is not inherited',
      [
        { name: 'News', addToInbox: true },
        { name: 'Local', parent: 'News' },
      ],
      [
        'member of Local: archive, add Local, continue',
        'member of News: add News',
        'not a contact: archive, add Screener',
      ],
    ],
    [
      'own names of group and mailbox',
      [{ name: 'Bills', contactGroup: 'Billing', destinationMailbox: 'Money/Bills' }],
      ['member of Billing: archive, add Money/Bills', 'not a contact: archive, add Screener'],
    ],
  ])('%s', (_name, categories, expected) => {
    expect(rulesFor(categories).rules.map(describeRule)).toEqual(expected);
  });

  it('says which group needs no rule', () => {
    const { notes } = rulesFor(undefined);

    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^"Imbox" needs no rule/u);
  });

  it('says when two categories cannot be told apart', () => {
    const { rules, notes } = rulesFor([
      'Feed',
      { name: 'Daily', parent: 'Feed', contactGroup: 'Feed', destinationMailbox: 'Daily' },
    ]);

    expect(rules.map(describeRule)).toEqual([
      'member of Feed: archive, add Feed',
      'not a contact: archive, add Screener',
    ]);
    expect(notes).toEqual([expect.stringMatching(/^"Daily" shares the contact group "Feed"/u)]);
  });
});

describe('later mail goes where triage sends the present', () => {
  it('whatever the tree of categories', () => {
    fc.assert(
      fc.property(categoryTree(), (categories) => {
        const { rules } = planFastmailRules({ ...NAMES, categories });
        for (const category of categories) {
          const chain = findChain(category, categories);
          const groups = chain.map(({ contactGroup }) => contactGroup);
          const destinations = chain.map(({ destinationMailbox }) => destinationMailbox);
          const inbox = category.addToInbox ? ['Inbox'] : [];

          expect(deliver(rules, groups)).toEqual(new Set([...destinations, ...inbox]));
        }
      }),
    );
  });

  it('unknown senders go to Screener alone', () => {
    fc.assert(
      fc.property(categoryTree(), (categories) => {
        const { rules } = planFastmailRules({ ...NAMES, categories });

        expect(deliver(rules, null)).toEqual(new Set(['Screener']));
      }),
    );
  });
});

const NAMES = {
  screenerMailbox: 'Screener',
  errorLabel: '@Error',
  takeBackLabel: '@ToScreener',
  warningLabel: null,
};

function rulesFor(categories: unknown): FastmailRules {
  const json = categories === undefined ? '' : JSON.stringify(categories);
  const { settings } = parseSettings({ ...REQUIRED, MAILROOM_CATEGORIES: json });
  return planFastmailRules({ ...NAMES, categories: settings.categories });
}

function describeRule({ condition, isArchiving, label, isContinuing }: FastmailRule): string {
  const who = condition.kind === 'member' ? `member of ${condition.group}` : 'not a contact';
  const archive = isArchiving ? 'archive, ' : '';
  return `${who}: ${archive}add ${label}${isContinuing ? ', continue' : ''}`;
}

/** What Fastmail does with an email: labels gather, one Archive is enough, a match ends it. */
function deliver(
  rules: readonly FastmailRule[],
  /** Null: not a contact. */
  groups: readonly string[] | null,
): ReadonlySet<string> {
  const labels = new Set<string>();
  let isArchived = false;
  for (const { condition, isArchiving, label, isContinuing } of rules) {
    const isMatch =
      condition.kind === 'member' ? groups?.includes(condition.group) === true : groups === null;
    if (!isMatch) continue;
    labels.add(label);
    isArchived ||= isArchiving;
    if (!isContinuing) break;
  }
  return isArchived ? labels : new Set([...labels, 'Inbox']);
}

/** Up to eight categories with groups of their own, in any order, each below an earlier one or none. */
function categoryTree(): fc.Arbitrary<readonly Category[]> {
  const node = fc.record({ parent: fc.nat(), isTop: fc.boolean(), ...flags() });
  return fc
    .array(node, { minLength: 1, maxLength: 8 })
    .map((nodes) =>
      nodes.map(({ parent, isTop, isInbox, addToInbox }, index): Category => {
        const name = `C${index}`;
        return {
          name,
          label: `@To${name}`,
          contactGroup: name,
          destinationMailbox: isInbox ? 'Inbox' : name,
          contactType: 'company',
          parent: isTop || index === 0 ? null : `C${parent % index}`,
          addToInbox,
        };
      }),
    )
    .chain((categories) => fc.shuffledSubarray(categories, { minLength: categories.length }));
}

function flags(): { isInbox: fc.Arbitrary<boolean>; addToInbox: fc.Arbitrary<boolean> } {
  return { isInbox: fc.boolean(), addToInbox: fc.boolean() };
}
