import { cardAddresses } from '../triage/plan.ts';
import { planFinish, planLabelRemoval } from '../triage/sweep.ts';
import type { BegunSender } from './ledger.ts';
import type { Pass } from './pass.ts';
import { createFindBegun, patchForSenders } from './patches.ts';

/** The labelled emails, last of all; Mailroom's own labels come off the others before. */
export async function finish(
  begun: readonly BegunSender[],
  screened: ReadonlySet<string>,
  pass: Pass,
): Promise<void> {
  if (begun.length === 0) return;
  const { snapshot, world, ledger } = pass;
  const { layout } = snapshot;
  const removed = await patchForSenders(
    screened,
    createFindBegun(begun, ({ plan }) => cardAddresses(plan)),
    (email, one) => planLabelRemoval(email, one.sweep, layout),
    pass,
  );
  const active = ledger.dropFailed(begun, 'finish', removed.failed);
  world.clock.checkpoint();
  const { updated, failed } = await patchForSenders(
    active.flatMap(({ plan }) => plan.labelled.map(({ id }) => id)),
    createFindBegun(active),
    (email, one, isChanged) => planFinish(email, one.sweep, layout, isChanged),
    pass,
  );
  for (const { sender, before, after } of updated) {
    ledger.moved(sender, before, after);
    ledger.finishedIds.add(before.id);
  }
  for (const { plan, sweep } of ledger.dropFailed(active, 'finish', failed)) {
    const { sender, displayName, contact, category, labelled } = plan;
    ledger.done(sender);
    world.onDone?.({ sender, displayName, category: category.name });
    // A contact that is kept when a decision is taken back is a warning of its own.
    if (sweep.hasWarning && plan.isNameDifferent) {
      world.log.warning('name_mismatch_warning', {
        sender,
        displayName,
        contactName: contact?.name,
      });
    }
    world.log.info('triage_complete', {
      sender,
      category: category.name,
      labelledEmails: labelled.length,
    });
  }
}
