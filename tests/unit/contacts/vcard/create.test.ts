import * as fc from 'fast-check';
import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';

import { uidFor, uidForGroup, uuidV5 } from '../../../../src/contacts/contact-id.ts';
import { createContactCard, createGroupCard } from '../../../../src/contacts/vcard/create.ts';
import type { RawCard } from '../../../../src/contacts/vcard/lines.ts';
import { anAddress, octetsPerLine, TODAY } from '../cards.ts';
import { anyCharacter } from '../../../support/any-text.ts';

const DECISION = { to: 'Feed', groupCategory: null, today: TODAY };
const ADDRESS = anAddress('jane@doe.example');

/** Read by a parser that is not ours. */
function readByIcal(raw: RawCard): Readonly<Record<string, unknown>> {
  const text = Buffer.from(raw, 'latin1').toString('utf8');
  const [, properties] = ICAL.parse(text) as [string, [string, unknown, string, unknown][]];
  return Object.fromEntries(properties.map(([name, , , value]) => [name, value]));
}

describe('a new contact', () => {
  it('is a person with N and without ORG', async () => {
    const personName = { familyName: 'Doe', givenName: 'Jane' };
    const card = await createContactCard(
      { address: ADDRESS, fullName: 'Jane Doe', personName },
      'u-1',
      DECISION,
    );

    expect(card.split('\r\n')).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'UID:u-1',
      'FN:Jane Doe',
      'N:Doe;Jane;;;',
      'EMAIL;TYPE=INTERNET:jane@doe.example',
      `NOTE:Mailroom ${TODAY}: Feed (contact added)`,
      'END:VCARD',
      '',
    ]);
  });

  it('is a company with ORG = FN and an empty N', async () => {
    const card = await createContactCard(
      { address: ADDRESS, fullName: 'A, B; C', personName: null },
      'u-1',
      DECISION,
    );

    expect(card.split('\r\n')).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'UID:u-1',
      'FN:A\\, B; C',
      'N:;;;;',
      'ORG:A\\, B\\; C',
      'EMAIL;TYPE=INTERNET:jane@doe.example',
      `NOTE:Mailroom ${TODAY}: Feed (contact added)`,
      'END:VCARD',
      '',
    ]);
  });

  it('says to another reader what was meant, whatever the name', async () => {
    const names = fc.string({ unit: anyCharacter, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(names, names, async (fullName, givenName) => {
        const personName = { familyName: 'Doe', givenName };
        const card = await createContactCard(
          { address: ADDRESS, fullName, personName },
          'u-1',
          DECISION,
        );

        const read = readByIcal(card);
        expect(Object.keys(read).toSorted()).toEqual([
          'email',
          'fn',
          'n',
          'note',
          'uid',
          'version',
        ]);
        expect(read['fn']).toBe(visible(fullName) || ADDRESS);
        expect(read['n']).toEqual(['Doe', visible(givenName), '', '', '']);
        expect(read['email']).toBe(ADDRESS);
        expect(card.replaceAll('\r\n', '')).not.toMatch(/\p{Cc}(?<![\u0080-\u009F])/u);
        expect(Math.max(...octetsPerLine(card))).toBeLessThanOrEqual(75);
      }),
    );
  });
});

describe('a new group', () => {
  it('is a group as Apple and Fastmail have it', async () => {
    expect((await createGroupCard('Paper Trail', 'g-1')).split('\r\n')).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'UID:g-1',
      'FN:Paper Trail',
      'N:Paper Trail;;;;',
      'X-ADDRESSBOOKSERVER-KIND:group',
      'END:VCARD',
      '',
    ]);
  });
});

describe('UIDs are UUIDv5 of RFC 9562', () => {
  // Computed with Python: uuid.uuid5(uuid.NAMESPACE_URL, …).
  it.each([
    ['an address', uidFor(anAddress('new@x.example')), '325b1db1-a80c-573d-b4ad-5e6783f80098'],
    ['a group', uidForGroup('Paper Trail'), '5cd30844-39a9-5c10-bfac-9a985ea88ff4'],
    ['non-ASCII', uuidV5('mailto:é@x.example'), '3213a77a-0092-5541-b728-c449eadb769c'],
  ])('%s', (_, uid, expected) => {
    expect(uid).toBe(expected);
  });

  it('a group’s name in another normal form is the same name', async () => {
    expect(uidForGroup('Caf\u00E9')).toBe(uidForGroup('Cafe\u0301'));
  });
});

/** The rule in other words: white space runs are one space, control characters and half pairs are none. */
function visible(text: string): string {
  const kept = Array.from(text.toWellFormed(), (character) => {
    if (/[\r\n]/u.test(character)) return ' ';
    return /\p{Cc}/u.test(character) ? '' : character;
  });
  return kept.join('').replace(/\s+/gu, ' ').trim();
}
