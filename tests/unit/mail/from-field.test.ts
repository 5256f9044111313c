import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { loadFromReader, type ReadFromField } from '../../../src/mail/from-field.ts';
import { judgeAuthor } from '../../../src/triage/author.ts';
import { findSender } from '../../../src/triage/sender.ts';
import { readFromHeader } from '../../support/stand-in/from-header.ts';

let read: ReadFromField;
beforeAll(async () => {
  read = await loadFromReader();
});

describe('one plain address and its name', () => {
  it.each([
    ['bare', 'a@b.example', 'a', 'b.example'],
    ['with a name', 'Jane Doe <a@b.example>', 'a', 'b.example'],
    ['initials', 'J. R. Doe <a@b.example>', 'a', 'b.example'],
    ['comma in quotes', '"Name, Jr." <a@b.example>', 'a', 'b.example'],
    ['comma without', 'Name, Jr. <a@b.example>', 'a', 'b.example'],
    ['an address in quotes', '"x@y.example: hi" <a@b.example>', 'a', 'b.example'],
    ['folded', 'Jane\r\n <a@b.example>', 'a', 'b.example'],
    ['encoded words', '=?utf-8?q?J=C3=BCrgen?= <a@b.example>', 'a', 'b.example'],
    ['name in UTF-8', 'Jürgen <a@b.example>', 'a', 'b.example'],
    ['comments beside it', '(x) a@b.example (y)', 'a', 'b.example'],
    ['quoted local part', '"a b"@c.example', 'a b', 'c.example'],
    ['escapes', '"a\\"b"@c.example', 'a"b', 'c.example'],
    ['IDN', 'a@bücher.example', 'a', 'bücher.example'],
    ['odd characters in the domain', '<a@b.example_x.c.example>', 'a', 'b.example_x.c.example'],
  ])('%s', (_, raw, localPart, domain) => {
    expect(read(` ${raw}`)).toEqual({ kind: 'address', localPart, domain });
  });
});

describe('nobody', () => {
  it.each([
    ['nothing', '', 'no address'],
    ['a name', 'Jane', 'no address'],
    ['an empty group', 'undisclosed:;', 'no address'],
    ['two addresses', 'a@b.example, c@d.example', 'several addresses'],
    ['an address for a name', 'news@shop.example <x@attacker.example>', 'unclear From field'],
    ['the same behind a comma', 'news@shop.example, X <x@attacker.example>', 'several addresses'],
    ['a group', 'g: a@b.example;', 'unclear From field'],
    ['a route', '<@r.example:a@b.example>', 'unclear From field'],
    ['a route behind a comment', '<(c)@r.example:a@b.example>', 'unclear From field'],
    ['space in the domain', 'a@b .example', 'unclear From field'],
    ['a folded domain', 'a@b.example\r\n .attacker.example', 'unclear From field'],
    ['a comment in the domain', 'a@(c)b.example', 'unclear From field'],
    ['a final dot', 'a@b.example.', 'unclear From field'],
    ['dots in a row', 'a@b..example', 'unclear From field'],
    ['space before the @', 'a @b.example', 'unclear From field'],
    ['space after the @', 'a@ b.example', 'unclear From field'],
    ['space in the local part', 'a . b@c.example', 'unclear From field'],
    ['a local part quoted in part', 'x."a"@c.example', 'unclear From field'],
    ['space at the end of quotes', '"victim "@bank.example', 'unclear From field'],
    ['a fold in quotes', '"a\r\n b"@c.example', 'unclear From field'],
    ['text behind it', '<a@b.example> x', 'unclear From field'],
    ['an open bracket', '<a@b.example', 'unclear From field'],
    ['far too long', `${'x '.repeat(5000)}<a@b.example>`, 'unclear From field'],
    ['comments in comments', `${'('.repeat(300)} a@b.example`, 'unclear From field'],
  ])('%s', (_, raw, reason) => {
    expect(read(` ${raw}`)).toEqual({ kind: 'nobody', reason });
  });
});

describe('no header passes for the victim', () => {
  /** Every way to write exactly the address that counts as writing it. */
  const isVictims = (raw: string): boolean =>
    /(?:^|[\s<),])(?:victim|"victim")@bank\.example(?:$|[\s>(,])/iu.test(
      raw.replace(
        /"((?:[^"\\]|\\.)*)"/gu,
        (_, text: string) => `"${text.replace(/\\(.)/gu, '$1')}"`,
      ),
    );
  const words = ['victim', 'bank', 'example', 'bank.example', 'victim@bank.example', 'x', 'ü'];
  const marks = [
    '\r\n ',
    '\u00A0',
    '\r\nFrom: ',
    ...'@ @ . * _ " \\ < > ( ) , ; : = + / !'.split(' '),
    ' ',
  ];
  const piece = fc.constantFrom(...words, ...marks);
  const header = fc.array(piece, { minLength: 1, maxLength: 14 }).map((pieces) => pieces.join(''));
  const wrapped = fc
    .tuple(header, header)
    .map(([before, after]) => `${before}victim@bank.example${after}`);

  it('unless its address is exactly that', () => {
    fc.assert(
      fc.property(fc.oneof(header, wrapped), (raw) => {
        const { fields, from } = readFromHeader(raw);
        const author = judgeAuthor(
          { from: from ?? [], readings: fields.map(read), isDigest: false },
          new Set(),
        );
        if (findSender({ author }) !== 'victim@bank.example') return;
        expect(fields).toHaveLength(1);
        expect(isVictims(raw)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
