import { toPlainLine } from '../../log/plain-line.ts';

/**
 * What a stranger wrote, as one harmless piece of a line: no control characters, the reading direction
 * unchanged, and links broken, so that no mail program turns them into real ones.
 */
export function cleanText(text: string, maxCharacters: number): string {
  // Far more than is kept: subjects may be as long as an email.
  const start = text.slice(0, 20 * maxCharacters).replace(/[\s\p{Zs}]+/gu, ' ');
  const line = toPlainLine(start.toWellFormed()).replace(/ {2,}/gu, ' ').trim();
  return cut(breakLinks(line), maxCharacters, Infinity);
}

/** `http` becomes `hxxp`, and `www.` becomes `www[.]`: what security people write. */
function breakLinks(text: string): string {
  return text
    .replace(/h(?:tt|TT|tT|Tt)p(?=s?:)/giu, (scheme) => `${scheme[0]}xx${scheme[3]}`)
    .replace(/www\./giu, (www) => `${www.slice(0, 3)}[.]`)
    .replace(/(?<!hxxps?):\/\//giu, '[:]//');
}

/**
 * Cut, and ending in `…`, if it has more characters (as people count them) or UTF-8 octets than
 * that.
 */
export function cut(text: string, maxCharacters: number, maxOctets: number): string {
  if (text.length <= maxCharacters && Buffer.byteLength(text) <= maxOctets) return text;
  const characters = Array.from(new Intl.Segmenter('en').segment(text), (one) => one.segment);
  if (characters.length <= maxCharacters && Buffer.byteLength(text) <= maxOctets) return text;
  let kept = '';
  let octets = Buffer.byteLength(ELLIPSIS);
  for (const character of characters.slice(0, Math.max(0, maxCharacters - 1))) {
    octets += Buffer.byteLength(character);
    if (octets > maxOctets) break;
    kept += character;
  }
  return `${kept.trimEnd()}${ELLIPSIS}`;
}

const ELLIPSIS = '…';
