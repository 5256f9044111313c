import * as fc from 'fast-check';
import { anyCharacter } from '../support/any-text.ts';

/**
 * Text that tries to break out of the place where it is printed: a card, a log line, a terminal,
 * XML.
 */
const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\r\nTEL:+1 555 0666',
        '\nEND:VCARD\nBEGIN:VCARD',
        '\r\n ',
        '\n',
        '\r',
        '\u0000',
        '\u0007',
        '\u0008',
        '\u001B[31m',
        '\u001B]0;title\u0007',
        '\u009B2J',
        '\u0085',
        '\u2028',
        '\u2029',
        '\u202E',
        '\u2066',
        '\uFEFF',
        '\u200B',
        '\uD800',
        '\uDFFF',
        '\\n',
        '\\',
        '\\;',
        ';;;',
        ',',
        ':',
        '"',
        '=0D=0ATEL:1',
        '%0D%0A',
        ']]>',
        '<!--',
        '&amp;',
        '<script>',
        '${jndi:x}',
        '{"event":"poll_complete"}',
        'BEGIN:VCARD',
        'X-ADDRESSBOOKSERVER-KIND:group',
        'Updated by Mailroom on 2026-11-01',
        '👩‍👩‍👧‍👦',
        'e\u0301'.repeat(40),
        'Doe, Jane',
      ),
      fc.string({ unit: anyCharacter, maxLength: 12 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constant('A').map((letter) => letter.repeat(10_000)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

/** An entry of From as a server may give it. `index` keeps the addresses of a batch apart. */
const hostileAddress: fc.Arbitrary<string> = fc.oneof(
  hostileText,
  fc.tuple(fc.nat(20), hostileText).map(([index, text]) => `s${index}${text}@t.example`),
  fc.tuple(fc.nat(20), hostileText).map(([index, text]) => `s${index}@${text}.example`),
  fc.nat(20).map((index) => `s${index}@t.example`),
  fc.constantFrom(
    '',
    '@',
    'a@',
    '@b',
    'undisclosed-recipients:;',
    '"quoted local"@t.example',
    '"a\\"b"@t.example',
    '"a\r\nTEL:1"@t.example',
    'ünïcode@bücher.example',
    'x@xn--bcher-kva.example',
    'x@BÜCHER.example',
    'x@[192.0.2.1]',
    'x@[IPv6:2001:db8::1]',
    'k\u212Aelvin@t.example',
    'a@b@t.example',
    `${'l'.repeat(300)}@t.example`,
    `x@${'d'.repeat(64)}.example`,
    '<x@t.example>',
    'x@t.example, y@t.example',
  ),
);

/** The whole From: no entry, one, or several. */
export const hostileFrom: fc.Arbitrary<readonly { name: string | null; email: string }[] | null> =
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    {
      weight: 12,
      arbitrary: fc.array(
        fc.record({ name: fc.option(hostileText, { nil: null }), email: hostileAddress }),
        { maxLength: 3 },
      ),
    },
  );

/** JSON with one value changed: `path` says which, and `into` what to. */
export function withChangedNode(json: unknown, path: readonly number[], into: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof json !== 'object' || json === null) return into;
  const keys = Object.keys(json);
  if (keys.length === 0) return into;
  const key = keys[step % keys.length] ?? '';
  const changed = Array.isArray(json) ? [...json] : { ...json };
  const value = withChangedNode((json as Record<string, unknown>)[key], rest, into);
  if (value === REMOVED) Reflect.deleteProperty(changed, key);
  else Object.assign(changed, { [key]: value });
  return changed;
}

const REMOVED = Symbol('removed');

/** What a server, or a proxy before it, may put in place of a value. */
export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, [], {}, '', 0, -1, 1e308, true, [[[[]]]], REMOVED, '__proto__'),
  hostileText,
  fc.integer(),
);

/** Changes a text: a part is cut out, doubled, or replaced. */
export const textChange: fc.Arbitrary<(text: string) => string> = fc
  .record({
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(80),
    what: fc.constantFrom('cut', 'double', 'replace', 'cut to the end'),
    into: fc.oneof(
      hostileText,
      fc.constantFrom('<!DOCTYPE a [<!ENTITY b "b">]>', '&b;', '<a>', '</d:response>', '<![CDATA['),
    ),
  })
  .map(({ from, length, what, into }) => (text) => {
    const begin = Math.floor(from * text.length);
    const part = text.slice(begin, begin + length);
    const head = text.slice(0, begin);
    const tail = text.slice(begin + length);
    if (what === 'cut') return head + tail;
    if (what === 'double') return head + part + part + tail;
    return what === 'replace' ? head + into + tail : head;
  });
