import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type Decision,
  findDecisions,
  findNameProblem,
  isOurLine,
  planDecision,
  renderDecision,
  SCREENER,
} from '../../../src/triage/decision.ts';

const first: Decision = { date: '2026-11-25', from: null, to: 'Feed', isContactAdded: false };

describe('a decision is one line', () => {
  it.each<[string, Decision, string]>([
    ['the first', first, 'Mailroom 2026-11-25: Feed'],
    ['changed', { ...first, from: 'Feed', to: 'Jail' }, 'Mailroom 2026-11-25: Feed → Jail'],
    [
      'taken back',
      { ...first, from: 'Feed', to: 'Screener' },
      'Mailroom 2026-11-25: Feed → Screener',
    ],
    [
      'on a card of ours',
      { ...first, isContactAdded: true },
      'Mailroom 2026-11-25: Feed (contact added)',
    ],
  ])('%s', (_rule, decision, line) => {
    expect(renderDecision(decision)).toBe(line);
    expect(findDecisions(`a note\n${line}\nanother`)).toEqual([decision]);
    expect(isOurLine(line, ['Feed', 'Jail', 'B'])).toBe(true);
  });

  it.each([
    'Mailroom: Feed',
    'Mailroom 2026-11-25 Feed',
    'Mailroom 2026-11-25: ',
    'mailroom 2026-11-25: Feed',
    'see Mailroom 2026-11-25: Feed',
    'Mailroom 2026-11-25: A → B → C',
    'Mailroom 2026-11-25:  → B',
    'Mailroom 2026-11-25: A → B (contact added)',
  ])('not of that shape, the user’s: %j', (line) => {
    expect(findDecisions(line)).toEqual([]);
    expect(isOurLine(line, ['Feed', 'Jail', 'A', 'B'])).toBe(false);
  });

  it.each(['Added by Mailroom on 2026-01-05', 'Updated by Mailroom on 2026-01-05'])(
    'an earlier version’s line is ours, and names no decision: %s',
    (line) => {
      expect(isOurLine(line, ['Feed', 'Jail', 'B'])).toBe(true);
      expect(findDecisions(line)).toEqual([]);
    },
  );
});

describe('written only when it differs from the last', () => {
  const wish = { to: 'Jail', groupCategory: null, today: '2026-11-26' };
  it.each<[string, string, string | null, string | null]>([
    ['an empty note', '', null, 'Mailroom 2026-11-26: Jail'],
    ['in a group', 'hello', 'Feed', 'Mailroom 2026-11-26: Feed → Jail'],
    ['in its own group', 'hello', 'Jail', 'Mailroom 2026-11-26: Jail'],
    [
      'the last line says another',
      'Mailroom 2026-01-01: Feed',
      null,
      'Mailroom 2026-11-26: Feed → Jail',
    ],
    ['the last line says this', 'Mailroom 2026-01-01: Feed → Jail', 'Feed', null],
    [
      'said before, and changed since',
      'Mailroom 2026-01-01: Jail\nMailroom 2026-01-02: Jail → Feed',
      null,
      'Mailroom 2026-11-26: Feed → Jail',
    ],
    ['the same in other white space', 'Mailroom 2026-01-01: Jail ', null, null],
    [
      'taken back before',
      'Mailroom 2026-01-01: Jail → Screener',
      null,
      'Mailroom 2026-11-26: Screener → Jail',
    ],
  ])('%s', (_rule, note, groupCategory, line) => {
    expect(planDecision(note, { ...wish, groupCategory })).toBe(line);
  });

  it.each([
    ['white space', 'Paper\u00A0Trail', 'Paper Trail'],
    ['several spaces', 'Paper  Trail', 'Paper Trail'],
    ['accents apart', 'Cafe\u0301', 'Café'],
    ['an escape that a card dropped', 'A\\;B', 'A;B'],
  ])('the same name after a card had it: %s', (_rule, name, onCard) => {
    const note = `Mailroom 2026-01-01: ${onCard}`;

    expect(planDecision(note, { ...wish, to: name })).toBeNull();
    expect(isOurLine(note, [name])).toBe(true);
  });

  it('property: written once, whatever the note says', () => {
    const names = fc.constantFrom('Feed', 'Jail', 'Paper Trail', 'News, daily', 'Ünïcode');
    const lines = fc.oneof(
      fc.string(),
      fc
        .record({
          date: fc.constant('2026-01-01'),
          from: fc.option(names),
          to: names,
          isContactAdded: fc.boolean(),
        })
        .map(renderDecision),
    );
    fc.assert(
      fc.property(fc.array(lines), names, fc.option(names), (note, to, groupCategory) => {
        const text = note.join('\n');
        const line = planDecision(text, { to, groupCategory, today: '2026-11-26' });
        const after = line === null ? text : `${text}\n${line}`;

        expect(planDecision(after, { to, groupCategory, today: '2026-11-27' })).toBeNull();
        expect(findDecisions(after).at(-1)?.to).toBe(to);
      }),
    );
  });
});

describe('names of categories that a line could not tell', () => {
  it.each([
    SCREENER,
    'screener',
    'Scree\\ner',
    'A → B',
    'A\u00A0→\u2003B',
    '→ B',
    'A →',
    '→',
    'Feed (contact added)',
    'Feed\u00A0(contact added)',
    '(contact added)',
    'two\nlines',
    'half a pair \uD83D',
  ])('%j', (name) => {
    expect(findNameProblem(name)).not.toBeNull();
  });

  it.each(['Feed', 'Screeners', 'A -> B', 'A→B', 'added (contact)'])('%j is fine', (name) => {
    expect(findNameProblem(name)).toBeNull();
  });
});
