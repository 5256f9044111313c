import { describe, expect, it } from 'vitest';

import { planFastmailRules } from '../../../src/setup/fastmail-rules.ts';
import { explain, type ExplainedCard } from '../../../src/why/explain.ts';
import { parseSince } from '../../../src/why/run-why.ts';
import { aCategory, anAddress, triageNames } from '../../support/builders.ts';

const address = anAddress('news@shop.example');

function aCard(card: Partial<ExplainedCard> = {}): ExplainedCard {
  return { book: 'Default', name: 'News', isOurs: true, groups: [], note: '', ...card };
}

describe('where the next email goes, by the rules that setup prints', () => {
  const names = triageNames({
    categories: [
      ...triageNames().categories,
      aCategory('Letters', { parent: 'Feed', destinationMailbox: 'Letters' }),
    ],
  });
  const { rules } = planFastmailRules(names);
  const groups = names.categories.map(({ contactGroup }) => contactGroup);
  const why = (...cards: readonly ExplainedCard[]) => explain(address, cards, rules, groups);

  it.each([
    ['unknown', [], 'news@shop.example waits in Screener: not in your contacts.', ['Screener']],
    [
      'a contact in no group',
      [aCard({ groups: ['Friends'] })],
      'news@shop.example goes to Inbox: in your contacts, in no triage group.',
      ['Inbox'],
    ],
    [
      'in a group, with a decision',
      [aCard({ groups: ['Feed'], note: 'Mailroom 2026-11-25: Feed (contact added)' })],
      'news@shop.example goes to Feed: in group Feed since 2026-11-25.',
      ['Feed'],
    ],
    [
      'in a group, and nobody wrote down since when',
      [aCard({ groups: ['Jail'] })],
      'news@shop.example goes to Jail: in group Jail.',
      ['Jail'],
    ],
    [
      'in the group of the Inbox',
      [aCard({ groups: ['Imbox'] })],
      'news@shop.example goes to Inbox: in group Imbox.',
      ['Inbox'],
    ],
    [
      'in a child’s group and its parent’s',
      [aCard({ groups: ['Feed', 'Letters'] })],
      'news@shop.example goes to Letters and Feed: in group Feed and Letters.',
      ['Letters', 'Feed'],
    ],
    [
      'two cards, one in a group',
      [aCard(), aCard({ groups: ['Jail'] })],
      'news@shop.example goes to Jail: in group Jail.',
      ['Jail'],
    ],
  ])('%s', (_rule, cards, sentence, goesTo) => {
    expect(why(...cards)).toMatchObject({ sentence, goesTo });
  });

  it('decisions, newest first', () => {
    const note = 'Mailroom 2026-01-01: Feed\nhello\nMailroom 2026-11-25: Feed → Jail';

    expect(why(aCard({ note })).decisions.map(({ to }) => to)).toEqual(['Jail', 'Feed']);
  });
});

describe('since when', () => {
  const now = new Date('2026-11-25T12:00:00Z');

  it.each([
    ['7d', '2026-11-18'],
    ['4w', '2026-10-28'],
    ['0d', '2026-11-25'],
  ])('%s', (text, day) => {
    expect(parseSince(text, now)).toBe(day);
  });

  it.each(['', '7', 'd', '7 d', '-1d', '7m', '12345d'])(
    '%j is an error that says what to write',
    (text) => {
      expect(() => parseSince(text, now)).toThrow('such as 7d');
    },
  );
});
