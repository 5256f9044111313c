import { choicesOf } from '../triage/layout.ts';
import type { BegunSender } from './ledger.ts';
import type { Pass } from './pass.ts';

/**
 * The senders whose label is still on. The pass may have been held up since it read them, and a label
 * that the user has taken off, or changed for another one, is no longer a decision.
 */
export async function dropWithdrawn(
  begun: readonly BegunSender[],
  { world: { log }, emails, snapshot }: Pass,
): Promise<readonly BegunSender[]> {
  // If the states agree, nothing has changed, and looking costs nothing.
  if (emails.isBehind) await emails.catchUp();
  const labelIds = choicesOf(snapshot.layout).map(({ labelId }) => labelId);
  return begun.filter(({ plan: { sender, labelled, category } }) => {
    const now = labelled.flatMap(({ id }) => emails.find(id) ?? []);
    const on = labelIds.filter((labelId) => now.some(({ mailboxIds }) => mailboxIds.has(labelId)));
    // An email that was deleted says nothing against what was decided.
    const isStillSo = now.length === 0 || (on.length === 1 && on[0] === category.labelId);
    if (!isStillSo) log.info('label_changed_meanwhile', { sender, category: category.name });
    return isStillSo;
  });
}
