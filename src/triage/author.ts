import type { Author, EmailAddress, NobodyReason, SenderAddress } from './model.ts';
import { isDomainAsItIs, parseSenderAddress, senderAddress } from './sender.ts';

/** What is written in one From field (RFC 5322 §3.6.2), read without the server's help. */
export type FromReading =
  | {
      readonly kind: 'address';
      /** Without the quotes that it may have. */
      readonly localPart: string;
      readonly domain: string;
    }
  | { readonly kind: 'nobody'; readonly reason: NobodyReason };

/** Of one email. */
export interface FromFields {
  /** The server's reading. */
  readonly from: readonly EmailAddress[];
  /** Our own, of each From field. */
  readonly readings: readonly FromReading[];
  /** It is one of Mailroom's own digests, whatever its From says. */
  readonly isDigest: boolean;
}

/**
 * Whose email it is: the one address in the one From field, if the server reads the same. Servers end
 * a domain at odd characters, or take an unquoted address in a display name for an author, and then a
 * stranger would pass for somebody. In doubt the email is nobody's.
 */
export function judgeAuthor(
  { from, readings, isDigest }: FromFields,
  ownAddresses: ReadonlySet<SenderAddress>,
): Author {
  if (isDigest) return nobody('digest');
  const [reading, ...otherFields] = readings;
  if (reading === undefined) return nobody('no address');
  if (otherFields.length > 0) return nobody('several From fields');
  if (reading.kind === 'nobody') return reading;
  const [entry, ...otherEntries] = from;
  if (entry === undefined) return nobody('server reads another address');
  if (otherEntries.length > 0) return nobody('several addresses');
  const { localPart, domain } = reading;
  if (`${localPart}${domain}`.includes('*')) return nobody('address with *');
  const address = senderAddress(localPart, domain);
  const isDoubtful =
    isPerhapsOfEightBits(`${localPart}@${domain}`) || !isNfc(localPart) || !isDomainAsItIs(domain);
  if (address === null || isDoubtful) return nobody('unusable address');
  if (readServersAddress(entry.email) !== address) return nobody('server reads another address');
  return ownAddresses.has(address) ? nobody('own address') : { kind: 'sender', address };
}

/** Servers give a local part with the quotes that it has to have, or without. */
function readServersAddress(email: string): SenderAddress | null {
  if (email.startsWith('"')) return parseSenderAddress(email);
  const at = email.lastIndexOf('@');
  return at === -1 ? null : senderAddress(email.slice(0, at), email.slice(at + 1));
}

/**
 * Some servers store an `X` for each octet beyond ASCII, in the raw field too: `müller` is `mXXller`
 * then, and `info@eüon.example` is `info@eXXon.example`. Two capitals in a row, or one after a small
 * letter, hardly ever stand in a real address. In one that is all capitals a single `X` is a letter:
 * UTF-8 has two octets at least for what is beyond ASCII.
 */
function isPerhapsOfEightBits(address: string): boolean {
  return /XX/u.test(address) || (/[a-z]/u.test(address) && /[a-z\d]X/u.test(address));
}

/**
 * RFC 6532 §3.1: letters are written in NFC. Some servers take `e` with a combining accent for another
 * mailbox than `é`, and it looks the same: it could be a stranger's.
 */
function isNfc(text: string): boolean {
  return text === text.normalize('NFC');
}

function nobody(reason: NobodyReason): Author {
  return { kind: 'nobody', reason };
}
