import type { Layout, ResolvedCategory } from './layout.ts';
import {
  type Contact,
  type ContactGroup,
  type Email,
  memberKey,
  type SenderAddress,
} from './model.ts';
import { isDifferentName } from './names.ts';
import type { ContactLookup } from './ports.ts';
import { cleanDisplayName, findSender } from './sender.ts';

/** The labelled emails of one sender. */
export interface LabelledSender {
  readonly sender: SenderAddress;
  /** Display name of the newest labelled email, cleaned; empty where it has none. */
  readonly displayName: string;
  readonly emails: readonly Email[];
  /** The categories of the labels on these emails; one, unless the labels contradict. */
  readonly categories: readonly ResolvedCategory[];
}

export interface LabelledEmails {
  readonly senders: readonly LabelledSender[];
  /** Labelled emails without a usable From address. */
  readonly withoutSender: readonly Email[];
}

/** A sender to be handled: one category, and what the address book has of it. */
export interface SenderPlan {
  readonly sender: SenderAddress;
  readonly displayName: string;
  readonly labelled: readonly Email[];
  readonly category: ResolvedCategory;
  /** The contact to complete; null: to be created. */
  readonly contact: Contact | null;
  /** Other contacts with the same address; they are left as they are but for old groups. */
  readonly duplicates: readonly Contact[];
  readonly isNameDifferent: boolean;
}

/** Labels that contradict one another: nothing is done for these senders but saying so. */
export interface Conflict {
  readonly sender: SenderAddress;
  readonly emails: readonly Email[];
  readonly categoryNames: readonly string[];
}

export interface TriagePlan {
  readonly senders: readonly SenderPlan[];
  readonly conflicts: readonly Conflict[];
}

/** Sorts labelled emails by sender; the order of the emails given does not matter. */
export function groupBySender(emails: readonly Email[], layout: Layout): LabelledEmails {
  const bySender = new Map<SenderAddress, Email[]>();
  const withoutSender: Email[] = [];
  for (const email of emails.toSorted(byAge)) {
    if (!layout.categories.some(({ labelId }) => email.mailboxIds.has(labelId))) continue;
    const sender = findSender(email);
    if (sender === null) withoutSender.push(email);
    else bySender.set(sender, [...(bySender.get(sender) ?? []), email]);
  }
  const senders = [...bySender].map(([sender, own]) => ({
    sender,
    displayName: own.at(-1)?.displayName ?? '',
    emails: own,
    categories: layout.categories.filter(({ labelId }) =>
      own.some(({ mailboxIds }) => mailboxIds.has(labelId)),
    ),
  }));
  return { senders: senders.toSorted((a, b) => compareText(a.sender, b.sender)), withoutSender };
}

/**
 * Decides what is to be done for each sender. Two senders on one contact card with different
 * categories are in conflict as well: the card can be routed one way only.
 */
export function planTriage(
  labelled: readonly LabelledSender[],
  lookup: ContactLookup,
  groups: readonly ContactGroup[],
  layout: Layout,
): TriagePlan {
  const conflicts: Conflict[] = [];
  const senders: SenderPlan[] = [];
  for (const one of labelled) {
    const [category, ...others] = one.categories;
    if (category === undefined) continue;
    if (others.length > 0) conflicts.push(conflictOf(one, one.categories));
    else senders.push(planSender(one, category, lookup, groups, layout));
  }
  const rivals = findRivals(senders);
  for (const plan of senders) {
    const categories = rivals.get(plan);
    if (categories !== undefined) {
      conflicts.push(conflictOf({ sender: plan.sender, emails: plan.labelled }, categories));
    }
  }
  return { senders: senders.filter((plan) => !rivals.has(plan)), conflicts };
}

/** A group, and the UIDs that are to go into it or out of it; at least one. */
export interface GroupUids {
  readonly groupHref: string;
  readonly uids: readonly string[];
}

/** What a sender's groups become. */
export interface MembershipPlan {
  /** Groups to put the sender's contact into, in no particular order. */
  readonly join: readonly GroupUids[];
  /** Groups to take the sender's contacts out of. */
  readonly leave: readonly GroupUids[];
  /**
   * Mailboxes to be swept too: of the categories left, and of parents whose groups the sender is in.
   * Mail that is in a parent's stays there, and gets what it lacks of the chain.
   */
  readonly oldDestinationIds: readonly string[];
}

