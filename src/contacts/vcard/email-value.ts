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
