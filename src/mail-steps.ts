import type { BegunSender, Fail, Snapshot, World } from './carry-out.ts';
import type { Logger } from './logger.ts';
import type { Layout } from './triage/layout.ts';
import type { Email, EmailPatch, SenderAddress, WriteFailure } from './triage/model.ts';
import type { SenderPlan } from './triage/plan.ts';
import { planMembership } from './triage/plan.ts';
import type { MailStore } from './triage/ports.ts';
import type { SenderFailure, TriageStep } from './triage/report.ts';
import { findSender } from './triage/sender.ts';
import { planErrorLabels, planFinish, planLabelRemoval, planSweep } from './triage/sweep.ts';

/** How often Screener is looked at for emails that came in meanwhile. */
const MAX_SWEEP_ROUNDS = 3;

/** Begins to list the senders' emails that may have to move, or carry labels of Mailroom's own. */
export function startFirstLook(
  plans: readonly SenderPlan[],
  { groups, layout, emptyMailboxIds }: Snapshot,
  { mail }: World,
): Promise<readonly Email[]> {
  const oldDestinationIds = plans.flatMap(({ contact, duplicates, category }) =>
    contact === null
      ? []
      : planMembership(contact, duplicates, category, groups, layout).oldDestinationIds,
  );
  const labelIds = [
    layout.errorLabelId,
    ...(layout.warningLabelId === null ? [] : [layout.warningLabelId]),
  ];
  const look = readEmailsOf(
    plans,
    [layout.screenerId, ...labelIds, ...oldDestinationIds].filter((id) => !emptyMailboxIds.has(id)),
    mail,
  );
  // Should a step before it throw, nobody waits for this any more; that is no second failure.
  look.catch(() => undefined);
  return look;
}

async function readEmailsOf(
  plans: readonly SenderPlan[],
  mailboxIds: readonly string[],
  mail: MailStore,
): Promise<readonly Email[]> {
  const wanted = new Set(mailboxIds);
  const senders = new Set(plans.map(({ sender }) => sender));
  const emails: Email[] = [];
  if (wanted.size > 0) {
    for await (const page of mail.readEmailsIn([...wanted])) {
      for (const email of page) {
        const sender = findSender(email);
        if (sender !== null && senders.has(sender)) emails.push(email);
      }
    }
  }
  return emails;
}

export async function sweep(
  begun: readonly BegunSender[],
  firstLook: readonly Email[],
  { layout }: Snapshot,
  { mail, log, clock }: World,
  sweptIds: Set<string>,
  fail: Fail,
): Promise<readonly BegunSender[]> {
  let active = begun;
  let emails = firstLook;
  const listedIds = new Set<string>();
  const counts = new Map<SenderAddress, number>();
  // What the first look was too early for, the next ones find: a contact that turned out to be in an
  // old group only when it was written, and emails that came in meanwhile.
  for (let round = 1; round <= MAX_SWEEP_ROUNDS && active.length > 0; round += 1) {
    clock.checkpoint();
    if (round > 1) {
      const sources = active.flatMap(({ sweep: { oldDestinationIds } }) => oldDestinationIds);
      emails = await readEmailsOf(
        active.map(({ plan }) => plan),
        [layout.screenerId, ...sources],
        mail,
      );
    }
    for (const { id } of emails) listedIds.add(id);
    const moves = planForSenders(emails, active, (email, one) =>
      planSweep(email, one.sweep, layout),
    );
    if (round > 1 && moves.size === 0) break;
    const result = await patchAll(moves, mail);
    for (const { emailId, sender } of result.updated) {
      sweptIds.add(emailId);
      counts.set(sender, (counts.get(sender) ?? 0) + 1);
    }
    active = withoutFailed(active, result.failed, 'sweep', fail);
  }
  const short = await findShortListings(active, listedIds, layout, mail);
  active = withoutFailed(active, short, 'sweep', fail);
  for (const { plan } of active) {
    const count = counts.get(plan.sender) ?? 0;
    if (count > 0) {
      log.info('emails_swept', {
        sender: plan.sender,
        emails: count,
        category: plan.category.name,
      });
    }
  }
  clock.checkpoint();
  return active;
}

