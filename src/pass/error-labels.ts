import type { Logger } from '../log/logger.ts';
import type { Email, EmailPatch } from '../triage/model.ts';
import type { Conflict, SenderPlan } from '../triage/plan.ts';
import type { MailStore } from '../triage/ports.ts';
import { findNobodyReason } from '../triage/sender.ts';
import { planErrorLabels } from '../triage/sweep.ts';
import type { Pass } from './pass.ts';

/**
 * A refusal is for the user to look at: the error label goes on, and comes off when it works. Emails
 * that were finished have no triage label any more, and nothing is left to look at.
 */
export async function labelRefused(
  plans: readonly SenderPlan[],
  { snapshot: { layout }, world: { mail, log }, ledger: { failures, finishedIds } }: Pass,
): Promise<void> {
  const refused = new Set(
    failures.filter(({ failure }) => failure.kind === 'refused').map(({ sender }) => sender),
  );
  const emails = plans
    .filter(({ sender }) => refused.has(sender))
    .flatMap(({ labelled }) => labelled)
    .filter(({ id }) => !finishedIds.has(id));
  await setErrorLabels(planErrorLabels(emails, layout), mail, log);
}

/** Puts the error label on; a failure is logged, and is made good by the next pass. */
async function setErrorLabels(
  patches: readonly EmailPatch[],
  mail: MailStore,
  log: Logger,
): Promise<void> {
  if (patches.length === 0) return;
  let emails = 0;
  for (const [emailId, outcome] of await mail.patchEmails(patches)) {
    if (outcome.kind === 'updated') emails += 1;
    else if (outcome.kind !== 'notFound') {
      log.error('error_label_failed', { emailId, error: outcome.problem });
    }
  }
  log.info('error_label_set', { emails });
}

/** Conflicts and emails without a sender get the error label, once; the triage label stays. */
export async function labelUnclear(
  withoutSender: readonly Email[],
  conflicts: readonly Conflict[],
  { snapshot: { layout }, world: { mail, log } }: Pass,
): Promise<void> {
  const patches = planErrorLabels(
    [...withoutSender, ...conflicts.flatMap(({ emails }) => emails)],
    layout,
  );
  const isNew = new Set(patches.map(({ emailId }) => emailId));
  for (const email of withoutSender) {
    const level = isNew.has(email.id) ? 'warning' : 'debug';
    log[level]('email_missing_sender', { emailId: email.id, reason: findNobodyReason(email) });
  }
  for (const { sender, emails, categoryNames } of conflicts) {
    const level = emails.some(({ id }) => isNew.has(id)) ? 'warning' : 'debug';
    log[level]('conflict_detected', { sender, categories: categoryNames });
  }
  await setErrorLabels(patches, mail, log);
}
