import type { Email } from '../triage/model.ts';
import { planFinish, planLabelRemoval } from '../triage/sweep.ts';
import type { BegunSender } from './ledger.ts';
import { patchAll, planForSenders } from './patches.ts';
import type { Pass } from './pass.ts';

/** The labelled emails, last of all; Mailroom's own labels come off the sender's others before. */
export async function finish(
  begun: readonly BegunSender[],
  emails: readonly Email[],
  { snapshot: { layout }, world: { mail, log, clock }, ledger }: Pass,
): Promise<readonly BegunSender[]> {
  const removals = planForSenders(emails, begun, (email, one) =>
    planLabelRemoval(email, one.sweep, layout),
  );
  const removed = await patchAll(removals, mail);
  const active = ledger.dropFailed(begun, 'finish', removed.failed);
  clock.checkpoint();
  const labelled = active.flatMap(({ plan }) => plan.labelled);
  const moves = planForSenders(labelled, active, (email, one) =>
    planFinish(email, one.sweep, layout),
  );
  const result = await patchAll(moves, mail);
  for (const { emailId } of result.updated) ledger.finishedIds.add(emailId);
  const finished = ledger.dropFailed(active, 'finish', result.failed);
  for (const one of finished) {
    const { sender, displayName, contact, category, labelled: own } = one.plan;
    if (one.sweep.hasWarning) {
      log.warning('name_mismatch_warning', { sender, displayName, contactName: contact?.name });
    }
    log.info('triage_complete', { sender, category: category.name, labelledEmails: own.length });
  }
  return finished;
}
