import { describe, expect, it } from 'vitest';

import {
  findMailbox,
  findUseProblem,
  findWithin,
  mailboxPath,
} from '../../../src/triage/mailboxes.ts';
import { aMailbox } from '../../support/builders.ts';

const inbox = aMailbox('Inbox', { role: 'inbox' });
const work = aMailbox('Work');
const home = aMailbox('Home');
const trash = aMailbox('Trash', { role: 'trash' });

describe('findMailbox: the mailbox that a setting names', () => {
  it.each([
    ['by its name', [inbox, aMailbox('Screener')], 'Screener', 'Screener'],
    [
      'nested, by its bare name',
      [work, aMailbox('Feed', { parentId: 'Work' })],
      'Feed',
      'Work/Feed',
    ],
    [
      'a top-level one wins over a nested one',
      [work, aMailbox('Feed', { parentId: 'Work' }), aMailbox('Feed')],
      'Feed',
      'Feed',
    ],
    [
      'by its path',
      [work, aMailbox('Feed', { parentId: 'Work' }), aMailbox('Feed')],
      'Work/Feed',
      'Work/Feed',
    ],
    [
      'below Inbox',
      [inbox, aMailbox('Screener', { parentId: 'Inbox' })],
      'Inbox/Screener',
      'Inbox/Screener',
    ],
    [
      'below inbox in another letter case',
      [inbox, aMailbox('Screener', { parentId: 'Inbox' })],
      'INBOX/Screener',
      'Inbox/Screener',
    ],
    [
      'Inbox is the one with the role',
      [aMailbox('Eingang', { role: 'inbox' }), aMailbox('Inbox', { id: 'other' })],
      'Inbox',
      'Eingang',
    ],
    ['Inbox in any letter case', [inbox], 'iNBOX', 'Inbox'],
    [
      'below an inbox of another name, by Inbox',
      [aMailbox('Eingang', { role: 'inbox' }), aMailbox('A', { parentId: 'Eingang' })],
      'Inbox/A',
      'Eingang/A',
    ],
    [
      'below an inbox of another name, by that name',
      [aMailbox('Eingang', { role: 'inbox' }), aMailbox('A', { parentId: 'Eingang' })],
      'Eingang/A',
      'Eingang/A',
    ],
    [
      'decomposed name, composed setting',
      [aMailbox('Cafe\u0301', { id: 'cafe' })],
      'Caf\u00E9',
      'cafe',
    ],
    [
      'decomposed path',
      [aMailbox('Cafe\u0301', { id: 'cafe' }), aMailbox('A', { parentId: 'cafe' })],
      'Caf\u00E9/A',
      'cafe/A',
    ],
    ['a slash in a name', [aMailbox('News/Feed')], 'News/Feed', 'News/Feed'],
    [
      'a slash in a name, below another',
      [work, aMailbox('Lists/Feed', { parentId: 'Work' })],
      'Work/Lists/Feed',
      'Work/Lists/Feed',
    ],
  ])('%s', (_rule, mailboxes, setting, id) => {
    expect(findMailbox(mailboxes, setting)).toMatchObject({ kind: 'found', mailbox: { id } });
  });

  it.each([
    ['no such name', [inbox, work], 'Feed'],
    ['letter case of other names counts', [aMailbox('feed')], 'Feed'],
    ['no mailbox has the role inbox', [aMailbox('Inbox')], 'Inbox'],
    ['a path that is not there, though its last name is', [aMailbox('Feed')], 'Work/Feed'],
    ['an empty setting', [inbox], ''],
    ['no mailboxes', [], 'Feed'],
    ['thrown away: below Trash', [trash, aMailbox('Feed', { parentId: 'Trash' })], 'Feed'],
    [
      'thrown away: deep below Junk',
      [
        aMailbox('Junk', { role: 'junk' }),
        aMailbox('A', { parentId: 'Junk' }),
        aMailbox('Feed', { parentId: 'Junk/A' }),
      ],
      'Feed',
    ],
  ])('missing: %s', (_rule, mailboxes, setting) => {
    expect(findMailbox(mailboxes, setting)).toEqual({ kind: 'missing' });
  });

  it('two nested ones and none at the top: both paths are named', () => {
    const mailboxes = [
      work,
      home,
      aMailbox('Feed', { parentId: 'Work' }),
      aMailbox('Feed', { parentId: 'Home' }),
    ];

    expect(findMailbox(mailboxes, 'Feed')).toEqual({
      kind: 'ambiguous',
      paths: ['Work/Feed', 'Home/Feed'],
    });
  });
});

it('one in use beside one that was thrown away is not ambiguous', () => {
  const mailboxes = [
    trash,
    work,
    aMailbox('Feed', { parentId: 'Trash' }),
    aMailbox('Feed', { parentId: 'Work' }),
  ];

  expect(findMailbox(mailboxes, 'Feed')).toMatchObject({ mailbox: { id: 'Work/Feed' } });
});

describe('findUseProblem: what a mailbox can serve for', () => {
  const roles = ['inbox', 'archive', 'trash', 'junk', 'drafts', 'sent'];
  const mailboxes = roles.flatMap((role) => [
    aMailbox(role, { role }),
    aMailbox('Below', { parentId: role }),
    aMailbox('Deep', { parentId: `${role}/Below` }),
  ]);
  const isRefused = (id: string, use: 'label' | 'destination'): boolean => {
    const found = mailboxes.find((mailbox) => mailbox.id === id);
    return found !== undefined && findUseProblem(found, mailboxes, use) !== null;
  };

  it.each([
    ['inbox', 'a destination', false],
    ['archive', 'a destination', false],
    ['trash', 'no destination', true],
    ['junk', 'no destination', true],
    ['drafts', 'no destination', true],
    ['sent', 'no destination', true],
  ])('%s and what lies below it: %s', (role, _rule, expected) => {
    for (const id of [role, `${role}/Below`, `${role}/Below/Deep`]) {
      expect([id, isRefused(id, 'destination')]).toEqual([id, expected]);
    }
  });

  it.each(roles)('%s is no label', (role) => {
    expect(isRefused(role, 'label')).toBe(true);
  });

  it('a label may lie anywhere but below Trash and Junk', () => {
    const refused = roles.filter((role) => isRefused(`${role}/Below`, 'label'));

    expect(refused).toEqual(['trash', 'junk']);
  });

  it('findWithin: a mailbox with the role and all below it', () => {
    expect(findWithin(mailboxes, new Set(['trash']))).toEqual(
      new Set(['trash', 'trash/Below', 'trash/Below/Deep']),
    );
  });
});

describe('mailboxPath', () => {
  it.each([
    ['top level', aMailbox('A'), 'A'],
    ['nested', aMailbox('C', { parentId: 'Work' }), 'Work/C'],
    ['an unknown parent counts as none', aMailbox('C', { parentId: 'gone' }), 'C'],
  ])('%s', (_rule, mailbox, path) => {
    expect(mailboxPath(mailbox, [work, mailbox])).toBe(path);
  });

  it('a circle of parents ends', () => {
    const a = aMailbox('A', { id: 'a', parentId: 'b' });
    const b = aMailbox('B', { id: 'b', parentId: 'a' });

    expect(mailboxPath(a, [a, b])).toBe('B/A');
  });
});
