import { toPlainLine } from '../../log/plain-line.ts';

/**
 * What a stranger wrote, as one harmless piece of a line: no control characters, the reading direction
 * unchanged, and links broken, so that no mail program turns them into real ones.
 */
export function cleanText(text: string, maxCharacters: number): string {
  // Far more than is kept: subjects may be as long as an email.
  const start = text.slice(0, 20 * maxCharacters).replace(/[\s\p{Zs}]+/gu, ' ');
  const line = toPlainLine(start.toWellFormed()).replace(/ {2,}/gu, ' ').trim();
  // A line of ours begins with the bullet.
  return cut(breakLinks(line.replaceAll('•', '·')), maxCharacters, Infinity);
}

/**
 * An address, whole but for what a mail program could take for a link: a local part may be
 * `bit.ly/x`, or, in quotes, `http://evil.example`.
 */
export function cleanAddress(address: string): string {
  const line = toPlainLine(address);
  const at = line.lastIndexOf('@');
  const localPart = line.slice(0, at);
  return /^"?www\.|[/:]/iu.test(localPart) ? breakLinks(localPart) + line.slice(at) : line;
}

/**
 * What security people write: `http` becomes `hxxp`, and a dot in a domain `[.]`, because mail programs
 * make links of bare domains too, and of those with other scripts' full stops (RFC 3490 §3.1).
 */
function breakLinks(text: string): string {
  return text
    .replace(/h(?:tt|TT|tT|Tt)p(?=s?:)/giu, (scheme) => `${scheme[0]}xx${scheme[3]}`)
    .replace(/www\./giu, (www) => `${www.slice(0, 3)}[.]`)
    .replace(/(?<=[\p{L}\p{M}\p{N}])[.\u3002\uFF0E\uFF61](?=\p{L}[\p{L}\p{M}])/gu, '[.]')
    .replace(/(mailto|\btel|\bsms):(?=\S)/giu, '$1[:]')
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
