import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';

import type { Why, WrittenDecision } from '../../../../src/run/why/read.ts';
import { renderDecisions, renderWhy } from '../../../../src/run/why/render.ts';
import { anAddress } from '../../../support/builders.ts';

const address = anAddress('weekly.newsletter@mailing.shop.example');

/** Everything that can be said, of a sender with long names. */
const why: Why = {
  address,
  sentence: `${address} goes to Letters and Paper Trail: in group Letters and Paper Trail since 2026-11-25.`,
  goesTo: ['Letters', 'Paper Trail'],
  rules: ['Letters', 'Paper Trail', 'Everything that is printed on paper and read at leisure'],
  decisions: [
    { date: '2026-11-25', from: 'Feed', to: 'Letters', isContactAdded: false },
    { date: '2026-11-02', from: null, to: 'Feed', isContactAdded: true },
  ],
  cards: [
    {
      book: 'Personal',
      name: '週刊ニュースレター, the weekly newsletter of the shop around the corner',
      isOurs: false,
      emails: ['*@mailing.shop.example'],
      groups: ['Letters', 'Paper Trail'],
      foundInGroups: ['Letters'],
      note: '',
    },
  ],
  groups: ['Letters', 'Paper Trail'],
  waiting: { emails: 3, since: '2026-10-31T23:59:59Z' },
  emails: {
    'Paper Trail': 12,
    'Archive of everything/that was ever/sorted into a mailbox/Letters': 4,
  },
  labels: ['@ToFeed', '@ToPaperTrail', '@ToLetters', '@ToPerson', '@ToJail', '@ToScreener'],
  plan: null,
};

const decisions: readonly WrittenDecision[] = [
  {
    date: '2026-11-25',
    from: 'Paper Trail',
    to: 'Everything that is printed',
    isContactAdded: false,
    addresses: [address, anAddress('editor@mailing.shop.example')],
    contact: '週刊ニュースレター',
  },
  {
    date: '2026-11-02',
    from: null,
    to: 'Feed',
    isContactAdded: true,
    addresses: [anAddress('a@b.example')],
    contact: 'A B',
  },
];

const linesOf = (text: string): readonly string[] => text.trimEnd().split('\n');
const words = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();

describe('why, for a person', () => {
  it('has a line for each fact, the sentence first', () => {
    expect(linesOf(renderWhy(why, Infinity)).map((line) => line.slice(0, 11))).toEqual([
      why.sentence.slice(0, 11),
      '',
      'Contact    ',
      'Decision   ',
      'Decision   ',
      'Rule       ',
      'Screener   ',
      'Emails     ',
      'Emails     ',
      'Labels on  ',
      'Next pass  ',
    ]);
  });

  it.each([60, 80, 140])(
    '%i columns: what is too long goes on below, and nothing is lost',
    (width) => {
      for (const render of [
        (columns: number) => renderWhy(why, columns),
        (columns: number) => renderDecisions(decisions, columns),
      ]) {
        const text = render(width);

        expect(linesOf(text).filter((line) => stringWidth(line) > width)).toEqual([]);
        expect(words(text)).toBe(words(render(Infinity)));
      }
    },
  );

  it('moves what goes on below under its beginning', () => {
    expect(linesOf(renderDecisions(decisions, 60))).toEqual([
      '2026-11-25  Paper Trail → Everything that is printed',
      '            weekly.newsletter@mailing.shop.example,',
      '            editor@mailing.shop.example 週刊ニュースレター',
      '2026-11-02  Feed                      a@b.example  A B',
    ]);
    const facts = linesOf(renderWhy(why, 60).split('\n\n')[1] ?? '');
    const below = facts.filter((line) => line.startsWith(' '));
    expect(below.length).toBeGreaterThan(0);
    expect(below.filter((line) => !/^ {11}\S/u.test(line))).toEqual([]);
  });

  it.each([60, 80])('%i columns: no decision', (width) => {
    expect(renderDecisions([], width)).toBe('No decision is written on a card.\n');
  });
});
