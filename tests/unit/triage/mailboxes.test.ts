import { describe, expect, it } from 'vitest';

import { findMailbox, mailboxPath } from '../../../src/triage/mailboxes.ts';
import { aMailbox } from '../../support/builders.ts';

const inbox = aMailbox('Inbox', { role: 'inbox' });
const work = aMailbox('Work');
const home = aMailbox('Home');

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
