import { usedHref } from './groups.ts';
import type { ResolvedCategory, Snapshot } from './layout.ts';
import { type Contact, type ContactGroup, memberKey, plainUid } from './model.ts';

/** A group, and the UIDs that are to go into it or out of it; at least one. */
export interface GroupUids {
  readonly groupHref: string;
  readonly uids: readonly string[];
}

/** What a sender's groups become. */
export interface MembershipPlan {
  /**
   * Groups to put the sender's contact into, in no particular order; also those where the contact
   * is listed in a spelling that the server's rules do not find.
   */
  readonly join: readonly GroupUids[];
  /** Groups to take the sender's contacts out of. */
  readonly leave: readonly GroupUids[];
  /**
   * Mailboxes to be swept too: of the categories left, and of parents whose groups the sender is in.
   * Mail that is in a parent's stays there, and gets what it lacks of the chain.
   */
  readonly oldDestinationIds: readonly string[];
}

/** A sender that has a contact. */
export interface GroupedSender {
  readonly contact: Contact;
  readonly duplicates: readonly Contact[];
  readonly category: ResolvedCategory;
}

/**
 * Compares the groups a sender is in with those of its category; parents' groups count as its own.
 */
export function planMembership(
  { contact, duplicates, category }: GroupedSender,
  { groups, layout }: Snapshot,
): MembershipPlan {
  const contacts = [contact, ...duplicates];
  const triageGroups = groups.filter(({ href }) =>
    layout.categories.some(({ own }) => own.groupHref === usedHref(href, layout)),
  );
  const leave = triageGroups
    .filter(({ href }) => !category.groupHrefs.includes(usedHref(href, layout)))
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
      uids: [contact, ...movedAlong]
        .map(({ uid }) => uid)
        .filter((uid) => !isExactMember(group, uid)),
    }))
    .filter(({ uids }) => uids.length > 0);
  const isIn = (href: string): boolean =>
    triageGroups.some(
      (group) =>
        usedHref(group.href, layout) === href && contacts.some(({ uid }) => isMember(group, uid)),
    );
  const isFromAbove = category.destinationIds.length > 1;
  const oldDestinationIds = layout.categories
    .filter(({ own }) => own.groupHref !== category.own.groupHref && isIn(own.groupHref))
    .flatMap(({ own, fromScreenerAlsoIds }) => {
      if (category.groupHrefs.includes(own.groupHref))
        return isFromAbove ? [own.destinationId] : [];
      // A category whose mail also goes to Inbox: then Inbox is an old place too.
      return [own.destinationId, ...fromScreenerAlsoIds].filter(
        (id) => !category.destinationIds.includes(id),
      );
    });
  return { join, leave, oldDestinationIds: [...new Set(oldDestinationIds)] };
}

/**
 * The category of the group that a sender is in: of one that it leaves, else of the nearest one on
 * the way up. Null: in no triage group.
 */
export function findGroupCategory(
  {
    contact,
    duplicates,
    category,
  }: Omit<GroupedSender, 'contact'> & { readonly contact: Contact | null },
  { groups, layout }: Snapshot,
): string | null {
  const contacts = contact === null ? [] : [contact, ...duplicates];
  const isIn = (groupHref: string): boolean =>
    groups.some(
      (group) =>
        usedHref(group.href, layout) === groupHref &&
        contacts.some(({ uid }) => isMember(group, uid)),
    );
  const deepestFirst = layout.categories
    .filter(({ own }) => isIn(own.groupHref))
    .toSorted((a, b) => b.groupHrefs.length - a.groupHrefs.length);
  const left = deepestFirst.find(({ own }) => !category.groupHrefs.includes(own.groupHref));
  if (left !== undefined) return left.name;
  return isIn(category.own.groupHref) ? category.name : (deepestFirst[0]?.name ?? null);
}

/** Whether the contact is in the group, in whatever spelling its UID stands there. */
export function isMember(group: ContactGroup, uid: string): boolean {
  return group.memberKeys.has(memberKey(uid));
}

/** Whether the server's own rules find the contact in the group. */
export function isExactMember(group: ContactGroup, uid: string): boolean {
  return group.exactUids.has(plainUid(uid));
}
