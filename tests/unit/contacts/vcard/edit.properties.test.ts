import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseCard } from '../../../../src/contacts/vcard/parse.ts';
import { editGroupMembers } from '../../../../src/contacts/vcard/edit-members.ts';
import {
  parseCardParts,
  type RawCard,
  toBytes,
  toRawCard,
} from '../../../../src/contacts/vcard/lines.ts';
import { addedTo, anAddress, edit, octetsPerLine, partOf } from '../cards.ts';
import { anyCharacter } from '../../../support/any-text.ts';

const lineEnds = fc.constantFrom('\r\n', '\n', '\r\r\n');

/** Values as people and bad programs write them: escapes, bare separators, any Unicode. */
const values = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom('\\;', '\\n', '\\,', '\\\\', '\\', ',', ';', '=', '=3D', ':', '"', ' ', '😀'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').replace(/[\r\n]/gu, ''));

const heads = fc.constantFrom(
  'NOTE',
  'note;LANGUAGE=en',
  'item1.NOTE',
  'NOTE;ENCODING=QUOTED-PRINTABLE',
  'NOTE;ENCODING=b',
  'NOTE;CHARSET=ISO-8859-1',
  'FN',
  'fn;CHARSET=UTF-8',
  'EMAIL;HOME',
  'item2.EMAIL;TYPE=INTERNET;TYPE=HOME;TYPE=HOME',
  'EMAIL;X="a:b"',
  'TITLE',
  'PHOTO;ENCODING=b',
  'X-UNKNOWN;bare;A=b,c',
  'X-ADDRESSBOOKSERVER-MEMBER',
  'no colon ',
  '',
);

/** Folded anywhere, inside UTF-8 sequences too. */
const lines = fc
  .tuple(heads, values, fc.array(fc.nat({ max: 80 }), { maxLength: 3 }), fc.constantFrom(' ', '\t'))
  .map(([head, value, folds, space]) => {
    let octets = Buffer.from(`${head}:${value}`).toString('latin1');
    // A fold before the first octet would make the line part of the one before.
    for (const at of folds.filter((fold) => fold > 0 && fold < octets.length)) {
      octets = `${octets.slice(0, at)}\n${space}${octets.slice(at)}`;
    }
    return octets;
  });

const cards = fc
  .record({
    version: fc.constantFrom('VERSION:2.1', 'VERSION:3.0', 'version:4.0', 'X-NO:VERSION'),
    lines: fc.array(lines, { maxLength: 8 }),
    lineEnd: lineEnds,
    before: fc.constantFrom('', '\u00EF\u00BB\u00BF', 'garbage\n'),
    after: fc.constantFrom(
      '',
      '\n',
      '\n\n',
      '\ngarbage',
      '\nBEGIN:VCARD\nUID:2\nNOTE:x\nEND:VCARD',
    ),
  })
  .map(({ version, lines, lineEnd, before, after }) => {
    const card = ['BEGIN:VCARD', version, 'UID:1', ...lines, 'END:VCARD'].join('\n');
    return `${before}${card}${after}`.replaceAll('\n', lineEnd) as RawCard;
  });

const names = fc.string({ unit: anyCharacter, maxLength: 40 });
const uids = fc.oneof(
  fc.uuid(),
  fc.constantFrom('UPPER-1', 'upper-1', 'urn:uuid:x', 'URN:UUID:X', 'üid'),
  fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 90 })
    .filter((uid) => uid.trim() !== ''),
);

describe('for any card', () => {
  it('octets survive being read and written', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toBytes(toRawCard(bytes))).toEqual(bytes);
      }),
    );
  });

  it('an edit only adds, has the address, and is done once a day', () => {
    fc.assert(
      fc.property(cards, names, (raw, fullName) => {
        const edited = edit(raw, { fullName });

        // At most FN, EMAIL and a note, of which each may be folded.
        expect(addedTo(raw, edited).length).toBeLessThanOrEqual(12);
        expect(parseCard(edited, 'h').contacts[0]?.addresses).toContain('new@sender.example');
        expect(edit(edited, { fullName })).toBe(edited);
      }),
      { numRuns: 500 },
    );
  });

  it('an edit makes no line too long', () => {
    fc.assert(
      fc.property(cards, names, (raw, fullName) => {
        // One that is full already may have to take the `=` of a soft line break.
        const longest = Math.max(75, ...octetsPerLine(raw)) + 1;

        expect(Math.max(...octetsPerLine(edit(raw, { fullName })))).toBeLessThanOrEqual(longest);
      }),
    );
  });

  it('an edit changes what other properties say to nobody', () => {
    fc.assert(
      fc.property(cards, names, (raw, fullName) => {
        expect(others(edit(raw, { fullName }))).toEqual(others(raw));
      }),
    );
  });

  it('whatever the octets are, reading does not throw', () => {
    const soup = fc
      .array(fc.oneof(lines, fc.constantFrom('BEGIN:VCARD', 'END:VCARD', '\n', '\r', ' ', '=')))
      .map((parts) => parts.join('\n') as RawCard);
    fc.assert(
      fc.property(soup, (raw) => {
        const ends = parseCardParts(raw).map(({ finish }) => finish?.next ?? raw.length);

        expect(ends).toEqual(ends.toSorted((a, b) => a - b));
        expect(parseCard(raw, 'h').contacts).toBeInstanceOf(Array);
      }),
    );
  });
});

describe('for any group', () => {
  const groups = cards.map(
    (raw) => raw.replace('UID:1', 'UID:1\nX-ADDRESSBOOKSERVER-KIND:group') as RawCard,
  );

  it('members that are added and removed again leave no trace', () => {
    fc.assert(
      fc.property(groups, fc.array(uids, { maxLength: 5 }), (raw, added) => {
        const before = keysOf(raw);

        const grown = editGroupMembers(raw, partOf(raw), added, []);
        const news = added.filter((uid) => !before.has(keyOf(uid)));
        const shrunk = editGroupMembers(grown, partOf(grown), [], news);

        const wanted = added.map(keyOf).filter((key) => key !== '');
        expect(keysOf(grown)).toEqual(new Set([...before, ...wanted]));
        expect(shrunk).toBe(raw);
      }),
      { numRuns: 300 },
    );
  });

  it('adding only adds, and twice is once', () => {
    fc.assert(
      fc.property(groups, fc.array(uids, { maxLength: 5 }), (raw, added) => {
        const grown = editGroupMembers(raw, partOf(raw), added, []);

        expect(() => addedTo(raw, grown)).not.toThrow();
        expect(editGroupMembers(grown, partOf(grown), added, [])).toBe(grown);
      }),
    );
  });
});

/** Written again here, so that the code's own rule is checked too. */
function keyOf(uid: string): string {
  return anAddress(uid)
    .trim()
    .replaceAll('\\', '')
    .toLowerCase()
    .replace(/^(?:urn:uuid:)+/u, '');
}

function keysOf(raw: RawCard): ReadonlySet<string> {
  return parseCard(raw, 'h').group?.memberKeys ?? new Set();
}

function others(raw: RawCard): unknown {
  return partOf(raw)
    .lines.filter(({ name }) => !['NOTE', 'FN', 'EMAIL'].includes(name))
    .map(({ group, name, parameters, value }) => ({ group, name, parameters, value }));
}
