import { describe, expect, it } from 'vitest';

import { findSignOfVersion4 } from '../../../../src/contacts/vcard/version.ts';
import { aCard, partOf } from '../cards.ts';

const signOf = (...lines: readonly string[]): string | null => {
  const raw = aCard(...lines);
  return findSignOfVersion4(raw, partOf(raw));
};

describe('a card of 3.0 that may be stored as 4.0', () => {
  it.each<readonly [string, readonly string[], string | null]>([
    ['without N, which 3.0 has to have', ['FN:A'], 'proof'],
    ['with N and nothing else', ['FN:A', 'N:A;;;;'], null],
    ['with a preference', ['N:A;;;;', 'EMAIL;PREF=1:a@a.example'], 'hint'],
    ['with KIND', ['N:A;;;;', 'x-addressbookserver-kind:individual'], 'hint'],
    ['with KIND in the spelling of clients', ['N:A;;;;', 'X-ADDRESSBOOKSERVER-KIND:group'], null],
    ['with a date without a year', ['N:A;;;;', 'BDAY:--0412'], 'hint'],
    ['with a date', ['N:A;;;;', 'BDAY:1980-04-12'], null],
  ])('%s', (_, lines, sign) => {
    expect(signOf('VERSION:3.0', ...lines)).toBe(sign);
  });

  it.each(['4.0', '2.1'])('one that says %s is what it says', (version) => {
    expect(signOf(`VERSION:${version}`, 'FN:A')).toBeNull();
  });
});
