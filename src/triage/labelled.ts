import { compareText } from './compare.ts';
import { choicesOf, type Layout, type ResolvedCategory } from './layout.ts';
import type { Email, SenderAddress } from './model.ts';
import { findSender } from './sender.ts';

/** The labelled emails of one sender. */
export interface LabelledSender {
  readonly sender: SenderAddress;
  /** Display name of the newest labelled email, cleaned; empty where it has none. */
  readonly displayName: string;
  readonly emails: readonly Email[];
  /** The categories of the labels on these emails; one, unless the labels contradict. */
  readonly categories: readonly ResolvedCategory[];
}

/** All emails that carry a triage label, grouped by sender. */
export interface LabelledEmails {
  readonly senders: readonly LabelledSender[];
  /** Labelled emails without a usable From address. */
  readonly withoutSender: readonly Email[];
}

/** Sorts labelled emails by sender; the order of the emails given does not matter. */
export function groupBySender(emails: readonly Email[], layout: Layout): LabelledEmails {
  const bySender = new Map<SenderAddress, Email[]>();
  const withoutSender: Email[] = [];
  for (const email of emails.toSorted(byAge)) {
    if (!choicesOf(layout).some(({ labelId }) => email.mailboxIds.has(labelId))) continue;
    const sender = findSender(email);
    if (sender === null) withoutSender.push(email);
    else {
      const known = bySender.get(sender);
      if (known === undefined) bySender.set(sender, [email]);
      else known.push(email);
    }
  }
  const senders = [...bySender].map(([sender, own]) => ({
    sender,
    displayName: own.at(-1)?.displayName ?? '',
    emails: own,
    categories: choicesOf(layout).filter(({ labelId }) =>
      own.some(({ mailboxIds }) => mailboxIds.has(labelId)),
    ),
  }));
  return { senders: senders.toSorted((a, b) => compareText(a.sender, b.sender)), withoutSender };
}

/**
 * Oldest first; ids settle equal times, so that the newest is the same whatever the server's order.
 */
function byAge(a: Email, b: Email): number {
  return compareText(a.receivedAt, b.receivedAt) || compareText(a.id, b.id);
}
