import {
  BothServersError,
  MailroomError,
  MalformedAnswerError,
  notSetUp,
  runFailureKind,
  StoppedError,
} from '../errors.ts';
import {
  choicesOf,
  findLayout,
  requiredGroupNames,
  type Snapshot,
  type TriageNames,
} from '../triage/layout.ts';
import type { ContactGroup, SenderAddress } from '../triage/model.ts';
import { groupBySender, type LabelledEmails, type LabelledSender } from '../triage/labelled.ts';
import type { ContactLookup } from '../triage/ports.ts';
import { KnownEmails } from './known-emails.ts';
import type { World } from './world.ts';

/** Mail and contacts side by side, groups by name; all that the account lacks is named at once. */
export async function readSnapshot(
  names: TriageNames,
  { mail, contacts }: World,
): Promise<Snapshot> {
  const requiredGroups = requiredGroupNames(names);
  const [mailboxes, groups] = await bothOrWorst(
    mail.readMailboxes(),
    contacts.readGroups(requiredGroups, 'names'),
  );
  const result = findLayout(mailboxes, groups, names);
  if (result.kind === 'incomplete') {
    throw notSetUp(result.problems);
  }
  const empty = mailboxes.filter(({ totalEmails }) => totalEmails === 0).map(({ id }) => id);
  return {
    layout: result.layout,
    mailboxes,
    groups,
    requiredGroups,
    emptyMailboxIds: new Set(empty),
  };
}

interface LabelledRead {
  readonly labelled: LabelledEmails;
  /** With their members, where somebody is to be handled. */
  readonly groups: readonly ContactGroup[];
  readonly lookup: ContactLookup;
  /** All of the labelled emails. */
  readonly emails: KnownEmails;
}

/**
 * The labelled emails, and the contacts and groups of their senders. The address books are asked for
 * as soon as one sender is known to be handled, beside the rest of the emails.
 */
export async function readLabelled(
  { layout, emptyMailboxIds, groups: named, requiredGroups }: Snapshot,
  { mail, contacts }: World,
): Promise<LabelledRead> {
  const labelIds = choicesOf(layout)
    .map(({ labelId }) => labelId)
    .filter((id) => !emptyMailboxIds.has(id));
  const addresses = Promise.withResolvers<ReadonlySet<SenderAddress>>();
  let labelled: LabelledEmails = { senders: [], withoutSender: [] };
  let lookup: Promise<ContactLookup> | null = null;
  let groups: Promise<readonly ContactGroup[]> | null = null;
  const emails = new KnownEmails(mail);
  try {
    if (labelIds.length > 0) {
      for await (const page of mail.readEmailsIn(labelIds)) {
        emails.add(page);
        if (lookup !== null || !groupBySender(page.emails, layout).senders.some(isToHandle)) {
          continue;
        }
        groups = contacts.readGroups(requiredGroups);
        lookup = contacts.readContacts(addresses.promise);
        // Whatever fails here is thrown where it is waited for, or the emails failed before.
        groups.catch(() => undefined);
        lookup.catch(() => undefined);
      }
    }
    labelled = groupBySender(emails.all(), layout);
  } finally {
    addresses.resolve(new Set(labelled.senders.filter(isToHandle).map(({ sender }) => sender)));
  }
  return {
    labelled,
    groups: requireAll(named, (await groups) ?? named),
    lookup: (await lookup) ?? { byAddress: new Map(), unreadableCards: [] },
    emails,
  };
}

/**
 * The groups as they are now. One that was there a moment ago and is not any more is no fact to act
 * on: its members would seem to be in no group.
 */
function requireAll(
  before: readonly ContactGroup[],
  now: readonly ContactGroup[],
): readonly ContactGroup[] {
  const missing = before.find(({ href }) => !now.some((group) => group.href === href));
  if (missing === undefined) return now;
  throw new MalformedAnswerError(
    `CardDAV: the contact group "${missing.name}" was in one answer and not in the next`,
  );
}

/** Labels of one category only: no conflict. */
function isToHandle({ categories }: LabelledSender): boolean {
  return categories.length === 1;
}

/**
 * Both results. When both fail, both are named: the second would be the next one that a person
 * meets.
 */
async function bothOrWorst<A, B>(a: Promise<A>, b: Promise<B>): Promise<readonly [A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') {
    return [first.value, second.value];
  }
  const reasons = [first, second].flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  const said = reasons.filter(
    (reason): reason is MailroomError =>
      reason instanceof MailroomError && !(reason instanceof StoppedError),
  );
  if (said.length === 2) throw new BothServersError(said);
  throw reasons.find((reason) => runFailureKind(reason) === 'startup') ?? reasons[0];
}
