import { compareText } from './compare.ts';
import type { LabelledSender } from './labelled.ts';
import { usedHref } from './groups.ts';
import type { ResolvedCategory, Snapshot } from './layout.ts';
import { isMember } from './membership.ts';
import { type Contact, type Email, memberKey, type SenderAddress } from './model.ts';
import { isDifferentName } from './names.ts';
import type { ContactLookup } from './ports.ts';
import { cleanDisplayName } from './sender.ts';

/** A sender to be handled: one category, and what the address book has of it. */
export interface SenderPlan {
  readonly sender: SenderAddress;
  readonly displayName: string;
  readonly labelled: readonly Email[];
  readonly category: ResolvedCategory;
  /** The contact to complete; null if it is to be created. */
  readonly contact: Contact | null;
  /** Other contacts with the same address; nothing about them changes except their old groups. */
  readonly duplicates: readonly Contact[];
  readonly isNameDifferent: boolean;
}

/** Labels that contradict one another: for these senders nothing is done, except to say so. */
export interface Conflict {
  readonly sender: SenderAddress;
  readonly emails: readonly Email[];
  readonly categoryNames: readonly string[];
}

/** Everything that a pass is going to do. */
export interface TriagePlan {
  readonly senders: readonly SenderPlan[];
  readonly conflicts: readonly Conflict[];
}

/**
 * Decides what is to be done for each sender. Two senders on one contact card with different
 * categories are in conflict as well: the card can be routed one way only.
 */
export function planTriage(
  labelled: readonly LabelledSender[],
  lookup: ContactLookup,
  snapshot: Snapshot,
): TriagePlan {
  const conflicts: Conflict[] = [];
  const senders: SenderPlan[] = [];
  for (const one of labelled) {
    const [category, ...others] = one.categories;
    if (category === undefined) continue;
    if (others.length > 0) conflicts.push(conflictOf(one, one.categories));
    else senders.push(planSender(one, category, lookup, snapshot));
  }
  const rivals = findRivals(senders, conflicts);
  for (const plan of senders) {
    const categoryNames = rivals.get(plan);
    if (categoryNames === undefined) continue;
    conflicts.push({ sender: plan.sender, emails: plan.labelled, categoryNames });
  }
  return { senders: senders.filter((plan) => !rivals.has(plan)), conflicts };
}

function planSender(
  one: LabelledSender,
  category: ResolvedCategory,
  lookup: ContactLookup,
  snapshot: Snapshot,
): SenderPlan {
  const [contact = null, ...duplicates] = rankContacts(
    lookup.byAddress.get(one.sender) ?? [],
    category,
    snapshot,
  );
  return {
    sender: one.sender,
    displayName: one.displayName,
    labelled: one.emails,
    category,
    contact,
    duplicates,
    // Both are cleaned in the same way, so that what cleaning takes out is not a difference.
    // Nothing is written to a card whose decision is taken back, so its name does not matter.
    isNameDifferent:
      contact !== null &&
      category !== snapshot.layout.takeBack &&
      isDifferentName(one.displayName, cleanDisplayName(contact.name)),
  };
}

/** Best first: in a group of this category, in any triage group, then the lowest href. */
function rankContacts(
  contacts: readonly Contact[],
  category: ResolvedCategory,
  { groups, layout }: Snapshot,
): readonly Contact[] {
  const triageHrefs = new Set(layout.categories.map(({ own }) => own.groupHref));
  const rank = ({ uid }: Contact): number => {
    const hrefs = groups
      .filter((group) => isMember(group, uid))
      .map(({ href }) => usedHref(href, layout));
    if (hrefs.some((href) => category.groupHrefs.includes(href))) return 0;
    return hrefs.some((href) => triageHrefs.has(href)) ? 1 : 2;
  };
  return contacts.toSorted(
    (a, b) => rank(a) - rank(b) || compareText(a.href, b.href) || compareText(a.uid, b.uid),
  );
}

/**
 * Senders that share a card with a sender of another category, or with one whose own labels
 * contradict one another; with the categories that are asked of the card.
 */
function findRivals(
  senders: readonly SenderPlan[],
  conflicts: readonly Conflict[],
): ReadonlyMap<SenderPlan, readonly string[]> {
  const byCard = new Map<string, SenderPlan[]>();
  for (const plan of senders) {
    for (const key of cardKeys(plan)) {
      const sharing = byCard.get(key);
      if (sharing === undefined) byCard.set(key, [plan]);
      else sharing.push(plan);
    }
  }
  const rivals = new Map<SenderPlan, readonly string[]>();
  for (const plans of byCard.values()) {
    const asked = new Set(plans.map(({ category }) => category.name));
    if (asked.size > 1) for (const plan of plans) rivals.set(plan, [...asked]);
  }
  const unclear = new Map(conflicts.map((conflict) => [conflict.sender, conflict.categoryNames]));
  for (const plan of senders) {
    const cards = plan.contact === null ? [] : [plan.contact, ...plan.duplicates];
    const others = cards.flatMap(({ addresses }) =>
      addresses.flatMap((address) => unclear.get(address) ?? []),
    );
    if (others.length === 0) continue;
    rivals.set(plan, [...new Set([plan.category.name, ...(rivals.get(plan) ?? []), ...others])]);
  }
  return rivals;
}

/** All addresses on the sender's cards: the group decides for each of them. */
export function cardAddresses({
  contact,
  duplicates,
}: Pick<SenderPlan, 'contact' | 'duplicates'>): readonly SenderAddress[] {
  return [contact, ...duplicates].flatMap((card) => card?.addresses ?? []);
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
