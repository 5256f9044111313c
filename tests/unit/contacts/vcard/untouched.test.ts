import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { uidFor } from '../../../../src/contacts/contact-id.ts';
import { createContactCard } from '../../../../src/contacts/vcard/create.ts';
import { asRawCard, type RawCard, toRawCard } from '../../../../src/contacts/vcard/lines.ts';
import { isUntouchedCard, type MadeFor } from '../../../../src/contacts/vcard/untouched.ts';
import { planNewContact } from '../../../../src/triage/contact.ts';
import { anAddress, edit } from '../cards.ts';

const ADDRESS = anAddress('news@shop.example');
const MAKER: MadeFor = {
  address: ADDRESS,
  uids: [uidFor(ADDRESS)],
  names: ['The News'],
  categories: ['Feed', 'Jail'],
};

async function aCardOfOurs(
  name = 'The News',
  type: 'company' | 'person' = 'company',
): Promise<RawCard> {
  const decision = { to: 'Feed', groupCategory: null, today: '2026-11-25' };
  return createContactCard(planNewContact(ADDRESS, name, type), uidFor(ADDRESS), decision);
}

function withLine(raw: RawCard, line: string): RawCard {
  return asRawCard(raw.replace('END:VCARD', `${line}\r\nEND:VCARD`));
}

describe('a card as Mailroom makes it', () => {
  it.each([
    ['a company', 'The News', 'company'],
    ['a person', 'Jane van Doe', 'person'],
    ['a person written the other way', 'Doe, Jane', 'person'],
    ['without a name: the part before @', '', 'company'],
    ['with letters that are escaped', 'News; daily, and "more" \\ Ü 😀', 'company'],
  ] as const)('%s', async (_rule, name, type) => {
    expect(isUntouchedCard(await aCardOfOurs(name, type), { ...MAKER, names: [name] })).toBe(true);
  });

  it('with decisions written on it since, and what a server adds', async () => {
    const decided = edit(await aCardOfOurs(), {
      address: ADDRESS,
      decision: { to: 'Jail', groupCategory: 'Feed', today: '2026-11-26' },
    });
    const served = withLine(withLine(decided, 'REV:20261125T000000Z'), 'PRODID:-//Server//EN');

    expect(isUntouchedCard(served, MAKER)).toBe(true);
  });

  it('as an earlier version made it', async () => {
    const raw = await aCardOfOurs();
    const early = raw.replace(/NOTE:.*/u, 'NOTE:Added by Mailroom on 2026-01-05');

    expect(isUntouchedCard(asRawCard(early), MAKER)).toBe(true);
  });
});

describe('any change by anybody keeps it', () => {
  it.each([
    ['a phone number', 'TEL:123'],
    ['another address', 'EMAIL:jane@shop.example'],
    ['the same address once more', 'EMAIL:news@shop.example'],
    ['a type on an address', 'EMAIL;TYPE=HOME:news@shop.example'],
    ['a line of a group', 'item1.URL:https://shop.example'],
    ['a photo', 'PHOTO;ENCODING=b;TYPE=JPEG:QUJD'],
    ['a note of the user’s', 'NOTE:call back'],
    ['a second name', 'FN:Somebody'],
    ['a nickname', 'NICKNAME:x'],
    ['an unknown property', 'X-THING:1'],
    ['a line that is none', 'what is this'],
  ])('%s', async (_rule, line) => {
    expect(isUntouchedCard(withLine(await aCardOfOurs(), line), MAKER)).toBe(false);
  });

  it.each<[string, (raw: string) => string]>([
    ['FN', (raw) => raw.replace('FN:The News', 'FN:My News')],
    ['FN and ORG together', (raw) => raw.replaceAll(':The News', ':My News')],
    ['N', (raw) => raw.replace('N:;;;;', 'N:News;;;;')],
    ['N, as a person has it', (raw) => raw.replace('N:;;;;', 'N:News;The;;;')],
    ['ORG', (raw) => raw.replace('ORG:The News', 'ORG:Shop')],
    ['no ORG any more', (raw) => raw.replace('ORG:The News\r\n', '')],
    ['ORG once more', (raw) => raw.replace('ORG:', 'ORG:The News\r\nORG:')],
    [
      'a vCard within it',
      (raw) => raw.replace('ORG:', 'BEGIN:VCARD\r\nTEL:1\r\nEND:VCARD\r\nORG:'),
    ],
    ['words within the decision', (raw) => raw.replace(': Feed', ': Feed - for now')],
    ['a word after the decision', (raw) => raw.replace('(contact added)', '(contact added)!')],
    [
      'a second vCard',
      (raw) => `${raw}BEGIN:VCARD\r\nVERSION:3.0\r\nUID:2\r\nFN:x\r\nEND:VCARD\r\n`,
    ],
    ['cut short', (raw) => raw.replace('END:VCARD\r\n', '')],
    ['a group', (raw) => raw.replace('ORG:', 'KIND:group\r\nORG:')],
  ])('%s', async (_rule, change) => {
    const raw = await aCardOfOurs();
    const changed = change(raw);

    expect(changed).not.toBe(raw);
    expect(isUntouchedCard(asRawCard(changed), MAKER)).toBe(false);
  });

  it.each<[string, MadeFor]>([
    ['another address', { ...MAKER, address: anAddress('other@shop.example') }],
    ['another UID', { ...MAKER, uids: ['x'] }],
    ['a name that no email has', { ...MAKER, names: ['Other'] }],
  ])('and it is nobody else’s: %s', async (_rule, maker) => {
    expect(isUntouchedCard(await aCardOfOurs(), maker)).toBe(false);
  });

  it('property: any octets put in anywhere but by us', async () => {
    const raw = await aCardOfOurs();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(raw.length),
        fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }),
        async (at, text) => {
          const changed = asRawCard(raw.slice(0, at) + text + raw.slice(at));
          const lines = (card: string): string => card.replace(/\s/gu, '').toLowerCase();
          // What differs in white space or letter case alone says the same.
          fc.pre(lines(changed) !== lines(raw) && !/^[\s;]*$/u.test(text));
          const isUntouched = isUntouchedCard(changed, MAKER);
          if (isUntouched) expect(changed).toMatch(/VERSION|PRODID|REV|TYPE=|Mailroom \d/u);
        },
      ),
    );
  });

  it('nonsense is never taken for a card of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(isUntouchedCard(toRawCard(bytes), MAKER)).toBe(false);
      }),
    );
  });
});
