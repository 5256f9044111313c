import { describe, expect, it } from 'vitest';

import { editGroupMembers } from '../../../../src/contacts/vcard/edit-members.ts';
import type { RawCard } from '../../../../src/contacts/vcard/lines.ts';
import { aCard, addedTo, partOf, readFixture } from '../cards.ts';

const editGroup = (
  raw: RawCard,
  change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
): RawCard => editGroupMembers(raw, partOf(raw), change.add ?? [], change.remove ?? []);

describe('members are added in the way of the group', () => {
  it.each([
    ['fastmail-group.vcf', 'new-uid', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:new-uid'],
    ['cyrus-lower-case-group.vcf', 'new-uid', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:new-uid'],
    ['group-4.0.vcf', 'new-uid', 'MEMBER:urn:uuid:new-uid'],
    ['fastmail-group.vcf', 'urn:uuid:New', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:urn:uuid:New'],
    ['fastmail-group.vcf', 'URN:UUID:New', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:URN:UUID:New'],
    [
      'fastmail-group.vcf',
      'cn=A,ou=b;c',
      'X-ADDRESSBOOKSERVER-MEMBER;VALUE=uri:urn:uuid:cn=A,ou=b;c',
    ],
    [
      'fastmail-group.vcf',
      'cn=A\\,ou=b',
      'X-ADDRESSBOOKSERVER-MEMBER;VALUE=uri:urn:uuid:cn=A\\,ou=b',
    ],
    [
      'fastmail-group.vcf',
      'DOM\\user',
      'X-ADDRESSBOOKSERVER-MEMBER;VALUE=uri:urn:uuid:DOM\\\\user',
    ],
    ['group-4.0.vcf', 'cn=A,ou=b;c', 'MEMBER:urn:uuid:cn=A,ou=b;c'],
  ])('%s, %s', (name, uid, expected) => {
    const raw = readFixture(name);

    expect(addedTo(raw, editGroup(raw, { add: [uid] }))).toEqual([expected]);
  });

  it.each([
    [
      'an empty 3.0 group',
      ['VERSION:3.0', 'X-ADDRESSBOOKSERVER-KIND:group'],
      'X-ADDRESSBOOKSERVER-MEMBER',
    ],
    ['an empty 4.0 group', ['VERSION:4.0', 'KIND:group'], 'MEMBER'],
    [
      'Apple’s property in 4.0',
      ['VERSION:4.0', 'X-ADDRESSBOOKSERVER-KIND:group'],
      'X-ADDRESSBOOKSERVER-MEMBER',
    ],
    ['KIND in 3.0', ['VERSION:3.0', 'KIND:group'], 'X-ADDRESSBOOKSERVER-MEMBER'],
  ])('%s', (_, lines, property) => {
    const raw = aCard(...lines, 'UID:g', 'FN:G');

    expect(addedTo(raw, editGroup(raw, { add: ['a', 'b'] }))).toEqual([
      `${property}:urn:uuid:a`,
      `${property}:urn:uuid:b`,
    ]);
  });

  it.each([
    ['as it is', '6e1f0b5a-7c1d-4b0e-9a51-0f3b9c2d7e11'],
    ['nothing', ' '],
  ])('one that is there is not added: %s', (_, uid) => {
    const raw = readFixture('fastmail-group.vcf');

    expect(editGroup(raw, { add: [uid] })).toBe(raw);
  });

  it.each([
    ['other letters', 'Abc', 'urn:uuid:abc'],
    ['without the prefix', 'Abc', 'Abc'],
    ['the prefix in capitals', 'Abc', 'URN:UUID:Abc'],
    ['one prefix too few', 'urn:uuid:Abc', 'urn:uuid:Abc'],
  ])('one that is there in another spelling is replaced: %s', (_, uid, member) => {
    const group = (...members: readonly string[]): RawCard =>
      aCard(
        'X-ADDRESSBOOKSERVER-KIND:group',
        ...members.map((text) => `X-ADDRESSBOOKSERVER-MEMBER:${text}`),
      );

    expect(editGroup(group('urn:uuid:other', member), { add: [uid] })).toBe(
      group('urn:uuid:other', `urn:uuid:${uid}`),
    );
  });

  it.each([
    ['cn=A,ou=b;c', 'cn=A\\,ou=b\\;c'],
    ['cn=A\\,ou=b', 'cn=A,ou=b'],
    ['DOM\\user', 'DOM\\\\user'],
  ])('one that the server wrote with other escapes is there: %s', (uid, member) => {
    const raw = aCard(
      'X-ADDRESSBOOKSERVER-KIND:group',
      `X-ADDRESSBOOKSERVER-MEMBER;VALUE=uri:urn:uuid:${member}`,
    );

    expect(editGroup(raw, { add: [uid] })).toBe(raw);
  });

  it('one with escapes that is there as text, where not every server’s rules find it, is replaced', () => {
    const group = (member: string): RawCard =>
      aCard('X-ADDRESSBOOKSERVER-KIND:group', `X-ADDRESSBOOKSERVER-MEMBER${member}`);

    expect(editGroup(group(':urn:uuid:cn=A\\,ou=b'), { add: ['cn=A,ou=b'] })).toBe(
      group(';VALUE=uri:urn:uuid:cn=A,ou=b'),
    );
  });

  it('the same one twice is added once', () => {
    const raw = readFixture('fastmail-group.vcf');

    expect(addedTo(raw, editGroup(raw, { add: ['a', 'URN:UUID:A', 'a'] }))).toHaveLength(1);
  });

  it('a UID with a line end cannot forge a line', () => {
    const raw = readFixture('fastmail-group.vcf');

    expect(addedTo(raw, editGroup(raw, { add: ['a\r\nNOTE:x'] }))).toEqual([
      'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:aNOTE:x',
    ]);
  });
});

describe('members are removed however they are written', () => {
  it.each([
    ['fastmail-group.vcf', '6E1F0B5A-7c1d-4b0e-9a51-0f3b9c2d7e11', 1],
    ['fastmail-group.vcf', '9f2c41e0-1111-4222-8333-444455556666', 1],
    ['cyrus-lower-case-group.vcf', 'google-4f1e2a', 1],
    ['cyrus-lower-case-group.vcf', 'urn:uuid:fold-1', 1],
    ['cyrus-lower-case-group.vcf', 'a-very-long-uid-that-goes-over-the-edge-of-the-line', 2],
    ['group-4.0.vcf', 'F81D4FAE-7dec-11d0-a765-00a0c91e6bf6', 1],
    ['fastmail-group.vcf', '6e1f0b5a', 0],
    ['fastmail-group.vcf', '4b2b5f3c-0c1e-4d8e-8a63-6b0f0a7d1c22', 0],
    ['fastmail-group.vcf', '', 0],
  ])('%s: %s takes %i physical lines', (name, uid, count) => {
    const raw = readFixture(name);

    const edited = editGroup(raw, { remove: [uid] });

    // What is left plus what was taken is the whole.
    expect(addedTo(edited, raw)).toHaveLength(count);
    for (const line of addedTo(edited, raw)) expect(line).toMatch(/member:|^ f-the-line/iu);
  });

  it('every line of a member that stands there twice', () => {
    const raw = aCard(
      'X-ADDRESSBOOKSERVER-KIND:group',
      'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a',
      'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:b',
      'MEMBER:A',
    );

    expect(editGroup(raw, { remove: ['a'] })).toBe(
      aCard('X-ADDRESSBOOKSERVER-KIND:group', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:b'),
    );
  });

  it('while others are added', () => {
    const raw = readFixture('fastmail-group.vcf');
    const member = '6e1f0b5a-7c1d-4b0e-9a51-0f3b9c2d7e11';

    expect(editGroup(raw, { add: ['new'], remove: [member] })).toBe(
      raw
        .replace(`X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:${member}\r\n`, '')
        .replace('END:', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:new\r\nEND:'),
    );
  });
});
