import { describe, expect, it } from 'vitest';

import { planMailbox, requiredMailboxes } from '../../../src/setup/required-mailboxes.ts';
import type { Mailbox } from '../../../src/triage/model.ts';

const mailbox = (id: string, name: string, parentId: string | null = null): Mailbox => ({
  id,
  name,
  parentId,
  role: name === 'INBOX' ? 'inbox' : null,
  totalEmails: 0,
});

const ACCOUNT = [
  mailbox('1', 'INBOX'),
  mailbox('2', 'Feed'),
  mailbox('3', 'Work'),
  mailbox('4', 'Later', '3'),
  mailbox('5', 'Later', '2'),
];

describe('a mailbox that a setting names', () => {
  it.each([
    ['is found by name', 'Feed', { kind: 'exists' }],
    ['is found by path', 'Work/Later', { kind: 'exists' }],
    ['is Inbox, whatever its name', 'inbox', { kind: 'exists' }],
    [
      'is to be made at the top',
      'Screener',
      { kind: 'missing', parentId: null, names: ['Screener'] },
    ],
    [
      'is to be made in Inbox',
      'Inbox/Screener',
      { kind: 'missing', parentId: '1', names: ['Screener'] },
    ],
    [
      'is to be made in what is there',
      'Work/Now',
      { kind: 'missing', parentId: '3', names: ['Now'] },
    ],
    [
      'is to be made with all that it is in',
      'Money/Bills/Paid',
      { kind: 'missing', parentId: null, names: ['Money', 'Bills', 'Paid'] },
    ],
    ['is unclear when two could be meant', 'Later', { kind: 'unclear' }],
  ])('%s', (_name, setting, expected) => {
    expect(planMailbox(ACCOUNT, setting)).toMatchObject(expected);
  });

  it('is unclear below an Inbox that is not there', () => {
    expect(planMailbox([mailbox('2', 'Feed')], 'Inbox/Screener')).toMatchObject({
      kind: 'unclear',
    });
  });
});

it('each mailbox is asked for once, and without warnings there is no warning label', () => {
  const category = {
    name: 'Feed',
    label: '@ToFeed',
    contactGroup: 'Feed',
    destinationMailbox: 'Feed',
    contactType: 'company',
    parent: null,
    addToInbox: false,
  } as const;
  const required = requiredMailboxes({
    screenerMailbox: 'Screener',
    errorLabel: '@Error',
    warningLabel: null,
    categories: [category, { ...category, name: 'Daily', label: '@ToDaily' }],
  });

  expect(required).toEqual([
    { area: 'mailbox', name: 'Screener' },
    { area: 'mailbox', name: 'Feed' },
    { area: 'triage label', name: '@ToFeed' },
    { area: 'triage label', name: '@ToDaily' },
    { area: 'error label', name: '@Error' },
  ]);
});
