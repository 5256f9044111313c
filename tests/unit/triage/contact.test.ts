import { describe, expect, it } from 'vitest';

import { parsePersonName, planNewContact } from '../../../src/triage/contact.ts';
import { anAddress } from '../../support/builders.ts';

describe('parsePersonName', () => {
  it.each([
    ['given and family name', 'Jane Doe', 'Jane', 'Doe'],
    ['family name first, with a comma', 'Doe, Jane', 'Jane', 'Doe'],
    ['comma without space', 'Doe,Jane', 'Jane', 'Doe'],
    ['several given names', 'Jane Mary Doe', 'Jane Mary', 'Doe'],
    ['several family names before a comma', 'van der Berg, Jan', 'Jan', 'van der Berg'],
    ['one word is a given name', 'Jane', 'Jane', ''],
    ['nothing behind the comma', 'Doe,', 'Doe', ''],
    ['nothing before the comma', ', Jane', 'Jane', ''],
    ['nothing but a comma', ',', '', ''],
    ['runs of space', 'Jane   Doe', 'Jane', 'Doe'],
    ['a second comma stays', 'Doe, Jane, PhD', 'Jane, PhD', 'Doe'],
    ['nothing', '', '', ''],
  ])('%s', (_rule, fullName, givenName, familyName) => {
    expect(parsePersonName(fullName)).toEqual({ givenName, familyName });
  });
});

describe('planNewContact', () => {
  it.each([
    ['the display name', 'jane@example.com', 'Jane Doe', 'Jane Doe'],
    ['no display name: the part before the @', 'jane.doe@example.com', '', 'jane.doe'],
    ['a quoted part with an @', '"jane@home"@example.com', '', '"jane@home"'],
  ])('FN is %s', (_rule, address, displayName, fullName) => {
    const contact = planNewContact(anAddress(address), displayName, 'company');

    expect(contact).toEqual({ address, fullName, personName: null });
  });

  it('a person has given and family name, a company has none', () => {
    expect(planNewContact(anAddress(), 'Doe, Jane', 'person').personName).toEqual({
      givenName: 'Jane',
      familyName: 'Doe',
    });
    expect(planNewContact(anAddress(), 'Doe, Jane', 'company').personName).toBeNull();
  });
});
