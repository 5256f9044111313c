import { describe, expect, it } from 'vitest';

import { memberKey } from '../../../src/triage/model.ts';

describe('memberKey: a member in whatever form', () => {
  it.each([
    ['a bare UID', '4F1A-b'],
    ['lower case', '4f1a-b'],
    ['with its scheme', 'urn:uuid:4F1A-b'],
    ['scheme in capitals', 'URN:UUID:4f1a-B'],
    ['surrounding space', ' urn:uuid:4F1A-b \r\n'],
  ])('%s', (_rule, member) => {
    expect(memberKey(member)).toBe('4f1a-b');
  });

  it('the scheme is one only at the beginning', () => {
    expect(memberKey('x-urn:uuid:1')).toBe('x-urn:uuid:1');
  });
});
