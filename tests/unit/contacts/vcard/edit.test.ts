import { describe, expect, it } from 'vitest';

import type { DecisionWish } from '../../../../src/triage/decision.ts';
import { parseCard } from '../../../../src/contacts/vcard/parse.ts';
import { isWhole } from '../../../../src/contacts/vcard/edit.ts';
import { parseCardParts, type RawCard, toRawCard } from '../../../../src/contacts/vcard/lines.ts';
import { aCard, addedTo, anAddress, edit, octetsPerLine, readFixture, TODAY } from '../cards.ts';

const UPDATED = `Mailroom ${TODAY}: Feed`;
const EMAIL = 'EMAIL;TYPE=INTERNET:new@sender.example';

describe('cards of the wild get our lines and keep every other octet', () => {
  it.each([
    ['apple-icloud.vcf', 0, [`…\\n${UPDATED}`, EMAIL]],
    ['google.vcf', 0, [EMAIL, `NOTE:${UPDATED}`]],
    ['fastmail.vcf', 0, [`…\\n${UPDATED}`, EMAIL]],
    ['outlook-2.1.vcf', 0, [`…${UPDATED}`, 'EMAIL;INTERNET:new@sender.example']],
    ['android-2.1.vcf', 0, [`…=0D=0A${UPDATED}`, 'EMAIL;INTERNET:new@sender.example']],
    ['rfc6350-4.0.vcf', 0, [`…\\n${UPDATED}`, 'EMAIL:new@sender.example']],
    ['fold-in-emoji.vcf', 0, [`…\\n${UPDATED}`, EMAIL]],
    ['bare-parameters.vcf', 0, [`…${UPDATED}`, EMAIL]],
    ['two-in-one.vcf', 0, [`…\\n${UPDATED}`, EMAIL]],
    ['two-in-one.vcf', 1, [`…\\n${UPDATED}`, EMAIL]],
    [
      'agent-2.1.vcf',
      0,
      [
        'FN:New Name',
        'EMAIL;INTERNET:new@sender.example',
        `NOTE;ENCODING=QUOTED-PRINTABLE:${UPDATED}`,
      ],
    ],
    ['odd-line-ends.vcf', 0, [`…\\\\n${UPDATED}`, EMAIL]],
  ])('%s, card %i', (name, index, expected) => {
    const raw = readFixture(name);

    const edited = edit(raw, { index });

    expect(addedTo(raw, edited)).toEqual(expected);
    expect(edit(edited, { index })).toBe(edited);
  });
});

describe('the other vCard of a resource is left alone', () => {
  it.each([0, 1])('when card %i is edited', (index) => {
    const raw = readFixture('two-in-one.vcf');
    const end = raw.indexOf('BEGIN', 1);

    const edited = edit(raw, { index });

    const isKept =
      index === 0 ? edited.endsWith(raw.slice(end)) : edited.startsWith(raw.slice(0, end));
    expect(isKept).toBe(true);
  });
});

describe('FN', () => {
  it.each([
    ['missing: made', [], ['FN:New Name']],
    ['empty: filled', ['FN:'], ['…New Name']],
    ['empty with a parameter: filled', ['fn;CHARSET=UTF-8:'], ['…New Name']],
    ['of spaces: filled', ['FN:  '], ['…New Name']],
    ['present: kept', ['FN:Somebody else'], []],
    ['present in a group: kept', ['item1.FN:Somebody else'], []],
    ['present after an empty one: kept', ['FN:', 'FN:Somebody'], []],
  ])('%s', (_, lines, expected) => {
    const raw = aCard(
      'VERSION:3.0',
      'UID:1',
      ...lines,
      'EMAIL:new@sender.example',
      `NOTE:${UPDATED}`,
    );

    expect(addedTo(raw, edit(raw))).toEqual(expected);
  });

  it.each([
    ['separators are escaped', '3.0', 'Doe, Jane; \\o/', 'FN:Doe\\, Jane\\; \\\\o/'],
    [
      'a line end cannot forge a line',
      '3.0',
      'Jane\r\nEMAIL:x@evil.example',
      'FN:Jane EMAIL:x@evil.example',
    ],
    ['control characters stay out', '4.0', 'Ja\u0000n\u001Be\u0085', 'FN:Jane'],
    ['vCard 2.1 is told of UTF-8', '2.1', 'Ängst; x', 'FN;CHARSET=UTF-8:Ängst\\; x'],
    ['nothing to fill in', '3.0', '\u0007 \n', undefined],
  ])('%s', (_, version, fullName, expected) => {
    const raw = aCard(
      `VERSION:${version}`,
      'UID:1',
      'EMAIL:new@sender.example',
      'NOTE;ENCODING=QUOTED-PRINTABLE:x',
    );

    const line = addedTo(raw, edit(raw, { fullName })).find((added) => added.startsWith('FN'));

    expect(line === undefined ? line : Buffer.from(line, 'latin1').toString()).toBe(expected);
  });

  it('in quoted-printable is filled in quoted-printable', () => {
    const raw = aCard('VERSION:2.1', 'UID:1', 'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:');

    const edited = edit(raw, { fullName: 'Zoë = x' });

    expect(addedTo(raw, edited)).toContain('…Zo=C3=AB =3D x');
    expect(parseCard(edited, 'h').contacts[0]?.name).toBe('Zoë = x');
  });
});

