import { expect, it } from 'vitest';

import { wrapText } from '../../../src/terminal/wrap-text.ts';

it.each([
  ['fits', 'a b', { width: 10, indent: '  ' }, ['  a b']],
  ['is full to the column', 'aaaa bbb', { width: 10, indent: '  ' }, ['  aaaa bbb']],
  ['goes on below', 'aaaa bbbb c', { width: 10, indent: '  ' }, ['  aaaa', '  bbbb c']],
  ['begins otherwise', 'a bbbbbb', { width: 8, indent: '  ', first: '- ' }, ['- a', '  bbbbbb']],
  [
    'has a word that is too long',
    'a bbbbbbbbbb c',
    { width: 6, indent: '' },
    ['a', 'bbbbbbbbbb', 'c'],
  ],
  [
    'begins so far to the right that no word fits beside it',
    'bbb c',
    { width: 12, indent: '    ', first: '  file /a/b  ' },
    ['  file /a/b', '    bbb c'],
  ],
  ['is empty', '', { width: 6, indent: ' ' }, [' ']],
])('a text that %s', (_name, text, options, lines) => {
  expect(wrapText(text, options)).toEqual(lines);
});
