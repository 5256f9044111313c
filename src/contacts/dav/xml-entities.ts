/** XML's references in octets undone; null when there is one that XML does not know. */
export function decodeEntities(text: string): string | null {
  if (!text.includes('&')) return text;
  let isGood = true;
  const decoded = joinSurrogates(text).replace(
    /&(?<name>[^;&\s]{0,10};)?/gu,
    (_, name: string | undefined) => {
      const character = name === undefined ? undefined : decodeEntity(name.slice(0, -1));
      if (character === undefined) isGood = false;
      return character ?? '';
    },
  );
  return isGood ? decoded : null;
}

/** Some writers refer to a character beyond U+FFFF by its two halves in UTF-16. */
function joinSurrogates(text: string): string {
  return text.replace(
    /&#(?<high>x0*d[89ab][\da-f]{2}|5[56]\d{3});&#(?<low>x0*d[c-f][\da-f]{2}|5[67]\d{3});/giu,
    (both, high: string, low: string) => {
      const [first, second] = [codeOf(high), codeOf(low)];
      if (first >> 10 !== 0xd800 >> 10 || second >> 10 !== 0xdc00 >> 10) return both;
      return `&#${(((first & 0x3ff) << 10) | (second & 0x3ff)) + 0x1_00_00};`;
    },
  );
}

function codeOf(digits: string): number {
  return /^x/iu.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number(digits);
}

function decodeEntity(name: string): string | undefined {
  if (!/^#(?:x[\da-f]+|\d+)$/iu.test(name)) return ENTITIES.get(name);
  const code = codeOf(name.slice(1));
  if (!(code > 0 && code <= 0x10_ff_ff)) return undefined;
  return Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1');
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