describe('EMAIL is added unless the card has the address', () => {
  it.each([
    ['in other letters', 'EMAIL:New@SENDER.example'],
    ['in a group', 'item1.EMAIL;TYPE=INTERNET:new@sender.example'],
    ['with bare parameters', 'email;HOME;PREF:new@sender.example'],
    ['with a quoted parameter', 'EMAIL;X-LABEL="a:b;c":new@sender.example'],
    ['with a name', 'EMAIL:New One <NEW@sender.example>'],
    ['with a final dot', 'EMAIL:new@sender.example.'],
    ['first of a list', String.raw`EMAIL:new@sender.example\, b@b.example`],
    ['folded', 'EMAIL:new@sen\r\n der.example'],
    ['in quoted-printable', 'EMAIL;QUOTED-PRINTABLE:new=40sender.example'],
  ])('%s', (_, line) => {
    const raw = aCard('VERSION:3.0', 'UID:1', 'FN:x', line, `NOTE:${UPDATED}`);

    expect(edit(raw)).toBe(raw);
  });

  it.each([
    ['an address that only contains it', 'EMAIL:anew@sender.example'],
    [
      'an address of a nested card',
      'AGENT:\r\nBEGIN:VCARD\r\nEMAIL:new@sender.example\r\nEND:VCARD',
    ],
    ['an address in another property', 'X-EMAIL:new@sender.example'],
  ])('%s does not count', (_, line) => {
    const raw = aCard('VERSION:3.0', 'UID:1', 'FN:x', line, `NOTE:${UPDATED}`);

    expect(addedTo(raw, edit(raw))).toEqual([EMAIL]);
  });

  it.each([
    ['as a URI', 'EMAIL:mailto:new@m.example', 'new@m.example'],
    ['second of a list', String.raw`EMAIL:b@b.example\, new@m.example`, 'new@m.example'],
    ['its domain in letters', 'EMAIL:a@müller.example', 'a@xn--mller-kva.example'],
  ])('%s: no rule finds it there, so it is added, once', (_, line, address) => {
    const raw = aCard('VERSION:3.0', 'UID:1', 'FN:x', line, `NOTE:${UPDATED}`);
    const additions = { address: anAddress(address) };

    const edited = edit(raw, additions);

    expect(addedTo(raw, edited)).toEqual([`EMAIL;TYPE=INTERNET:${address}`]);
    expect(edit(edited, additions)).toBe(edited);
  });
});

describe('NOTE gets a line for each decision', () => {
  const toFeed = { to: 'Feed', groupCategory: null, today: TODAY };
  it.each<[string, Partial<DecisionWish>, string, readonly string[]]>([
    ['the first', {}, 'NOTE:hello', [`…\\n${UPDATED}`]],
    ['the first, in a group already', { groupCategory: 'Feed' }, 'NOTE:a', [`…\\n${UPDATED}`]],
    [
      'changed, from a group',
      { groupCategory: 'Jail' },
      'NOTE:a',
      [`…\\nMailroom ${TODAY}: Jail → Feed`],
    ],
    ['the same as the last', {}, 'NOTE:Mailroom 2026-01-01: Jail → Feed', []],
    ['the same, the user wrote below', {}, `NOTE:${UPDATED}\\nhello`, []],
    ['the same, in another NOTE', {}, `NOTE:a\r\nNOTE:${UPDATED}`, []],
    [
      'another than the last, whatever the group',
      { groupCategory: 'Feed' },
      'NOTE:Mailroom 2026-01-01: Jail',
      [`…\\nMailroom ${TODAY}: Jail → Feed`],
    ],
    ['an earlier version’s line', {}, 'NOTE:Added by Mailroom on 2025-01-01', [`…\\n${UPDATED}`]],
    ['within a sentence', {}, `NOTE:so ${UPDATED}`, [`…\\n${UPDATED}`]],
    ['ends in a line end', {}, 'NOTE:hello\\n', [`…${UPDATED}`]],
    [
      'a name with a comma',
      { to: 'News, daily' },
      'NOTE:a',
      [`…\\nMailroom ${TODAY}: News\\, daily`],
    ],
  ])('%s', (_, wish, note, expected) => {
    const raw = aCard('VERSION:3.0', 'UID:1', 'FN:x', 'EMAIL:new@sender.example', note);
    const decision = { ...toFeed, ...wish };

    const edited = edit(raw, { decision });

    expect(addedTo(raw, edited).map(toText)).toEqual(expected);
    expect(edit(edited, { decision })).toBe(edited);
  });
});

