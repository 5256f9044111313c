import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { RawCard } from '../../../../src/contacts/vcard/lines.ts';
import { findNote } from '../../../../src/contacts/vcard/parse.ts';
import {
  type DecisionWish,
  findDecisions,
  findNameProblem,
  isSameCategoryName,
} from '../../../../src/triage/decision.ts';
import { aCard, addedTo, edit, partOf, TODAY } from '../cards.ts';

/*
 * What is written is what is read again: else each pass would write one line more, and nobody could
 * say what was decided last.
 */

const toJail: DecisionWish = { to: 'Jail', groupCategory: 'Feed', today: TODAY };

function lastOn(raw: RawCard): string | undefined {
  return findDecisions(findNote(partOf(raw))).at(-1)?.to;
}

const card = (version: string, ...notes: readonly string[]): RawCard =>
  aCard(`VERSION:${version}`, 'UID:1', 'FN:x', 'EMAIL:new@sender.example', ...notes);

describe('a second look writes nothing', () => {
  const line = `Mailroom ${TODAY}: Feed → Jail`;
  // Too long for one line: a soft line break.
  const head = `NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Mailroom ${TODAY}: Feed `;
  const ASIDE = [`${head}=E2=`, '=86=92 Jail'];
  it.each<[string, string, readonly string[], readonly string[]]>([
    [
      'another character set: a NOTE of its own',
      '2.1',
      ['NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Gr=FC=DFe'],
      ASIDE,
    ],
    ['plain vCard 2.1, which has one line', '2.1', ['NOTE:Mailroom 2026-01-02: Feed'], ASIDE],
    ['another character set in 3.0', '3.0', ['NOTE;CHARSET=Windows-1252:hello'], [`NOTE:${line}`]],
    ['UTF-8, as cards say it', '3.0', ['NOTE;CHARSET=utf8:hello'], [`…\\n${line}`]],
    [
      'the last decision is in the second NOTE',
      '3.0',
      ['NOTE:hello', 'NOTE:Mailroom 2026-01-02: Feed'],
      [`…\\n${line}`],
    ],
    [
      'the last decision is in the first',
      '4.0',
      ['NOTE;LANGUAGE=en;ALTID=1:Mailroom 2026-01-02: Feed', 'NOTE;LANGUAGE=fr;ALTID=1:bonjour'],
      [` \\n${line}`],
    ],
    [
      'in a NOTE of a group, with its line breaks escaped',
      '4.0',
      ['item1.NOTE:a\\nMailroom 2026-01-02: Feed\\Nb'],
      [` \\n${line}`],
    ],
    [
      'in a NOTE that nothing can be added to',
      '3.0',
      [
        'NOTE:hello',
        `NOTE;ENCODING=b:${Buffer.from('Mailroom 2026-01-02: Feed').toString('base64')}`,
      ],
      [`NOTE:${line}`],
    ],
  ])('%s', (_, version, notes, expected) => {
    const raw = card(version, ...notes);

    const edited = edit(raw, { decision: toJail });

    expect(addedTo(raw, edited).map(toText)).toEqual(expected);
    expect(lastOn(edited)).toBe('Jail');
    expect(edit(edited, { decision: toJail })).toBe(edited);
  });

  it('an empty FN in another character set is not filled with letters it does not have', () => {
    const raw = aCard('VERSION:2.1', 'UID:1', 'FN;CHARSET=ISO-8859-1:', 'NOTE:');

    expect(addedTo(raw, edit(raw, { fullName: 'Jürgen' })).join()).not.toContain('gen');
  });
});

describe('whatever the NOTEs are, and the names of the categories', () => {
  const names = fc
    .oneof(
      fc.constantFrom('Feed', 'News, daily', 'A;B', 'A\\;B', 'A\\,B', 'A\u00A0→\u00A0B', 'Z → '),
      fc.constantFrom('a  b', 'a\u00A0b', 'cafe\u0301', '→', '→ B', 'A →', 'x(contact added)'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    )
    .map((name) => name.trim())
    .filter((name) => name !== '' && findNameProblem(name) === null);
  const heads = fc.constantFrom(
    'NOTE',
    'item1.NOTE',
    'NOTE;LANGUAGE=en',
    'NOTE;ENCODING=QUOTED-PRINTABLE',
    'NOTE;CHARSET=ISO-8859-1',
    'NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE',
    'NOTE;ENCODING=b',
    'NOTE;VALUE=uri',
  );
  const values = fc.oneof(
    fc.constantFrom('', 'hello', 'a\\n', 'x=', 'x\\', 'b=E9'),
    fc.constantFrom('Mailroom 2026-01-01: Feed', 'a\\nMailroom 2026-01-01: A → B\\nb'),
  );
  const notes = fc
    .array(fc.tuple(heads, values), { maxLength: 4 })
    .map((all) => all.map(([head, value]) => `${head}:${value}`));

  it('the last decision on the card is the last that was made, and is written once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('2.1', '3.0', '4.0'),
        notes,
        fc.array(names, { minLength: 1, maxLength: 4 }),
        (version, lines, decided) => {
          let raw = card(version, ...lines);
          for (const to of decided) {
            const decision = { to, groupCategory: null, today: TODAY };
            const edited = edit(raw, { decision });

            expect(() => addedTo(raw, edited)).not.toThrow();
            expect(edit(edited, { decision })).toBe(edited);
            expect(isSameCategoryName(lastOn(edited) ?? '', to)).toBe(true);
            raw = edited;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

function toText(octets: string): string {
  const mark = octets.startsWith('…') ? '…' : '';
  return mark + Buffer.from(octets.slice(mark.length), 'latin1').toString('utf8');
}
