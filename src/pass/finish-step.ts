import type { Snapshot } from '../triage/layout.ts';
import type { Email } from '../triage/model.ts';
import { planFinish, planLabelRemoval } from '../triage/sweep.ts';
import { type BegunSender, type Fail, withoutFailed } from './ledger.ts';
import { patchAll, planForSenders } from './patches.ts';
import type { World } from './world.ts';

/** The labelled emails, last of all; Mailroom's own labels come off the sender's others before. */
export async function finish(
  begun: readonly BegunSender[],
  emails: readonly Email[],
  { layout }: Snapshot,
  { mail, log, clock }: World,
  finishedIds: Set<string>,
  fail: Fail,
): Promise<readonly BegunSender[]> {
  const labelsOf = ({ plan }: BegunSender): { hasWarning: boolean } => ({
    hasWarning: plan.isNameDifferent && layout.warningLabelId !== null,
  });
  const removals = planForSenders(emails, begun, (email, one) =>
    planLabelRemoval(email, one.sweep, layout, labelsOf(one)),
  );
  const removed = await patchAll(removals, mail);
  const active = withoutFailed(begun, removed.failed, 'finish', fail);
  clock.checkpoint();
  const labelled = active.flatMap(({ plan }) => plan.labelled);
  const moves = planForSenders(labelled, active, (email, one) =>
    planFinish(email, one.sweep, layout, labelsOf(one)),
  );
  const result = await patchAll(moves, mail);
  for (const { emailId } of result.updated) finishedIds.add(emailId);
  const finished = withoutFailed(active, result.failed, 'finish', fail);
  for (const one of finished) {
    const { sender, displayName, contact, category, labelled: own } = one.plan;
    if (labelsOf(one).hasWarning) {
      log.warning('name_mismatch_warning', { sender, displayName, contactName: contact?.name });
    }
    log.info('triage_complete', { sender, category: category.name, labelledEmails: own.length });
  }
  return finished;
}
