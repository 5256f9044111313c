import { domainToASCII, domainToUnicode } from 'node:url';

import type { Email, EmailAddress, NobodyReason, SenderAddress } from './model.ts';

/**
 * The canonical form of an address: surrounding space off, lower-cased, letters with their accents
 * composed, needless quotes off, domain in ASCII form (RFC 5891). Null when it is no usable address: empty, no `@`, space or control
 * characters in it, a `*` (address books read it as a pattern), a domain that does not exist in
 * ASCII. In doubt it is null: an address that matched too much would move other people's mail.
 */
export function parseSenderAddress(text: string): SenderAddress | null {
  const address = text.trim();
  const at = address.lastIndexOf('@');
  if (at < 1 || at === address.length - 1) return null;
  const localPart = address.slice(0, at);
  if (!localPart.startsWith('"')) return isBareLocalPart(localPart) ? join(address, at) : null;
  const content = unquoteLocalPart(localPart);
  return content === null ? null : senderAddress(content, address.slice(at + 1));
}

/** The address of a local part without its quotes, and a domain; null where it is not usable. */
export function senderAddress(content: string, domain: string): SenderAddress | null {
  if (isBareLocalPart(content)) {
    const bare = `${content}@${domain}`;
    return join(bare, content.length);
  }
  // Servers trim space at the ends, which would make it somebody else's address.
  if (content === '' || content !== content.trim() || isUnseen(content)) return null;
  const quoted = `"${content.replace(/["\\]/gu, '\\$&')}"`;
  return join(`${quoted}@${domain}`, quoted.length);
}

/** Null when the email is nobody's (see `judgeAuthor`). */
export function findSender({ author }: Pick<Email, 'author'>): SenderAddress | null {
  return author.kind === 'sender' ? author.address : null;
}

/** Null when the email has a sender. */
export function findNobodyReason({ author }: Pick<Email, 'author'>): NobodyReason | null {
  return author.kind === 'nobody' ? author.reason : null;
}

/**
 * A display name fit for a card, a log line and a terminal: control and formatting characters that
 * could forge lines or turn the reading direction are taken out, white space runs become one space,
 * and what is longer than 200 characters is cut. Empty where nothing is left that can be seen.
 */
export function cleanDisplayName(name: EmailAddress['name']): string {
  if (name === null) return '';
  const visible = name
    .replace(/[\s\u0085]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\uFEFF]/gu, '')
    .replace(/ {2,}/gu, ' ')
    .trim();
  if (HAS_NOTHING_TO_SEE.test(visible)) return '';
  if (visible.length <= MAX_NAME_LENGTH) return visible;
  // Loaded only for the few names that need it: its tables cost a third of Node's own start.
  const graphemes = new Intl.Segmenter('en').segment(visible.slice(0, 2000));
  return Array.from(graphemes, (part) => part.segment)
    .slice(0, MAX_NAME_LENGTH)
    .join('')
    .replace(/\p{Cs}$/u, '')
    .trim();
}

/** Zero-width characters, fillers and the like: a contact of that name could not be found again. */
const HAS_NOTHING_TO_SEE = /^[\p{Default_Ignorable_Code_Point}\s]*$/u;

/** In characters as people count them; never more than the code units of the text. */
const MAX_NAME_LENGTH = 200;

/** RFC 5321 §4.1.2: a dot-string, dots as some operators allow them; non-ASCII as in RFC 6531. */
function isBareLocalPart(text: string): boolean {
  return text !== '' && !isUnseen(text) && !/[\s"@<>(),;:\\[\]*]/u.test(text);
}

/** RFC 5321 §4.1.2, the content of a quoted string; null if it is not one. */
function unquoteLocalPart(text: string): string | null {
  if (!/^"(?:[^"\\]|\\.)*"$/u.test(text)) return null;
  return text.slice(1, -1).replace(/\\(.)/gu, '$1');
}

/**
 * Characters with which nobody could see whose address it is: control characters, marks that turn
 * the reading direction, octets that the server could not read. And `*`, because it stands for
 * everybody.
 */
function isUnseen(text: string): boolean {
  return /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\uFFFD*]/u.test(text);
}

function join(address: string, at: number): SenderAddress | null {
  const domain = canonicalDomain(address.slice(at + 1));
  if (domain === null) return null;
  return `${composed(lowerCase(address.slice(0, at)))}@${domain}` as SenderAddress;
}

/**
 * Letters with their accents as one character each (NFC, RFC 8265 §3.3.2), so that a card that was
 * written the other way does not get a second one beside it. One with a letter that NFC replaces by another,
 * as it does the Kelvin sign by `K`, stays as it is: two people would become one.
 */
function composed(localPart: string): string {
  const isLetterReplaced = Array.from(localPart).some((one) => one.normalize('NFC') !== one);
  return isLetterReplaced ? localPart : localPart.normalize('NFC');
}

function canonicalDomain(text: string): string | null {
  if (/^\[(?:ipv6:)?[0-9a-f.:]+\]$/iu.test(text)) return text.toLowerCase();
  if (FORBIDDEN_IN_DOMAIN.test(text)) return null;
  // Judged after the mapping too: it makes commas and dots out of characters that look like them.
  const ascii = domainToASCII(text).replace(/\.$/u, '');
  const hasEmptyLabel = ascii.split('.').includes('');
  // `0` becomes 0.0.0.0. A real IPv4 address is written in brackets.
  if (hasEmptyLabel || /^[\d.]+$/u.test(ascii)) return null;
  return FORBIDDEN_IN_DOMAIN.test(ascii) ? null : ascii.toLowerCase();
}

/**
 * Whether nothing but letter case changes when the domain is turned into ASCII. The mapping of UTS
 * #46 drops invisible characters and replaces look-alikes: `sh\u00ADop` and `ｓhop` become `shop`.
 * No domain is registered in such a spelling, so somebody who writes it wants to be taken for
 * another, and checks of the sender's domain (DMARC) may have looked at a different one.
 */
export function isDomainAsItIs(domain: string): boolean {
  const written = lowerCase(domain).split('.');
  const ascii = (canonicalDomain(domain) ?? '').split('.');
  return (
    written.length === ascii.length &&
    ascii.every((label, at) => [label, domainToUnicode(label)].includes(written[at] ?? ''))
  );
}

const FORBIDDEN_IN_DOMAIN = /[\s\p{Cc}@<>(),;:"\\[\]/?#%*\uFFFD]/u;

/**
 * Lower case, letter by letter, but never from outside ASCII to inside it: the Kelvin sign
 * lower-cases to `k`, which would make one person of two.
 */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]|\P{ASCII}/gu, (letter) => {
    const lower = letter.toLowerCase();
    return /\p{ASCII}/u.test(letter) || !/\p{ASCII}/u.test(lower) ? lower : letter;
  });
}
