import { describe, expect, it } from 'vitest';

import {
  findLayout,
  requiredGroupNames,
  requiredMailboxNames,
} from '../../../src/triage/layout.ts';
import { DEFAULT_GROUPS, DEFAULT_MAILBOXES } from '../../support/prepare-account.ts';
import {
  aCategory,
  aGroup,
  aLayout,
  aMailbox,
  categoryOf,
  groupsFor,
  hrefOfGroup,
  mailboxesFor,
  triageNames,
} from '../../support/builders.ts';

describe('what an account must have', () => {
  it('mailboxes: Screener, every label and destination, each once', () => {
    expect(requiredMailboxNames(triageNames()).toSorted()).toEqual(
      ['Inbox', ...DEFAULT_MAILBOXES].toSorted(),
    );
  });

  it('contact groups, each once', () => {
    expect(requiredGroupNames(triageNames())).toEqual(DEFAULT_GROUPS);
  });

  it('no warning label when warnings are switched off', () => {
    expect(requiredMailboxNames(triageNames({ warningLabel: null }))).not.toContain(
      '@MailroomWarning',
    );
    expect(aLayout({ warningLabel: null }).warningLabelId).toBeNull();
  });
});

describe('findLayout: all that is wrong is said at once', () => {
  it('nothing there: every mailbox and every group', () => {
    const names = triageNames();

    expect(findLayout([aMailbox('Inbox', { role: 'inbox' })], [], names)).toEqual({
      kind: 'incomplete',
      problems: expect.toSatisfy(
        (problems: readonly string[]) =>
          problems.length === 11 + 4 &&
          ['Screener', '@MailroomError', '@ToJail', 'Paper Trail'].every((name) =>
            problems.includes(`mailbox "${name}" is missing`),
          ) &&
          problems.includes('contact group "Paper Trail" is missing'),
      ),
    });
  });

  it.each([
    ['Screener', 'mailbox "Screener" is missing'],
    ['@ToFeed', 'mailbox "@ToFeed" is missing'],
    ['@MailroomError', 'mailbox "@MailroomError" is missing'],
    ['@MailroomWarning', 'mailbox "@MailroomWarning" is missing'],
    ['Inbox', 'mailbox "Inbox" is missing'],
  ])('without %s', (missing, problem) => {
    const names = triageNames();
    const mailboxes = mailboxesFor(names).filter(({ name }) => name !== missing);

    expect(findLayout(mailboxes, groupsFor(names), names)).toEqual({
      kind: 'incomplete',
      problems: [problem],
    });
  });

  it('an ambiguous mailbox is named with both paths, beside what is missing', () => {
    const names = triageNames();
    const mailboxes = [
      ...mailboxesFor(names).filter(({ name }) => name !== 'Feed' && name !== 'Jail'),
      aMailbox('Feed', { parentId: 'Inbox' }),
      aMailbox('Feed', { parentId: 'Archive' }),
    ];
    const groups = groupsFor(names).filter(({ name }) => name !== 'Imbox');

    expect(findLayout(mailboxes, groups, names)).toEqual({
      kind: 'incomplete',
      problems: [
        'mailbox "Feed" could be "Inbox/Feed" or "Archive/Feed": name it by its path',
        'mailbox "Jail" is missing',
        'contact group "Imbox" is missing',
      ],
    });
  });

  it.each([
    [
      'two labels',
      [aCategory('A', { label: 'L' }), aCategory('B', { label: 'Inbox/L' })],
      '"L" and "Inbox/L" are one mailbox, and must be two',
    ],
    [
      'a label and Screener',
      [aCategory('A', { label: 'Inbox/Screener' })],
      '"Screener" and "Inbox/Screener" are one mailbox, and must be two',
    ],
    [
      'Screener and a destination that two categories have',
      [
        aCategory('A', { destinationMailbox: 'Inbox/Screener' }),
        aCategory('B', { destinationMailbox: 'Inbox/Screener' }),
      ],
      '"Screener" and "Inbox/Screener" are one mailbox, and must be two',
    ],
  ])('two names lead to one mailbox: %s', (_rule, categories, problem) => {
    const names = triageNames({ categories });
    const nested = ['L', 'Screener'].map((name) => aMailbox(name, { parentId: 'Inbox' }));
    const others = mailboxesFor(names).filter(
      ({ name }) => !name.includes('/') && name !== 'L' && name !== 'Screener',
    );

    expect(findLayout([...others, ...nested], groupsFor(names), names)).toEqual({
      kind: 'incomplete',
      problems: [problem],
    });
  });

  it.each([
    [
      'Trash as a destination',
      aCategory('A', { destinationMailbox: 'Trash' }),
      `mailbox "Trash" is the account's trash mailbox: mail must not be swept into it, name another one`,
    ],
    [
      'a mailbox below Sent as a destination, by its path',
      aCategory('A', { destinationMailbox: 'Sent/A' }),
      `mailbox "Sent/A" lies below the account's sent mailbox: move it out of there, or name another one`,
    ],
    [
      'Archive as a label: every email in it would be triaged',
      aCategory('A', { label: 'Archive' }),
      `mailbox "Archive" is the account's archive mailbox: name one that has no other purpose`,
    ],
  ])('a mailbox with another purpose: %s', (_rule, category, problem) => {
    const names = triageNames({ categories: [category] });
    const mailboxes = [
      ...mailboxesFor(names).filter(({ name }) => !name.includes('/')),
      aMailbox('A', { parentId: 'Sent' }),
    ];

    expect(findLayout(mailboxes, groupsFor(names), names)).toEqual({
      kind: 'incomplete',
      problems: [problem],
    });
  });

  it.each(['Screener', '@ToFeed', '@MailroomError', 'Feed', 'Inbox'])(
    'a mailbox that may not be changed: %s',
    (readOnly) => {
      const names = triageNames();
      const mailboxes = mailboxesFor(names).map((one) =>
        one.name === readOnly ? { ...one, isReadOnly: true } : one,
      );

      expect(findLayout(mailboxes, groupsFor(names), names)).toEqual({
        kind: 'incomplete',
        problems: [expect.stringContaining(`mailbox "${readOnly}" may not be changed by this`)],
      });
    },
  );

  it('a group in a book that may not be written is missing, with that reason', () => {
    const names = triageNames();
    const groups = groupsFor(names).map((group) =>
      group.name === 'Feed' ? { ...group, isReadOnly: true } : group,
    );

    expect(findLayout(mailboxesFor(names), groups, names)).toEqual({
      kind: 'incomplete',
      problems: [
        'contact group "Feed" is only in an address book that may not be written: one in an own address book is missing',
      ],
    });
  });

  it('of two groups of one name the one that may be written is used', () => {
    const names = triageNames();
    const shared = { ...aGroup('Feed'), href: '/shared/feed.vcf', isReadOnly: true };

    expect(findLayout(mailboxesFor(names), [shared, ...groupsFor(names)], names)).toEqual({
      kind: 'complete',
      layout: aLayout(),
    });
  });

  it('Archive may be a destination', () => {
    const layout = aLayout({ categories: [aCategory('A', { destinationMailbox: 'Archive' })] });

    expect(categoryOf(layout, 'A').destinationIds).toEqual(['Archive']);
  });

  it('two categories may share a destination', () => {
    const categories = [aCategory('A'), aCategory('B', { destinationMailbox: 'A' })];

    expect(aLayout({ categories }).categories.map(({ destinationIds }) => destinationIds)).toEqual([
      ['A'],
      ['A'],
    ]);
  });

  it('groups are found by name in any normalisation, of several the first', () => {
    const names = triageNames({ categories: [aCategory('Caf\u00E9')] });
    const groups = [aGroup('Cafe\u0301'), { ...aGroup('Caf\u00E9'), href: '/second' }];
    const result = findLayout(mailboxesFor(names), groups, names);

    expect(result).toMatchObject({
      kind: 'complete',
      layout: { categories: [{ groupHrefs: [hrefOfGroup('Cafe\u0301')] }] },
    });
  });
});

