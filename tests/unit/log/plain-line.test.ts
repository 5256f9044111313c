import { describe, expect, it } from 'vitest';

import { toPlainLine } from '../../../src/log/plain-line.ts';

describe('text from outside is one harmless line', () => {
  it.each([
    ['line breaks', 'a\r\nb\u2028c', 'a b c'],
    ['a terminal sequence', 'a\u001B[2Jb', 'a [2Jb'],
    ['turned reading direction', 'a\u202Eb\u2066c', 'a b c'],
    ['half a surrogate pair', 'a\uD800b', 'a b'],
    ['an emoji of several characters stays', '👩‍🚀 up', '👩‍🚀 up'],
    ['a terminal sequence at the beginning', '\u001B[2Jb', '[2Jb'],
    ['space at the end', 'a \n', 'a'],
  ])('%s', (_, text, expected) => {
    expect(toPlainLine(text)).toBe(expected);
  });

  it('is cut where it is too long, and says so', () => {
    expect(toPlainLine('abcdef', 4)).toBe('abc…');
  });
});
