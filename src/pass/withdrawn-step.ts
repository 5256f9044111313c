import { choicesOf } from '../triage/layout.ts';
import { isMember } from '../triage/membership.ts';
import type { BegunSender } from './ledger.ts';
import { makerOf } from './own-cards.ts';
import type { Pass } from './pass.ts';

/**
 * The senders whose label is still on. The pass may have been held up since it read them, and a label
 * that the user has taken off, or changed for another one, is no longer a decision.
 */
export async function dropWithdrawn(
  begun: readonly BegunSender[],
  { emails, snapshot, ledger }: Pass,
): Promise<readonly BegunSender[]> {
  // If the states agree, nothing has changed, and looking costs nothing.
  if (emails.isBehind) await emails.catchUp();
  const labelIds = choicesOf(snapshot.layout).map(({ labelId }) => labelId);
  return begun.filter((one) => {
    const { labelled, category } = one.plan;
    const now = labelled.flatMap(({ id }) => emails.find(id) ?? []);
    const on = labelIds.filter((labelId) => now.some(({ mailboxIds }) => mailboxIds.has(labelId)));
    // An email that was deleted says nothing against what was decided.
    const isStillSo = now.length === 0 || (on.length === 1 && on[0] === category.labelId);
    if (!isStillSo) ledger.withdrawn(one);
    return isStillSo;
  });
}

/**
 * Deletes the contacts that this pass created for labels that are off again: a contact is not
 * screened, and nobody decided to let these senders in. One whose label was changed for another stays
 * for the next pass, and so does a card that anybody has changed or put into a group.
 */
export async function forgetWithdrawn(
  begun: readonly BegunSender[],
  stillOn: readonly BegunSender[],
  { world: { contacts, log }, ledger, ...pass }: Pass,
): Promise<void> {
  const { snapshot, emails } = pass;
  const labelIds = choicesOf(snapshot.layout).map(({ labelId }) => labelId);
  const created = begun
    .filter((one) => !stillOn.includes(one))
    .filter(({ plan: { labelled } }) =>
      labelled.every(({ id }) =>
        labelIds.every((labelId) => emails.find(id)?.mailboxIds.has(labelId) !== true),
      ),
    )
    .flatMap(({ plan }) => {
      const card = ledger.findCreated(plan.sender);
      return card === null ? [] : [{ plan, card }];
    });
  if (created.length === 0) return;
  const groups = await contacts.readGroups(snapshot.requiredGroups);
  for (const { plan, card } of created) {
    if (groups.some((group) => isMember(group, card.uid))) continue;
    const outcome = await contacts.removeContact(card, makerOf(plan, pass));
    if (outcome.kind === 'removed') {
      ledger.contactSaved(plan.sender, 'removed', card);
      log.info('contact_removed', { sender: plan.sender, card: card.href });
    } else if (outcome.kind === 'failed' || outcome.kind === 'refused') {
      ledger.fail(plan.sender, 'contact', outcome);
    }
  }
}
