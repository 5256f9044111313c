import type * as NodeCrypto from 'node:crypto';
import { createRequire } from 'node:module';

import type { SenderAddress } from '../triage/model.ts';

/**
 * The UID of the card that Mailroom makes for an address: UUIDv5 of `mailto:` + address. The file
 * name follows from it, so two passes, or one after a crash, meet at one href. `nth` is 2 or
 * more if the user has made the first card somebody else's.
 */
export function uidFor(address: SenderAddress, nth = 1): string {
  return uuidV5(`mailto:${address}${suffixOf(nth)}`);
}

/** The UID of a group card that setup makes; the same name gives the same card. `nth` as above. */
export function uidForGroup(name: string, nth = 1): string {
  return uuidV5(`mailroom:group:${name.normalize('NFC')}${suffixOf(nth)}`);
}

/** Far more cards than one address will ever have. */
export const MAX_UIDS = 5;

/** No address and no name has a line feed in it. */
function suffixOf(nth: number): string {
  return nth === 1 ? '' : `\n${nth}`;
}

/** RFC 9562 §5.5, in the namespace for URLs (§6.6). */
export function uuidV5(name: string): string {
  const { createHash } = load('node:crypto') as typeof NodeCrypto;
  const hash = createHash('sha1').update(URL_NAMESPACE).update(name, 'utf8').digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}

/** Loading it costs as much as the HTTP client, and an idle pass does not need it. */
const load = createRequire(import.meta.filename);

const URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');
