import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cleanDisplayName, parseSenderAddress } from '../../../src/triage/sender.ts';
import { anyCharacter } from '../../support/any-text.ts';

describe('parseSenderAddress: one form for one sender', () => {
  it.each([
    ['as it is', 'jane@example.com', 'jane@example.com'],
    ['letter case', 'Jane.DOE@Example.COM', 'jane.doe@example.com'],
    ['letter case beyond ASCII', 'ÉMILE@example.com', 'émile@example.com'],
    ['an accent apart (NFD)', 'e\u0301mile@example.com', 'émile@example.com'],
    ['an accent apart, in capitals', 'E\u0301MILE@example.com', 'émile@example.com'],
    ['syllables apart (NFD)', '\u1112\u1161\u11AB@example.com', '한@example.com'],
    ['surrounding space', '\t jane@example.com \r\n', 'jane@example.com'],
    ['surrounding no-break space', '\u00A0jane@example.com\u00A0', 'jane@example.com'],
    ['U-label domain', 'jane@bücher.example', 'jane@xn--bcher-kva.example'],
    ['U-label domain in capitals', 'jane@BÜCHER.example', 'jane@xn--bcher-kva.example'],
    ['A-label domain', 'jane@XN--BCHER-KVA.example', 'jane@xn--bcher-kva.example'],
    ['decomposed domain', 'jane@bu\u0308cher.example', 'jane@xn--bcher-kva.example'],
    ['trailing dot', 'jane@example.com.', 'jane@example.com'],
    ['trailing ideographic dot', 'jane@example.com\u3002', 'jane@example.com'],
    ['ideographic dots', 'jane@mail\u3002example\uFF0Ecom', 'jane@mail.example.com'],
    ['full-width domain', 'jane@ｅｘａｍｐｌｅ.com', 'jane@example.com'],
    ['Kelvin sign in a domain, which IDNA maps', 'jane@\u212Aiosk.example', 'jane@kiosk.example'],
    ['no dot in the domain', 'root@localhost', 'root@localhost'],
    ['plus tag kept', 'jane+news@example.com', 'jane+news@example.com'],
    ['dots as some operators allow them', '.jane..doe.@example.com', '.jane..doe.@example.com'],
    ['quoted local part', '"Jane Doe"@example.com', '"jane doe"@example.com'],
    ['quoted local part with an @', '"jane@home"@example.com', '"jane@home"@example.com'],
    ['quoted local part with a quoted quote', '"a\\"b"@example.com', '"a\\"b"@example.com'],
    ['needless quotes', '"Jane.Doe"@example.com', 'jane.doe@example.com'],
    ['needless quotes and escapes', '"ja\\ne"@example.com', 'jane@example.com'],
    ['needless quotes around dots', '"foo..bar"@example.com', 'foo..bar@example.com'],
    ['address literal', 'jane@[192.0.2.1]', 'jane@[192.0.2.1]'],
    ['IPv6 address literal', 'jane@[IPv6:2001:DB8::1]', 'jane@[ipv6:2001:db8::1]'],
  ])('%s', (_rule, text, canonical) => {
    expect(parseSenderAddress(text)).toBe(canonical);
  });

  it.each([
    ['empty', ''],
    ['only space', ' \t'],
    ['no @', 'jane.example.com'],
    ['no local part', '@example.com'],
    ['no domain', 'jane@'],
    ['only an @', '@'],
    ['several @', 'jane@home@example.com'],
    ['space in the local part', 'jane doe@example.com'],
    ['space in the domain', 'jane@exam ple.com'],
    ['line end in the local part', 'jane\n@example.com'],
    ['line end in a quoted local part', '"jane\r\ndoe"@example.com'],
    ['NUL', 'jane\u0000@example.com'],
    ['escape in the domain', 'jane@example.com\u001B[31m'],
    ['line separator', 'jane\u2028doe@example.com'],
    ['half a surrogate pair', 'jane\uD83D@example.com'],
    ['a mark that turns the reading direction', 'ja\u202Een@example.com'],
    ['the same, as an isolate', '"ja\u2066ne"@example.com'],
    ['open quote', '"jane@example.com'],
    ['quote closed too early', '"jane"doe@example.com'],
    ['quote inside', 'ja"ne@example.com'],
    ['display form', 'Jane <jane@example.com>'],
    ['group syntax', 'undisclosed-recipients:;'],
    ['URL', 'mailto:jane@example.com'],
    ['two addresses', 'a@example.com,b@example.com'],
    ['comment', 'jane(home)@example.com'],
    ['path in the domain', 'jane@example.com/b'],
    ['percent in the domain', 'jane@example%2ecom'],
    ['port in the domain', 'jane@example.com:25'],
    ['only a dot for a domain', 'jane@.'],
    ['empty domain label', 'jane@example..com'],
    ['domain that begins with a dot', 'jane@.example.com'],
    ['two trailing dots', 'jane@example.com..'],
    ['domain that ends in a number and is no IPv4 address', 'jane@256.1.1.1'],
    ['IPv4 address without brackets', 'jane@192.0.2.1'],
    ['number that becomes one', 'x@0'],
    ['a pattern: everybody at a domain', '*@example.com'],
    ['a pattern in the local part', 'ja*@example.com'],
    ['a pattern in quotes', '"*"@example.com'],
    ['a pattern in the domain', 'jane@*.example.com'],
    ['nothing in quotes', '""@example.com'],
    ['space at the start of quotes', '" jane"@example.com'],
    ['space at the end of quotes', '"jane "@example.com'],
    ['an octet that the server could not read', 'j\uFFFDne@example.com'],
    ['unfinished literal', 'jane@[192.0.2.1'],
    ['literal of something else', 'jane@[example.com]'],
  ])('not usable: %s', (_rule, text) => {
    expect(parseSenderAddress(text)).toBeNull();
  });

  it.each([
    ['the Kelvin sign is not k', '\u212Aate@example.com', 'kate@example.com'],
    ['the Kelvin sign, though with an accent', '\u212Ae\u0301@example.com', 'ké@example.com'],
    ['the Greek question mark is not ;', '"a\u037Eb"@example.com', '"a;b"@example.com'],
    ['a letter without its accent', 'e\u0301mile@example.com', 'emile@example.com'],
    ['the dotted capital I is not i', '\u0130an@example.com', 'ian@example.com'],
    ['a homograph', 'j\u0430ne@example.com', 'jane@example.com'],
    ['a zero-width space', 'ja\u200Bne@example.com', 'jane@example.com'],
    ['a subdomain', 'jane@mail.example.com', 'jane@example.com'],
    ['a longer local part', 'mary-jane@example.com', 'jane@example.com'],
    ['a longer domain', 'jane@example.com.evil.example', 'jane@example.com'],
    ['a plus tag', 'jane+x@example.com', 'jane@example.com'],
    ['dots, which mean nothing at some operators only', 'ja.ne@example.com', 'jane@example.com'],
    ['a homograph domain', 'jane@ex\u0430mple.com', 'jane@example.com'],
    ['sharp s, by IDNA2008', 'jane@straße.example', 'jane@strasse.example'],
  ])('never the same sender: %s', (_rule, one, other) => {
    expect(parseSenderAddress(one)).not.toBeNull();
    expect(parseSenderAddress(one)).not.toBe(parseSenderAddress(other));
  });

  const address = fc
    .tuple(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.oneof(fc.domain(), fc.string({ unit: 'grapheme', minLength: 1 })),
    )
    .map(([localPart, domain]) => `${localPart}@${domain}`);

  it('normalising twice is normalising once', () => {
    fc.assert(
      fc.property(
        fc.oneof(address, fc.emailAddress(), fc.string({ unit: anyCharacter })),
        (text) => {
          const once = parseSenderAddress(text);
          if (once !== null) expect(parseSenderAddress(once)).toBe(once);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('every address of RFC 5322 form without * is usable, in any letter case', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (text) => {
        fc.pre(!text.includes('*'));
        expect(parseSenderAddress(text)).not.toBeNull();
        expect(parseSenderAddress(text.toUpperCase())).toBe(parseSenderAddress(text));
      }),
    );
  });

  it('a usable address has no control characters and no space outside quotes', () => {
    fc.assert(
      fc.property(address, (text) => {
        const parsed = parseSenderAddress(text);
        if (parsed === null) return;
        expect(parsed).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        if (!parsed.startsWith('"')) expect(parsed).not.toMatch(/\s/u);
      }),
    );
  });
});

describe('cleanDisplayName: fit for a card, a log line and a terminal', () => {
  it.each([
    ['none', null, ''],
    ['empty', '', ''],
    ['only space', ' \t\r\n ', ''],
    ['as it is', 'Jane Doe', 'Jane Doe'],
    ['surrounding space', '  Jane Doe ', 'Jane Doe'],
    ['runs of space', 'Jane \t  Doe', 'Jane Doe'],
    ['no-break space', 'Jane\u00A0Doe', 'Jane Doe'],
    [
      'line ends that would forge a card line',
      'Jane\r\nEMAIL:evil@example.com',
      'Jane EMAIL:evil@example.com',
    ],
    ['other line ends', 'Jane\u0085A\u2028B\u2029C\u000BD', 'Jane A B C D'],
    ['NUL and bell', 'Ja\u0000ne\u0007', 'Jane'],
    ['terminal colours', '\u001B[31mJane\u001B[0m', '[31mJane[0m'],
    ['C1 controls', 'Ja\u009Bne', 'Jane'],
    ['space around what is taken out', 'Jane \u0000 Doe', 'Jane Doe'],
    ['direction override', 'Jane \u202Emoc.live\u202C', 'Jane moc.live'],
    ['direction isolates', '\u2066Jane\u2069', 'Jane'],
    ['byte order mark', '\uFEFFJane', 'Jane'],
    ['half a surrogate pair', 'Jane \uD83D', 'Jane'],
    ['emoji', 'Jane 👨‍👩‍👧‍👦 🇨🇭', 'Jane 👨‍👩‍👧‍👦 🇨🇭'],
    ['right-to-left script', 'דנה כהן', 'דנה כהן'],
    ['nothing that can be seen', '\u200B\u200D\u2060\u3164', ''],
    ['nothing that can be seen, with space between', '\u200B \u00AD', ''],
    ['200 characters', 'x'.repeat(200), 'x'.repeat(200)],
    ['more than 200 characters', 'x'.repeat(10_000), 'x'.repeat(200)],
    ['cut between characters, not inside', '👍🏽'.repeat(300), '👍🏽'.repeat(200)],
    ['space where it is cut', `${'x'.repeat(199)} y`, 'x'.repeat(199)],
  ])('%s', (_rule, name, clean) => {
    expect(cleanDisplayName(name)).toBe(clean);
  });

  it('the longest characters are not cut into halves of surrogate pairs', () => {
    const clean = cleanDisplayName('👨‍👩‍👧‍👦'.repeat(300));

    expect(clean.isWellFormed()).toBe(true);
    expect(clean).toMatch(/^👨‍👩‍👧‍👦/u);
  });

  it('whatever comes, the result is one well-formed line, and cleaning it changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 400 }), (name) => {
        const clean = cleanDisplayName(name);
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u);
        expect(clean).toBe(clean.trim());
        expect(cleanDisplayName(clean)).toBe(clean);
      }),
    );
  });
});
