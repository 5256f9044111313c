import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { planFastmailRules } from '../../../../src/triage/fastmail-rules.ts';
import { explain, type ExplainedCard } from '../../../../src/run/why/explain.ts';
import { parseSince } from '../../../../src/run/why/answer.ts';
import { aCategory, anAddress, triageNames } from '../../../support/builders.ts';
import { findPlaces } from '../../../support/server-rules.ts';

const address = anAddress('news@shop.example');

function aCard(card: Partial<ExplainedCard> = {}): ExplainedCard {
  const { groups = [] } = card;
  const own = { book: 'Default', name: 'News', isOurs: true, emails: ['news@shop.example'] };
  return { ...own, groups, foundInGroups: groups, note: '', ...card };
}

describe('where the next email goes, by the rules that setup prints', () => {
  const names = triageNames({
    categories: [
      ...triageNames().categories,
      aCategory('Letters', { parent: 'Feed', destinationMailbox: 'Letters' }),
    ],
  });
  const { rules } = planFastmailRules(names);
  const why = (...cards: readonly ExplainedCard[]) =>
    explain(address, cards, rules, names.categories);

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
    [
      'a pattern of the user’s own, in no group: everybody there is a contact',
      [aCard({ emails: ['*@shop.example'] })],
      'news@shop.example goes to Inbox: in your contacts by *@shop.example, in no triage group.',
      ['Inbox'],
    ],
    [
      'a pattern in a group; what was decided there was decided on somebody else',
      [aCard({ emails: ['*@Shop.example'], groups: ['Feed'], note: 'Mailroom 2026-11-25: Feed' })],
      'news@shop.example goes to Feed: in group Feed by *@Shop.example.',
      ['Feed'],
    ],
    [
      'a pattern in a group whose rule stands above that of the group it was decided into',
      [
        aCard({ groups: ['Jail'], note: 'Mailroom 2026-11-25: Jail' }),
        aCard({ emails: ['*@shop.example'], groups: ['Feed'] }),
      ],
      'news@shop.example goes to Feed: in group Jail since 2026-11-25 and in group Feed by *@shop.example.',
      ['Feed'],
    ],
    [
      'an address with a name beside it, which rules find all the same',
      [aCard({ emails: ['News <news@shop.example>'], groups: ['Feed'] })],
      'news@shop.example goes to Feed: in group Feed.',
      ['Feed'],
    ],
    [
      'an address that no rule finds, because it is a link',
      [aCard({ emails: ['mailto:news@shop.example'], groups: ['Feed'] })],
      'news@shop.example waits in Screener: its contact has the address as "mailto:news@shop.example", which rules do not find.',
      ['Screener'],
    ],
    [
      'a member whose UID is written otherwise than on the card',
      [aCard({ groups: ['Feed'], foundInGroups: [] })],
      'news@shop.example goes to Inbox: in your contacts, in no triage group; in group Feed in a spelling that rules do not find.',
      ['Inbox'],
    ],
    [
      'put into another group by hand, after the decision',
      [aCard({ groups: ['Jail'], note: 'Mailroom 2026-11-25: Feed' })],
      'news@shop.example goes to Jail: in group Jail.',
      ['Jail'],
    ],
    [
      'taken back, and kept as a contact',
      [aCard({ note: 'Mailroom 2026-11-20: Feed\nMailroom 2026-11-25: Feed → Screener' })],
      'news@shop.example goes to Inbox: in your contacts, in no triage group.',
      ['Inbox'],
    ],
  ])('%s', (_rule, cards, sentence, goesTo) => {
    expect(why(...cards)).toMatchObject({ sentence, goesTo });
  });

  it('is where the server’s rules put it, whatever stands on the cards', () => {
    const groupNames = names.categories.map(({ contactGroup }) => contactGroup);
    const serverRules = rules.map(({ name: _name, ...rule }) => rule);
    const emails = fc.constantFrom(
      'news@shop.example',
      'NEWS@Shop.Example',
      ' news@shop.example ',
      'News <news@shop.example>',
      '<news@shop.example>',
      'mailto:news@shop.example',
      'news@shop.example, other@shop.example',
      'other@shop.example; news@shop.example',
      'other@shop.example',
      '<*@shop.example>',
      'All <*@shop.example>',
      '*@shop.example, other@shop.example',
      'other@shop.example, *@shop.example',
      '@shop.example',
      '*@*shop.example',
      '*@shop.example',
      '*@*.shop.example',
      '*@*.example',
      '*@other.example',
      'news@*',
      '*',
      '',
    );
    const card = fc.record({
      emails: fc.uniqueArray(emails, { maxLength: 3 }),
      foundInGroups: fc.uniqueArray(fc.constantFrom(...groupNames, 'Friends'), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(card, { maxLength: 3 }), fc.boolean(), (cards, isSub) => {
        const email = isSub ? 'news@sub.shop.example' : 'news@shop.example';
        const contacts = cards.map((one, index) => ({
          uid: String(index),
          addresses: one.emails,
        }));
        const groups = [...groupNames, 'Friends'].map((name) => ({
          uid: name,
          name,
          memberUids: contacts
            .map(({ uid }) => uid)
            .filter((uid) => cards[Number(uid)]?.foundInGroups.includes(name)),
        }));

        const { goesTo } = explain(
          anAddress(email),
          cards.map((one) => aCard({ ...one, groups: one.foundInGroups })),
          rules,
          names.categories,
        );

        const places = findPlaces([{ email }], serverRules, { contacts, groups });
        expect(new Set(goesTo)).toEqual(new Set(places));
      }),
    );
  });

  it('decisions of one day: the one written last comes first', () => {
    const note = 'Mailroom 2026-11-25: Feed\nMailroom 2026-11-25: Feed → Jail';

    expect(why(aCard({ note })).decisions.map(({ to }) => to)).toEqual(['Jail', 'Feed']);
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