/** Compares the groups a sender is in with those of its category; parents' groups count as its own. */
export function planMembership(
  contact: Contact,
  duplicates: readonly Contact[],
  category: ResolvedCategory,
  groups: readonly ContactGroup[],
  layout: Layout,
): MembershipPlan {
  const contacts = [contact, ...duplicates];
  const triageGroups = groups.filter(({ href }) =>
    layout.categories.some(({ own }) => own.groupHref === href),
  );
  const leave = triageGroups
    .filter(({ href }) => !category.groupHrefs.includes(href))
    .map((group) => ({
      groupHref: group.href,
      uids: contacts.map(({ uid }) => uid).filter((uid) => isMember(group, uid)),
    }))
    .filter(({ uids }) => uids.length > 0);
  // A duplicate that leaves its group and is another sender's card as well would leave that sender in
  // no group: it goes where the sender goes.
  const movedAlong = duplicates.filter(
    ({ uid, addresses }) =>
      leave.some(({ uids }) => uids.includes(uid)) &&
      addresses.some((address) => !contact.addresses.includes(address)),
  );
  const join = triageGroups
    .filter(({ href }) => category.groupHrefs.includes(href))
    .map((group) => ({
      groupHref: group.href,
      uids: [contact, ...movedAlong].map(({ uid }) => uid).filter((uid) => !isMember(group, uid)),
    }))
    .filter(({ uids }) => uids.length > 0);
  const isIn = (href: string): boolean =>
    triageGroups.some(
      (group) => group.href === href && contacts.some(({ uid }) => isMember(group, uid)),
    );
  const oldDestinationIds = layout.categories
    .filter(({ own }) =>
      category.groupHrefs.includes(own.groupHref)
        ? own.groupHref !== category.own.groupHref && category.destinationIds.length > 1
        : !category.destinationIds.includes(own.destinationId),
    )
    .filter(({ own }) => isIn(own.groupHref))
    .map(({ own }) => own.destinationId);
  return { join, leave, oldDestinationIds: [...new Set(oldDestinationIds)] };
}

export function isMember(group: ContactGroup, uid: string): boolean {
  return group.memberKeys.has(memberKey(uid));
}

function planSender(
  one: LabelledSender,
  category: ResolvedCategory,
  lookup: ContactLookup,
  groups: readonly ContactGroup[],
  layout: Layout,
): SenderPlan {
  const [contact = null, ...duplicates] = rankContacts(
    lookup.byAddress.get(one.sender) ?? [],
    category,
    groups,
    layout,
  );
  return {
    sender: one.sender,
    displayName: one.displayName,
    labelled: one.emails,
    category,
    contact,
    duplicates,
    // Cleaned alike: a name must not differ by what was taken out of the other.
    isNameDifferent:
      contact !== null && isDifferentName(one.displayName, cleanDisplayName(contact.name)),
  };
}

/** Best first: in a group of this category, in any triage group, then the lowest href. */
function rankContacts(
  contacts: readonly Contact[],
  category: ResolvedCategory,
  groups: readonly ContactGroup[],
  layout: Layout,
): readonly Contact[] {
  const triageHrefs = new Set(layout.categories.map(({ own }) => own.groupHref));
  const rank = ({ uid }: Contact): number => {
    const hrefs = groups.filter((group) => isMember(group, uid)).map(({ href }) => href);
    if (hrefs.some((href) => category.groupHrefs.includes(href))) return 0;
    return hrefs.some((href) => triageHrefs.has(href)) ? 1 : 2;
  };
  return contacts.toSorted(
    (a, b) => rank(a) - rank(b) || compareText(a.href, b.href) || compareText(a.uid, b.uid),
  );
}

/** Senders that share a card with a sender of another category, with all categories asked of it. */
function findRivals(
  senders: readonly SenderPlan[],
): ReadonlyMap<SenderPlan, readonly ResolvedCategory[]> {
  const byCard = new Map<string, SenderPlan[]>();
  for (const plan of senders) {
    for (const key of cardKeys(plan)) byCard.set(key, [...(byCard.get(key) ?? []), plan]);
  }
  const rivals = new Map<SenderPlan, readonly ResolvedCategory[]>();
  for (const plans of byCard.values()) {
    const categories = [...new Set(plans.map(({ category }) => category))];
    if (categories.length < 2) continue;
    for (const plan of plans) rivals.set(plan, categories);
  }
  return rivals;
}

/**
 * What the senders of one card share. Groups know their members by UID, so two cards with one UID
 * are routed as one, and two in one resource are not.
 */
export function cardKeys({
  contact,
  duplicates,
}: Pick<SenderPlan, 'contact' | 'duplicates'>): ReadonlySet<string> {
  const contacts = contact === null ? [] : [contact, ...duplicates];
  return new Set(contacts.map(({ href, uid }) => (uid === '' ? href : memberKey(uid))));
}

function conflictOf(
  { sender, emails }: Pick<LabelledSender, 'sender' | 'emails'>,
  categories: readonly ResolvedCategory[],
): Conflict {
  return { sender, emails, categoryNames: categories.map(({ name }) => name) };
}

/** Oldest first; ids settle equal times, so that the newest is the same whatever the server's order. */
function byAge(a: Email, b: Email): number {
  return compareText(a.receivedAt, b.receivedAt) || compareText(a.id, b.id);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
