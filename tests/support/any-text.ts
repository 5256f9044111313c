import * as fc from 'fast-check';

/** Halves of a surrogate pair, which are not characters. */
const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Any character of Unicode, for `fc.string({ unit: anyCharacter })`. The same as fast-check's own
 * `unit: 'binary'`, which however first makes a table of them all: more than a second of CPU.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES.count })
  .map(
    (index) => String.fromCodePoint(index < SURROGATES.first ? index : index + SURROGATES.count),
    // The way back: with it fast-check also tries names that trip programs up (`__proto__`).
    (character) => {
      const [only = '', ...others] = Array.from(String(character));
      if (others.length > 0 || only === '' || !only.isWellFormed())
        throw new TypeError('not one character');
      const point = only.codePointAt(0) ?? 0;
      return point < SURROGATES.first ? point : point - SURROGATES.count;
    },
  );
