import { describe, expect, it } from 'vitest';

import {
  findAlikeName,
  isDifferentName,
  isInboxName,
  isSameName,
} from '../../../src/triage/names.ts';

describe('isSameName: mailboxes and contact groups', () => {
  it.each([
    ['equal', 'Paper Trail', 'Paper Trail', true],
    ['composed and decomposed', 'Caf\u00E9', 'Cafe\u0301', true],
    ['letter case counts', 'feed', 'Feed', false],
    ['space counts', 'Paper Trail', 'PaperTrail', false],
  ])('%s', (_rule, a, b, isSame) => {
    expect(isSameName(a, b)).toBe(isSame);
    expect(isSameName(b, a)).toBe(isSame);
  });
});

describe('findAlikeName: what a person would read as the same', () => {
  it.each([
    ['letter case', '@ToFeed', ['Feed', '@tofeed'], '@tofeed'],
    ['spaces', 'Paper Trail', ['PaperTrail'], 'PaperTrail'],
    ['accents', 'Cafe', ['Café'], 'Café'],
    ['all of it', 'Paper Trail', [' papér  trail'], ' papér  trail'],
    ['nothing: it is the same name', 'Café', ['Cafe\u0301'], null],
    ['more than that', 'Feed', ['Feeds', 'Fee'], null],
  ])('differs in %s', (_name, wanted, names, found) => {
    expect(findAlikeName(wanted, names)).toBe(found);
  });
});

describe('isInboxName', () => {
  it.each([
    ['Inbox', true],
    ['INBOX', true],
    ['inbox', true],
    ['Inbox/Screener', false],
    ['Inbox 2', false],
    ['', false],
  ])('%j: %s', (name, isInbox) => {
    expect(isInboxName(name)).toBe(isInbox);
  });
});

describe('isDifferentName: what the warning label says', () => {
  it.each([
    ['equal', 'Jane Doe', 'Jane Doe', false],
    ['letter case aside', 'JANE DOE', 'Jane Doe', false],
    ['surrounding space aside', ' Jane Doe ', 'Jane Doe', false],
    ['composed and decomposed', 'Rene\u0301', 'Ren\u00E9', false],
    ['no name on the email', '', 'Jane Doe', false],
    ['no name on the contact', 'Jane Doe', '', false],
    ['only space on the contact', 'Jane Doe', '  ', false],
    ['in quotes', "'Jane Doe'", 'Jane Doe', false],
    ['the other way round', 'Doe, Jane', 'Jane Doe', false],
    ['a contact with its address for a name', 'Jane Doe', 'jane@doe.example', false],
    ['an address for a name in the email', 'ceo@bank.example', 'Jane Doe', true],
    ['another name', 'Jane Doe', 'John Doe', true],
    ['another name, the other way round', 'Doe, John', 'Jane Doe', true],
    ['a longer name', 'Jane Doe (Support)', 'Jane Doe', true],
    ['accents count', 'Rene', 'René', true],
    ['a homograph', 'J\u0430ne Doe', 'Jane Doe', true],
  ])('%s', (_rule, displayName, contactName, isDifferent) => {
    expect(isDifferentName(displayName, contactName)).toBe(isDifferent);
  });
});