/**
 * The labelled emails are known from another listing: one that was in Screener or an old destination
 * has to be among what these list, or else a backlog may not be among it either. It may have left
 * meanwhile, by the user or another pass; so the labels are listed once more before it is held
 * against the server.
 */
async function findShortListings(
  active: readonly BegunSender[],
  listedIds: ReadonlySet<string>,
  layout: Layout,
  mail: MailStore,
): Promise<ReadonlyMap<SenderAddress, WriteFailure>> {
  const isDue = (email: Email, { sweep: { oldDestinationIds } }: BegunSender): boolean =>
    [layout.screenerId, ...oldDestinationIds].some((id) => email.mailboxIds.has(id));
  const suspects = active.filter((one) =>
    one.plan.labelled.some((email) => isDue(email, one) && !listedIds.has(email.id)),
  );
  const failures = new Map<SenderAddress, WriteFailure>();
  if (suspects.length === 0) return failures;
  const labelIds = suspects.map(({ plan }) => plan.category.labelId);
  const labelled = await readEmailsOf(
    suspects.map(({ plan }) => plan),
    labelIds,
    mail,
  );
  for (const one of suspects) {
    const { sender } = one.plan;
    const unlisted = labelled.some(
      (email) => findSender(email) === sender && isDue(email, one) && !listedIds.has(email.id),
    );
    if (unlisted) {
      const problem =
        'a listing of Screener, or of an old destination, lacks an email that is in it';
      failures.set(sender, { kind: 'failed', problem });
    }
  }
  return failures;
}

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

/**
 * A refusal is for the user to look at: the error label goes on, and comes off when it works. Emails
 * that were finished have no triage label any more, and nothing is left to look at.
 */
export async function labelRefused(
  plans: readonly SenderPlan[],
  failures: readonly SenderFailure[],
  finishedIds: ReadonlySet<string>,
  { layout }: Snapshot,
  { mail, log }: World,
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
export async function setErrorLabels(
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

interface SenderPatch {
  readonly sender: SenderAddress;
  readonly patch: EmailPatch;
}

/** Plans a patch for each email of a sender in `begun`; an email is planned for its sender alone. */
function planForSenders(
  emails: readonly Email[],
  begun: readonly BegunSender[],
  planOne: (email: Email, one: BegunSender) => EmailPatch | null,
): ReadonlyMap<string, SenderPatch> {
  const bySender = new Map(begun.map((one) => [one.plan.sender, one]));
  const patches = new Map<string, SenderPatch>();
  for (const email of emails) {
    const sender = findSender(email);
    const one = sender === null ? undefined : bySender.get(sender);
    const patch = one === undefined ? null : planOne(email, one);
    if (sender !== null && patch !== null) patches.set(email.id, { sender, patch });
  }
  return patches;
}

interface PatchResult {
  readonly updated: readonly { readonly emailId: string; readonly sender: SenderAddress }[];
  readonly failed: ReadonlyMap<SenderAddress, WriteFailure>;
}

async function patchAll(
  patches: ReadonlyMap<string, SenderPatch>,
  mail: MailStore,
): Promise<PatchResult> {
  const outcomes = await mail.patchEmails([...patches.values()].map(({ patch }) => patch));
  const updated: { emailId: string; sender: SenderAddress }[] = [];
  const failed = new Map<SenderAddress, WriteFailure>();
  for (const [emailId, { sender }] of patches) {
    const outcome = outcomes.get(emailId) ?? { kind: 'failed', problem: 'no answer for the email' };
    if (outcome.kind === 'updated') updated.push({ emailId, sender });
    else if (outcome.kind !== 'notFound' && failed.get(sender)?.kind !== 'refused') {
      failed.set(sender, outcome);
    }
  }
  return { updated, failed };
}

function withoutFailed(
  begun: readonly BegunSender[],
  failed: ReadonlyMap<SenderAddress, WriteFailure>,
  step: TriageStep,
  fail: Fail,
): readonly BegunSender[] {
  return begun.filter(({ plan }) => {
    const failure = failed.get(plan.sender);
    if (failure !== undefined) fail(plan.sender, step, failure);
    return failure === undefined;
  });
}
