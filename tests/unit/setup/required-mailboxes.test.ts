import { describe, expect, it } from 'vitest';

import { planMailbox, requiredMailboxes } from '../../../src/setup/required-mailboxes.ts';
import type { Mailbox } from '../../../src/triage/model.ts';

const mailbox = (id: string, name: string, parentId: string | null = null): Mailbox => ({
  id,
  name,
  parentId,
  role:
    name === 'INBOX' ? 'inbox' : name === 'Trash' || name === 'Archive' ? name.toLowerCase() : null,
  totalEmails: 0,
});

const ACCOUNT = [
  mailbox('1', 'INBOX'),
  mailbox('2', 'Feed'),
  mailbox('3', 'Work'),
  mailbox('4', 'Later', '3'),
  mailbox('5', 'Later', '2'),
  mailbox('6', 'Trash'),
  mailbox('7', 'Old', '6'),
  mailbox('8', 'Archive'),
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
    [
      'is made again when the one of that name was thrown away',
      'Old',
      { kind: 'missing', parentId: null, names: ['Old'] },
    ],
    [
      'is refused in Trash, also by its path',
      'Trash/Old',
      {
        kind: 'unclear',
        problem:
          "it lies below the account's trash mailbox: move it out of there, or name another one",
      },
    ],
    ['is not made in Trash', 'Trash/New', { kind: 'unclear' }],
    ['may be Archive for mail', 'Archive', { kind: 'exists' }],
  ])('%s', (_name, setting, expected) => {
    expect(planMailbox(ACCOUNT, { name: setting, use: 'destination' })).toMatchObject(expected);
  });

  it('is unclear below an Inbox that is not there', () => {
    expect(
      planMailbox([mailbox('2', 'Feed')], { name: 'Inbox/Screener', use: 'label' }),
    ).toMatchObject({
      kind: 'unclear',
    });
  });
});

it('a label must be a mailbox without another purpose', () => {
  expect(planMailbox(ACCOUNT, { name: 'Archive', use: 'label' })).toEqual({
    kind: 'unclear',
    problem: "it is the account's archive mailbox: name one that has no other purpose",
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
    takeBackLabel: '@ToScreener',
    warningLabel: null,
    categories: [category, { ...category, name: 'Daily', label: '@ToDaily' }],
  });

  expect(required).toEqual([
    { area: 'mailbox', name: 'Screener', use: 'label' },
    { area: 'mailbox', name: 'Feed', use: 'destination' },
    { area: 'triage label', name: '@ToFeed', use: 'label' },
    { area: 'triage label', name: '@ToDaily', use: 'label' },
    { area: 'error label', name: '@Error', use: 'label' },
  ]);
});
