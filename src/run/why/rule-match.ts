import { findFirstEntry, isFoundByRules } from '../../contacts/vcard/email-value.ts';
import type { SenderAddress } from '../../triage/model.ts';

/**
 * Whether the value of an EMAIL makes the server's rules know a sender: they read the first address
 * in it, or a pattern of the user's own: `*@shop.example` is everybody there, `*@*.shop.example`
 * everybody at its subdomains. Null: neither.
 */
export function findMatch(text: string, address: SenderAddress): 'address' | 'pattern' | null {
  if (isFoundByRules(text, address)) return 'address';
  const { end, rest } =
    /^(?:\*?@|<\*@(?=.*>$))(?<end>\*?)(?<rest>[^*<>()]+?)>?$/u.exec(
      findFirstEntry(text).toLowerCase(),
    )?.groups ?? {};
  if (rest === undefined) return null;
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return (end === '*' ? domain.endsWith(rest) : domain === rest) ? 'pattern' : null;
}