describe('a NOTE in another encoding is not broken', () => {
  it.each([
    ['base64: a NOTE of its own', '3.0', 'NOTE;ENCODING=b:aGVsbG8=', [`NOTE:${UPDATED}`]],
    [
      'a reference: a NOTE of its own',
      '4.0',
      'NOTE;VALUE=uri:http://x.example/',
      [`NOTE:${UPDATED}`],
    ],
    [
      'plain vCard 2.1, which has one line: a NOTE of its own',
      '2.1',
      'NOTE:hello',
      [`NOTE;ENCODING=QUOTED-PRINTABLE:${UPDATED}`],
    ],
    ['quoted-printable', '2.1', 'NOTE;QUOTED-PRINTABLE:caf=E9', [`…=0D=0A${UPDATED}`]],
    [
      'quoted-printable, no room in the line',
      '2.1',
      `NOTE;ENCODING=QUOTED-PRINTABLE:${'x'.repeat(40)}`,
      ['…=', `=0D=0A${UPDATED}`],
    ],
    [
      'quoted-printable in 3.0, no room in the line',
      '3.0',
      `NOTE;ENCODING=QUOTED-PRINTABLE:${'x'.repeat(40)}`,
      [` =0D=0A${UPDATED}`],
    ],
    [
      'a soft line break that leads nowhere',
      '2.1',
      'NOTE;ENCODING=QUOTED-PRINTABLE:x=',
      [`=0D=0A${UPDATED}`],
    ],
  ])('%s', (_, version, note, expected) => {
    const raw = aCard(`VERSION:${version}`, 'UID:1', 'FN:x', 'EMAIL:new@sender.example', note);

    const edited = edit(raw);

    expect(addedTo(raw, edited)).toEqual(expected);
    expect(edit(edited)).toBe(edited);
  });

  it('new lines do not end up in a value whose soft line break leads nowhere', () => {
    const raw = aCard('VERSION:2.1', 'UID:1', 'X-A;ENCODING=QUOTED-PRINTABLE:x=');

    const [contact] = parseCard(edit(raw), 'h').contacts;

    expect(contact).toMatchObject({ name: 'New Name', addresses: ['new@sender.example'] });
  });
});

describe('lines are at most 75 octets', () => {
  it('whatever room NOTE leaves for ours', () => {
    for (let length = 0; length <= 70; length += 1) {
      const edited = edit(aCard('VERSION:3.0', 'UID:1', `NOTE:${'n'.repeat(length)}`));

      expect(Math.max(...octetsPerLine(edited))).toBeLessThanOrEqual(75);
    }
  });

  it('whatever the characters of FN are', () => {
    for (const fullName of ['x', 'é', '€', '😀'].map((character) => character.repeat(200))) {
      const edited = edit(aCard('VERSION:3.0', 'UID:1'), { fullName });

      expect(Math.max(...octetsPerLine(edited))).toBeLessThanOrEqual(75);
      expect(parseCard(edited, 'h').contacts[0]?.name).toBe(fullName);
    }
  });

  it('a fold of ours never stands inside a character', () => {
    const edited = edit(aCard('VERSION:3.0', 'UID:1'), { fullName: `x${'é😀'.repeat(60)}` });

    for (const line of edited.split('\r\n')) {
      expect(Buffer.from(line, 'latin1').toString()).not.toContain('\uFFFD');
    }
  });
});

describe('line ends are the card’s own', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('%s', (_, lineEnd) => {
    const raw = aCard('VERSION:3.0', 'UID:1', `NOTE:${'n'.repeat(60)}`).replaceAll('\r\n', lineEnd);

    const edited = edit(raw as RawCard);

    expect(edited.replaceAll(lineEnd, '')).not.toMatch(/[\r\n]/u);
    expect(edited).toContain(
      `${lineEnd} \\n${UPDATED}${lineEnd}${EMAIL.slice(0, 5)}`.replace('EMAIL', 'FN:Ne'),
    );
  });
});

describe('what is no whole vCard is read as far as it goes, and is not for editing', () => {
  it.each([
    ['cut short', 'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nEMAIL:a@b.example\r\n'],
    ['without BEGIN', 'UID:1\r\nEMAIL:a@b.example\r\n'],
    [
      'END is missing between two',
      'BEGIN:VCARD\nUID:1\nBEGIN:VCARD\nEMAIL:a@b.example\nEND:VCARD\n',
    ],
    ['END is folded away', 'BEGIN:VCARD\nEMAIL:a@b.example\n END:VCARD\n EMAIL\nEMAIL:a@b.example'],
  ])('%s', (_, text) => {
    const raw = toRawCard(Buffer.from(text));

    const reading = parseCard(raw, 'h');

    expect(reading.isDamaged).toBe(true);
    expect(reading.contacts[0]?.addresses).toContain('a@b.example');
    expect(parseCardParts(raw).filter(isWhole)).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['a page', '<html>\nEMAIL: x'],
    ['colons', ':::\n;:\n=\n"\n.EMAIL:a@b.example'],
  ])('%s has no address', (_, text) => {
    expect(parseCard(toRawCard(Buffer.from(text)), 'h').contacts[0]?.addresses ?? []).toEqual([]);
  });
});

function toText(octets: string): string {
  // The mark of `addedTo` is no octet.
  const mark = octets.startsWith('…') ? '…' : '';
  return mark + Buffer.from(octets.slice(mark.length), 'latin1').toString('utf8');
}
