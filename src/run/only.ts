import type { SenderAddress } from '../triage/model.ts';
import { parseSenderAddress } from '../triage/sender.ts';

/** Whom a pass is for: senders, or null for all of them; or the first text that is no address. */
export type Only =
  | { readonly kind: 'senders'; readonly senders: ReadonlySet<SenderAddress> | null }
  | { readonly kind: 'wrong'; readonly text: string };

/** Of `--only`. */
export function parseOnly(texts: readonly string[]): Only {
  const wrong = texts.find((text) => parseSenderAddress(text) === null);
  if (wrong !== undefined) return { kind: 'wrong', text: wrong };
  if (texts.length === 0) return { kind: 'senders', senders: null };
  const senders = texts.map(parseSenderAddress).filter((sender) => sender !== null);
  return { kind: 'senders', senders: new Set(senders) };
}
