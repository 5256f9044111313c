import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cleanAddress, cleanText, cut } from '../../../../src/run/digest/clean.ts';
import { anyCharacter } from '../../../support/any-text.ts';

describe('what a stranger wrote', () => {
  it.each<[string, string, string]>([
    ['plain text stays', 'Hello, Jane: 50% off!', 'Hello, Jane: 50% off!'],
    ['other scripts stay', '您的订单 فاتورة Ärger', '您的订单 فاتورة Ärger'],
    ['joiners inside emoji stay', '👨‍👩‍👧‍👦 family', '👨‍👩‍👧‍👦 family'],
    ['a link is broken', 'see http://evil.example/a', 'see hxxp://evil[.]example/a'],
    ['in any letter case', 'HTTPS://EVIL.EXAMPLE', 'HxxPS://EVIL[.]EXAMPLE'],
    ['without slashes too', 'http:evil.example', 'hxxp:evil[.]example'],
    ['of other schemes too', 'ftp://evil.example', 'ftp[:]//evil[.]example'],
    ['www is broken', 'www.evil.example WWW.x.example', 'www[.]evil[.]example WWW[.]x[.]example'],
    ['a bare domain is broken', 'pay at evil.example/x', 'pay at evil[.]example/x'],
    ['with its other dots', 'a-1.b2.evil.co', 'a-1.b2[.]evil[.]co'],
    ['in other scripts', 'аррӏе.com und भारत.भारत', 'аррӏе[.]com und भारत[.]भारत'],
    ['with another full stop', 'evil。example evil．example', 'evil[.]example evil[.]example'],
    [
      'numbers, initials and ends stay',
      '10.50, 1.12.2026, J. R. R. T., U.S.',
      '10.50, 1.12.2026, J. R. R. T., U.S.',
    ],
    ['an address to write to', 'mailto:a@evil.example', 'mailto[:]a@evil[.]example'],
    ['a number to call', 'tel:0123 Hotel:5 Tel: 0123', 'tel[:]0123 Hotel:5 Tel: 0123'],
    ['a link hidden by a zero-width space', 'ht\u200Btp://x.example', 'ht tp[:]//x[.]example'],
    ['no line break', 'a\r\nBcc: b@c.example\u2028x', 'a Bcc: b@c[.]example x'],
    ['no escape sequence', '\u001B[31mred\u0007', '[31mred'],
    ['reading direction as it is', 'a\u202Etxt.exe\u2066', 'a txt[.]exe'],
    ['space runs become one', '  a \t\u00A0\u3000 b  ', 'a b'],
    ['half a character goes', 'a\uD83Db', 'a\uFFFDb'],
    ['no bullet like those of our lines', 'a • you: Imbox', 'a · you: Imbox'],
    ['nothing to see is nothing', ' \u200B\u2060 ', ''],
  ])('%s', (_name, text, expected) => {
    expect(cleanText(text, 120)).toBe(expected);
  });

  it('is cut between characters as people count them', () => {
    expect(cleanText('🇩🇪'.repeat(130), 120)).toBe(`${'🇩🇪'.repeat(119)}…`);
    expect(cleanText('a'.repeat(120), 120)).toBe('a'.repeat(120));
    expect(cleanText('王'.repeat(121), 120)).toBe(`${'王'.repeat(119)}…`);
  });

  it('is never a link, a second line, or longer, whatever it was', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'mailto:',
        'evil.co',
        '。',
        'http',
        'HTTPS',
        '://',
        ':',
        '//',
        'www',
        '.',
        '\r\n',
        '\u001B[2J',
        '\u202E',
      ),
      fc.string({ unit: anyCharacter }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = cleanText(pieces.join(''), 30);
        expect(text).not.toMatch(
          /https?:|www\.|(?<!hxxps?):\/\/|mailto:(?=\S)|[\p{L}\p{N}]\.\p{L}{2}/iu,
        );
        expect(text).not.toMatch(
          /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200B-\u200C\u202A-\u202E\u2066-\u2069]/u,
        );
        expect(text).toBe(text.trim());
        expect([...new Intl.Segmenter('en').segment(text)].length).toBeLessThanOrEqual(30);
      }),
    );
  });
});

it('a text is cut to octets, never within a character', () => {
  expect(cut('王小明', Infinity, 9)).toBe('王小明');
  expect(cut('王小明', Infinity, 8)).toBe('王…');
  expect(cut('👨‍👩‍👧‍👦👨‍👩‍👧‍👦', Infinity, 30)).toBe('👨‍👩‍👧‍👦…');
  expect(cut('abc', Infinity, 3)).toBe('abc');
});

it.each([
  ['is whole, whatever is in its domain', 'a@www.shop.example', 'a@www.shop.example'],
  ['with dots before the @', 'jane.doe@shop.example', 'jane.doe@shop.example'],
  ['with a slash', 'reply/a=b@shop.example', 'reply/a=b@shop.example'],
  ['that is a link up to the @', 'bit.ly/a@x.example', 'bit[.]ly/a@x.example'],
  ['likewise', 'www.evil.example@x.example', 'www[.]evil[.]example@x.example'],
  ['likewise, in quotes', '"http://evil.example"@x.example', '"hxxp://evil[.]example"@x.example'],
  ['with what nobody sees', 'pay\u200Bpal\u200F@x.example', 'pay pal @x.example'],
])('an address %s', (_, address, expected) => {
  expect(cleanAddress(address)).toBe(expected);
});
