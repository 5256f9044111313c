import { describe, expect, it } from 'vitest';

import { parseEmailValue } from '../../../../src/contacts/vcard/email-value.ts';

describe('addresses in the value of an EMAIL', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['the address alone', 'Jane@X.example', ['jane@x.example']],
    ['a name before it', 'Jane <jane@x.example>', ['jane@x.example']],
    ['a name with a comma', 'Doe, Jane <jane@x.example>', ['jane@x.example']],
    ['a name that looks like one', '"a@y.example" <jane@x.example>', ['jane@x.example']],
    ['angle brackets', ' <jane@x.example> ', ['jane@x.example']],
    ['a list with ;', 'a@x.example;b@x.example', ['a@x.example', 'b@x.example']],
    ['a list with ,', 'A <a@x.example>, b@x.example', ['a@x.example', 'b@x.example']],
    ['mailto:', 'MAILTO:jane@x.example?subject=Hi', ['jane@x.example']],
    ['mailto: with escapes', 'mailto:jane%40x.example', ['jane@x.example']],
    ['mailto: with bad escapes', 'mailto:100%@x.example', ['100%@x.example']],
    ['mailto: in brackets', 'Jane <mailto:jane@x.example>', ['jane@x.example']],
    ['needless quotes', '"foo..bar"@x.example', ['foo..bar@x.example']],
    ['quotes that are needed', '"foo,bar;b"@x.example', ['"foo,bar;b"@x.example']],
    ['a pattern equals nobody, the others count', '*@x.example,b@x.example', ['b@x.example']],
    ['an accent apart (NFD)', 'E\u0301mile@x.example', ['émile@x.example']],
    ['no address', 'Jane', []],
    ['nothing', '', []],
  ])('%s', (_, value, addresses) => {
    expect(parseEmailValue(value)).toEqual(addresses);
  });
});