describe('findLayout: mailboxes that are left alone, by role', () => {
  const names = triageNames();
  const mailboxes = mailboxesFor(names).map((mailbox) =>
    mailbox.role === null ? mailbox : { ...mailbox, name: `in another language: ${mailbox.name}` },
  );
  const below = aMailbox('Old', { parentId: 'Trash' });
  const result = findLayout([...mailboxes, below], groupsFor(names), names);

  it('Trash and what lies below it, Junk, Drafts and Sent; Archive on its own', () => {
    expect(result).toMatchObject({
      kind: 'complete',
      layout: {
        leftAloneIds: new Set(['Trash', 'Junk', 'Trash/Old', 'Drafts', 'Sent']),
        archiveIds: new Set(['Archive']),
      },
    });
  });
});

describe('categories with parents', () => {
  const layout = aLayout({
    categories: [
      aCategory('Top', { addToInbox: true }),
      aCategory('Middle', { parent: 'Top' }),
      aCategory('Bottom', { parent: 'Middle', destinationMailbox: 'Middle' }),
      aCategory('InInbox', { destinationMailbox: 'Inbox', addToInbox: true }),
    ],
  });

  it('groups of the parents are added, all the way up', () => {
    expect(categoryOf(layout, 'Bottom').groupHrefs).toEqual(
      ['Bottom', 'Middle', 'Top'].map(hrefOfGroup),
    );
  });

  it('destinations too, each once', () => {
    expect(categoryOf(layout, 'Bottom').destinationIds).toEqual(['Middle', 'Top']);
  });

  it('its own are known apart from those of its parents', () => {
    expect(categoryOf(layout, 'Bottom').own).toEqual({
      groupHref: hrefOfGroup('Bottom'),
      destinationId: 'Middle',
    });
  });

  it.each([
    ['Top', ['Inbox']],
    ['Middle', []],
    ['Bottom', []],
    ['InInbox', []],
  ])('addToInbox is not inherited, and adds nothing to a destination: %s', (name, ids) => {
    expect(categoryOf(layout, name).fromScreenerAlsoIds).toEqual(ids);
  });
});
