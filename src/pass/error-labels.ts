import type { Email } from '../triage/model.ts';
import type { Conflict, SenderPlan } from '../triage/plan.ts';
import { findNobodyReason } from '../triage/sender.ts';
import { planErrorLabel } from '../triage/sweep.ts';
import type { Pass } from './pass.ts';

/**
 * A refusal is something for the user to look at: the error label goes on, and comes off when it works.
 * Emails that were finished have no triage label any more, so there is nothing left to look at.
 */
export async function labelRefused(plans: readonly SenderPlan[], pass: Pass): Promise<void> {
  const { ledger } = pass;
  const emails = plans
    .filter(({ sender }) => ledger.isRefused(sender))
    .flatMap(({ labelled }) => labelled)
    .filter(({ id }) => !ledger.finishedIds.has(id));
  await setErrorLabels(emails, pass);
}

/**
 * Conflicts and emails without a sender get the error label, once; the triage label stays. They are
 * named in every pass, because the log of the first one is long gone when somebody sees the label.
 */
export async function labelUnclear(
  withoutSender: readonly Email[],
  conflicts: readonly Conflict[],
  pass: Pass,
): Promise<void> {
  const { log } = pass.world;
  const { errorLabelId } = pass.snapshot.layout;
  const isNew = ({ mailboxIds }: Email): boolean => !mailboxIds.has(errorLabelId);
  for (const email of withoutSender) {
    const level = isNew(email) ? 'warning' : 'info';
    log[level]('email_missing_sender', { emailId: email.id, reason: findNobodyReason(email) });
  }
  for (const { sender, emails, categoryNames } of conflicts) {
    const level = emails.some(isNew) ? 'warning' : 'info';
    log[level]('conflict_detected', { sender, categories: categoryNames });
  }
  await setErrorLabels([...withoutSender, ...conflicts.flatMap(({ emails }) => emails)], pass);
}

/** Puts the error label on. A failure is logged, and the next pass tries again. */
async function setErrorLabels(
  labelled: readonly Email[],
  { snapshot: { layout }, world: { log }, emails }: Pass,
): Promise<void> {
  const { updated, failed } = await emails.patch(
    labelled.map(({ id }) => id),
    (email) => planErrorLabel(email, layout),
  );
  for (const { email, failure } of failed) {
    log.error('error_label_failed', { emailId: email.id, error: failure.problem });
  }
  if (updated.length > 0) log.info('error_label_set', { emails: updated.length });
}
