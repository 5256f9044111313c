import type { PassClock, Snapshot, World } from './carry-out.ts';
import { carryOut } from './carry-out.ts';
import { AccountError, runFailureKind } from './errors.ts';
import { setErrorLabels } from './mail-steps.ts';
import type { TriageNames } from './triage/layout.ts';
import { findLayout, requiredGroupNames } from './triage/layout.ts';
import type { Email, SenderAddress } from './triage/model.ts';
import type { Conflict, LabelledEmails, LabelledSender } from './triage/plan.ts';
import { groupBySender, planTriage } from './triage/plan.ts';
import type { ContactLookup } from './triage/ports.ts';
import type { TriageReport } from './triage/report.ts';
import { planErrorLabels } from './triage/sweep.ts';

export type { PassClock, World };

/**
 * One triage pass: read, decide, carry out, report. Throws (errors.ts) when the run is broken as a
 * whole; what fails for one sender is in the report.
 */
export async function runTriagePass(names: TriageNames, world: World): Promise<TriageReport> {
  const snapshot = await readSnapshot(names, world);
  world.clock.checkpoint();
  const { labelled, lookup } = await readLabelled(snapshot, world);
  world.clock.checkpoint();
  world.clock.beginWrites();
  const plan = planTriage(labelled.senders, lookup, snapshot.groups, snapshot.layout);
  await labelUnclear(labelled.withoutSender, plan.conflicts, snapshot, world);
  const done = await carryOut(plan.senders, snapshot, world);
  return {
    triagedSenders: labelled.senders.length,
    processed: done.processed.length,
    failures: done.failures,
    conflicts: plan.conflicts.length,
    emailsWithoutSender: labelled.withoutSender.length,
    emailsSwept: done.sweptIds.size,
  };
}

/** Mail and contacts side by side; all that the account lacks is named at once. */
async function readSnapshot(names: TriageNames, { mail, contacts }: World): Promise<Snapshot> {
  const requiredGroups = requiredGroupNames(names);
  const [mailboxes, groups] = await bothOrWorst(
    mail.readMailboxes(),
    contacts.readGroups(requiredGroups),
  );
  const result = findLayout(mailboxes, groups, names);
  if (result.kind === 'incomplete') {
    throw new AccountError(
      `the account is not set up for Mailroom: ${result.problems.join('; ')}. Create what is missing in Fastmail, or correct the names in the MAILROOM_ settings`,
    );
  }
  const empty = mailboxes.filter(({ totalEmails }) => totalEmails === 0).map(({ id }) => id);
  return { layout: result.layout, groups, requiredGroups, emptyMailboxIds: new Set(empty) };
}

interface LabelledRead {
  readonly labelled: LabelledEmails;
  readonly lookup: ContactLookup;
}

/**
 * The labelled emails and the contacts of their senders. The address books are asked for as soon as
 * one sender is known to be handled, beside the rest of the emails.
 */
async function readLabelled(
  { layout, emptyMailboxIds }: Snapshot,
  { mail, contacts }: World,
): Promise<LabelledRead> {
  const labelIds = layout.categories
    .map(({ labelId }) => labelId)
    .filter((id) => !emptyMailboxIds.has(id));
  const addresses = Promise.withResolvers<ReadonlySet<SenderAddress>>();
  let labelled: LabelledEmails = { senders: [], withoutSender: [] };
  let lookup: Promise<ContactLookup> | null = null;
  try {
    const emails: Email[] = [];
    if (labelIds.length > 0) {
      for await (const page of mail.readEmailsIn(labelIds)) {
        emails.push(...page);
        if (lookup !== null || !groupBySender(page, layout).senders.some(isToHandle)) continue;
        lookup = contacts.findContacts(addresses.promise);
        // Whatever fails here is thrown where it is waited for, or the emails failed before.
        lookup.catch(() => undefined);
      }
    }
    labelled = groupBySender(emails, layout);
  } finally {
    addresses.resolve(new Set(labelled.senders.filter(isToHandle).map(({ sender }) => sender)));
  }
  return { labelled, lookup: (await lookup) ?? { byAddress: new Map() } };
}

/** Labels of one category only: no conflict. */
function isToHandle({ categories }: LabelledSender): boolean {
  return categories.length === 1;
}

/** Conflicts and emails without a sender get the error label, once; the triage label stays. */
async function labelUnclear(
  withoutSender: readonly Email[],
  conflicts: readonly Conflict[],
  { layout }: Snapshot,
  { mail, log }: World,
): Promise<void> {
  const patches = planErrorLabels(
    [...withoutSender, ...conflicts.flatMap(({ emails }) => emails)],
    layout,
  );
  const isNew = new Set(patches.map(({ emailId }) => emailId));
  for (const { id } of withoutSender) {
    log[isNew.has(id) ? 'warning' : 'debug']('email_missing_sender', { emailId: id });
  }
  for (const { sender, emails, categoryNames } of conflicts) {
    const level = emails.some(({ id }) => isNew.has(id)) ? 'warning' : 'debug';
    log[level]('conflict_detected', { sender, categories: categoryNames });
  }
  await setErrorLabels(patches, mail, log);
}

/** Both results; when both fail, the failure that a person has to act on. */
async function bothOrWorst<A, B>(a: Promise<A>, b: Promise<B>): Promise<readonly [A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') {
    return [first.value, second.value];
  }
  const reasons = [first, second].flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  throw reasons.find((reason) => runFailureKind(reason) === 'startup') ?? reasons[0];
}
