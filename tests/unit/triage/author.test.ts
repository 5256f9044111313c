import { describe, expect, it } from 'vitest';

import { type FromReading, judgeAuthor } from '../../../src/triage/author.ts';
import { findNobodyReason, findSender } from '../../../src/triage/sender.ts';
import { anAddress } from '../../support/builders.ts';

const OWN = new Set([anAddress('me@home.example')]);

function reading(localPart: string, domain: string): FromReading {
  return { kind: 'address', localPart, domain };
}

const JANE = reading('jane', 'shop.example');

function judge(
  servers: readonly string[],
  readings: readonly FromReading[],
): readonly (string | null)[] {
  const from = servers.map((email) => ({ name: null, email }));
  const author = judgeAuthor({ from, readings, isDigest: false }, OWN);
  return [findSender({ author }), findNobodyReason({ author })];
}

describe('judgeAuthor: the one address of the one From field, as the server reads it too', () => {
  it.each<[string, string, FromReading, string]>([
    ['both read the same', 'jane@shop.example', JANE, 'jane@shop.example'],
    ['letter case', 'Jane@Shop.Example', reading('JANE', 'SHOP.EXAMPLE'), 'jane@shop.example'],
    [
      'server lower-cases',
      'jane@shop.example',
      reading('Jane', 'Shop.Example'),
      'jane@shop.example',
    ],
    [
      'IDN',
      'jane@bücher.example',
      reading('jane', 'xn--bcher-kva.example'),
      'jane@xn--bcher-kva.example',
    ],
    [
      'an accent in one character (NFC)',
      'émile@shop.example',
      reading('Émile', 'shop.example'),
      'émile@shop.example',
    ],
    [
      'an accent that the server takes apart',
      'e\u0301mile@shop.example',
      reading('émile', 'shop.example'),
      'émile@shop.example',
    ],
    [
      'quotes that the server drops',
      'a b@shop.example',
      reading('a b', 'shop.example'),
      '"a b"@shop.example',
    ],
    [
      'quotes that the server keeps',
      '"a b"@shop.example',
      reading('a b', 'shop.example'),
      '"a b"@shop.example',
    ],
    ['needless quotes', '"jane"@shop.example', JANE, 'jane@shop.example'],
    [
      'an X in a name',
      'xavier@shop.example',
      reading('Xavier', 'shop.example'),
      'xavier@shop.example',
    ],
    [
      'capitals with X',
      'MAX.X@SHOP.EXAMPLE',
      reading('MAX.X', 'SHOP.EXAMPLE'),
      'max.x@shop.example',
    ],
    [
      'IDN in capitals',
      'jane@xn--bcher-kva.example',
      reading('jane', 'BÜCHER.EXAMPLE'),
      'jane@xn--bcher-kva.example',
    ],
    [
      'IDN, one label in ASCII form',
      'jane@bücher.xn--p1ai',
      reading('jane', 'bücher.xn--p1ai'),
      'jane@xn--bcher-kva.xn--p1ai',
    ],
    [
      'a domain in brackets',
      'jane@[IPv6:2001:DB8::1]',
      reading('jane', '[IPv6:2001:DB8::1]'),
      'jane@[ipv6:2001:db8::1]',
    ],
  ])('%s', (_, server, ours, sender) => {
    expect(judge([server], [ours])).toEqual([sender, null]);
  });

  it.each<[string, readonly string[], readonly FromReading[], string]>([
    ['no From field', [], [], 'no address'],
    [
      'several From fields, though alike',
      ['jane@shop.example'],
      [JANE, JANE],
      'several From fields',
    ],
    [
      'an unclear field',
      ['jane@shop.example'],
      [{ kind: 'nobody', reason: 'unclear From field' }],
      'unclear From field',
    ],
    ['the server reads two', ['jane@shop.example', 'x@y.example'], [JANE], 'several addresses'],
    ['the server reads none', [], [JANE], 'server reads another address'],
    ['the server reads nothing', [''], [JANE], 'server reads another address'],
    [
      'the server cuts the domain',
      ['jane@shop.example'],
      [reading('jane', 'shop.example_x.attacker.example')],
      'server reads another address',
    ],
    [
      'the server trims the local part',
      ['victim@bank.example'],
      [reading(' victim', 'bank.example')],
      'unusable address',
    ],
    [
      'space that both keep',
      [' victim@bank.example'],
      [reading(' victim', 'bank.example')],
      'unusable address',
    ],
    ['a pattern', ['*@shop.example'], [reading('*', 'shop.example')], 'address with *'],
    ['a pattern in the domain', ['a@*.example'], [reading('a', '*.example')], 'address with *'],
    ['a number that becomes an IPv4 address', ['x@0'], [reading('x', '0')], 'unusable address'],
    [
      'octets made X',
      ['mXXller@shop.example'],
      [reading('mXXller', 'shop.example')],
      'unusable address',
    ],
    [
      'octets made X, all in capitals',
      ['INFO@EXXON.EXAMPLE'],
      [reading('INFO', 'EXXON.EXAMPLE')],
      'unusable address',
    ],
    ['one octet made X', ['a@boX.example'], [reading('a', 'boX.example')], 'unusable address'],
    [
      'octets that cannot be read',
      ['a\uFFFD@x.example'],
      [reading('a\uFFFD', 'x.example')],
      'unusable address',
    ],
    [
      'an accent apart (NFD), which looks like another’s',
      ['e\u0301mile@x.example'],
      [reading('e\u0301mile', 'x.example')],
      'unusable address',
    ],
    [
      'the same, where the server composes it',
      ['émile@x.example'],
      [reading('e\u0301mile', 'x.example')],
      'unusable address',
    ],
    [
      'a letter that looks like another (Kelvin sign)',
      ['\u212Aate@x.example'],
      [reading('\u212Aate', 'x.example')],
      'unusable address',
    ],
    ...[
      ['a soft hyphen', 'sh\u00ADop.example'],
      ['a space of no width', 'sh\u200Bop.example'],
      ['a joiner', 'sh\u2060op.example'],
      ['a variation selector', 'sh\uFE0Fop.example'],
      ['a wide letter', '\uFF53hop.example'],
      ['a letter in a circle', '\u24E2hop.example'],
      ['another full stop', 'shop\u3002example'],
      ['the Kelvin sign', 'boo\u212A.example'],
      ['an accent apart', 'bu\u0308cher.example'],
    ].map(([what = '', domain = '']): [string, string[], FromReading[], string] => [
      `a domain that turns into another’s: ${what}`,
      [`jane@${domain}`],
      [reading('jane', domain)],
      'unusable address',
    ]),
    ['the own address', ['Me@Home.Example'], [reading('me', 'home.example')], 'own address'],
  ])('nobody: %s', (_, servers, readings, reason) => {
    expect(judge(servers, readings)).toEqual([null, reason]);
  });
});
