import type { Layout } from '../triage/layout.ts';
import type { Email, SenderAddress, WriteFailure } from '../triage/model.ts';
import { planMembership } from '../triage/membership.ts';
import type { SenderPlan } from '../triage/plan.ts';
import type { MailStore } from '../triage/ports.ts';
import { findSender } from '../triage/sender.ts';
import { planSweep } from '../triage/sweep.ts';
import type { BegunSender } from './ledger.ts';
import { patchAll, planForSenders } from './patches.ts';
import type { Pass } from './pass.ts';

/** How often Screener is looked at for emails that came in meanwhile. */
const MAX_SWEEP_ROUNDS = 3;

/** Begins to list the senders' emails that may have to move, or carry labels of Mailroom's own. */
export function startFirstLook(
  plans: readonly SenderPlan[],
  { snapshot, world: { mail } }: Pass,
): Promise<readonly Email[]> {
  const { layout, emptyMailboxIds } = snapshot;
  const oldDestinationIds = plans.flatMap(({ contact, ...plan }) =>
    contact === null ? [] : planMembership({ ...plan, contact }, snapshot).oldDestinationIds,
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
  { snapshot: { layout }, world: { mail, log, clock }, ledger }: Pass,
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
      ledger.sweptIds.add(emailId);
      counts.set(sender, (counts.get(sender) ?? 0) + 1);
    }
    active = ledger.dropFailed(active, 'sweep', result.failed);
  }
  const short = await findShortListings(active, listedIds, layout, mail);
  active = ledger.dropFailed(active, 'sweep', short);
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
