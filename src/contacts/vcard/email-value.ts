import type { SenderAddress } from '../../triage/model.ts';
import { parseSenderAddress } from '../../triage/sender.ts';

/**
 * The usable addresses in the value of an EMAIL, in canonical form. Besides the bare address of RFC
 * 6350 §6.4.2, clients write `Jane <jane@example.com>`, `mailto:` and lists with `,` or `;`.
 */
export function parseEmailValue(text: string): readonly SenderAddress[] {
  return splitList(text)
    .map((entry) => parseSenderAddress(withoutMailto(findBracketed(entry) ?? entry)))
    .filter((address) => address !== null);
}

/**
 * Whether the server's own rules find the address in the value of an EMAIL, so that the contact's mail
 * is sorted: they read the first one of a list, in the letters in which mail comes, and no link.
 */
export function isFoundByRules(text: string, address: SenderAddress): boolean {
  const entry = findFirstEntry(text);
  const bare = (findBracketed(entry) ?? entry).trim();
  const domain = bare.slice(bare.lastIndexOf('@')).replace(/\.$/u, '').toLowerCase();
  return parseSenderAddress(bare) === address && address.endsWith(domain);
}

/** Of a list, what stands before the first `,` or `;` that divides it, trimmed. */
export function findFirstEntry(text: string): string {
  return splitList(text)[0]?.trim() ?? '';
}

/** Entries of a list; `,` and `;` inside quotes or angle brackets divide nothing. */
function splitList(text: string): readonly string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|<[^<>]*>|[^,;])+/gu) ?? [];
}

function findBracketed(entry: string): string | undefined {
  return /<(?<inside>[^<>]*)>\s*$/u.exec(entry)?.groups?.['inside'];
}

/** RFC 6068 §2: the address may be percent-encoded, and fields may follow it. */
function withoutMailto(text: string): string {
  const uri = /^\s*mailto:(?<address>[^?]*)/iu.exec(text)?.groups?.['address'];
  if (uri === undefined) return text;
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
