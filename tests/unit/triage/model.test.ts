import { describe, expect, it } from 'vitest';

import { findExactUid, memberKey } from '../../../src/triage/model.ts';

describe('memberKey: a member in whatever form', () => {
  it.each([
    ['a bare UID', '4F1A-b'],
    ['lower case', '4f1a-b'],
    ['with its scheme', 'urn:uuid:4F1A-b'],
    ['scheme in capitals', 'URN:UUID:4f1a-B'],
    ['the scheme twice, as it is for a UID that begins with it', 'urn:uuid:urn:uuid:4F1A-b'],
    ['surrounding space', ' urn:uuid:4F1A-b \r\n'],
  ])('%s', (_rule, member) => {
    expect(memberKey(member)).toBe('4f1a-b');
  });

  it.each([
    ['as on the card', 'cn=Carl,ou=people;x\\y'],
    ['as the server writes it', 'CN=Carl\\,ou=people\\;x\\\\y'],
  ])('escapes are undone: %s', (_rule, member) => {
    expect(memberKey(member)).toBe('cn=carl,ou=people;xy');
  });

  it('the scheme is one only at the beginning', () => {
    expect(memberKey('x-urn:uuid:1')).toBe('x-urn:uuid:1');
  });
});

describe('findExactUid: the UID that the server’s rules look for', () => {
  it.each([
    ['letter case is kept', 'urn:uuid:4F1A-b', '4F1A-b'],
    ['one scheme is taken off', 'urn:uuid:urn:uuid:4F1A-b', 'urn:uuid:4F1A-b'],
    ['escapes are undone', 'urn:uuid:cn=Carl\\,ou=people', 'cn=Carl,ou=people'],
    ['without the scheme: nobody’s', '4F1A-b', null],
    ['a scheme in capitals: nobody’s', 'URN:UUID:4F1A-b', null],
  ])('%s', (_rule, member, uid) => {
    expect(findExactUid(member)).toBe(uid);
  });
});
