import { choicesOf, labelIdsOf, type Layout, type ResolvedCategory } from './layout.ts';
import type { MembershipPlan } from './membership.ts';
import type { Email, EmailPatch, SenderAddress } from './model.ts';
import type { SenderPlan } from './plan.ts';
import { findSender } from './sender.ts';

/** What a sweep of one sender's emails needs to know. */
export interface SweepPlan {
  readonly sender: SenderAddress;
  /**
   * The other addresses on cards that leave a group. The group decides for all of a card's addresses,
   * so their mail leaves the old destinations too.
   */
  readonly otherAddresses: ReadonlySet<SenderAddress>;
  readonly category: ResolvedCategory;
  /** The sender leaves a group of another category, or comes down from a parent's. */
  readonly isReTriage: boolean;
  /** `MembershipPlan.oldDestinationIds`; those of the category itself stay on. */
  readonly oldDestinationIds: readonly string[];
  /** The sender's name differs from the contact's: the warning label goes on. */
  readonly hasWarning: boolean;
}

/** What the sender's old groups mean for its mail. */
export function planSweepOf(
  plan: SenderPlan,
  membership: MembershipPlan,
  { warningLabelId }: Layout,
): SweepPlan {
  const { leave, join, oldDestinationIds } = membership;
  // A sender that was only in a parent's group leaves no group, but it has been triaged before.
  const isFromParent =
    oldDestinationIds.length > 0 &&
    join.some(({ groupHref }) => groupHref === plan.category.own.groupHref);
  const leaving = new Set(leave.flatMap(({ uids }) => uids));
  const addresses = (plan.contact === null ? [] : [plan.contact, ...plan.duplicates])
    .filter(({ uid }) => leaving.has(uid))
    .flatMap((contact) => contact.addresses);
  return {
    sender: plan.sender,
    otherAddresses: new Set(addresses.filter((address) => address !== plan.sender)),
    category: plan.category,
    isReTriage: leave.length > 0 || isFromParent,
    oldDestinationIds,
    hasWarning: plan.isNameDifferent && warningLabelId !== null,
  };
}

/**
 * The move of one email of the sender, or of another address on its card; null when it has to stay
 * where it is. Labelled emails wait for `planFinish`, but at a re-triage they move now, with their
 * label on: once the sender is out of the old group, a later pass (should this one be killed) would
 * take it for a new one. An email with another triage label is left to the next pass.
 */
export function planSweep(
  email: Email,
  plan: SweepPlan,
  layout: Layout,
  isChanged = false,
): EmailPatch | null {
  if (hasOtherLabel(email, plan, layout)) return null;
  if (isIn(email, [plan.category.labelId])) {
    if (!plan.isReTriage || isChanged) return null;
    const { add, remove } = placesOf(email, plan, layout);
    const patch = patchOf(email, add, remove);
    return patch.remove.length === 0 && isInAll(email, add) ? null : patch;
  }
  const isScreened = findSender(email) === plan.sender && isIn(email, [layout.screenerId]);
  if (!isScreened && !isIn(email, plan.oldDestinationIds)) return null;
  if (isIn(email, layout.leftAloneIds)) return null;
  // Mail comes back out of a category that sweeps into Archive, but not into Screener.
  const isTakenBack = plan.category === layout.takeBack;
  const isArchived = [...layout.archiveIds].some(
    (id) => isIn(email, [id]) && (isTakenBack || !plan.oldDestinationIds.includes(id)),
  );
  if (isArchived && !isScreened) return null;
  const add = [
    ...plan.category.destinationIds,
    ...(isScreened && !plan.isReTriage ? plan.category.fromScreenerAlsoIds : []),
  ];
  const remove = [...(isScreened ? [layout.screenerId] : []), ...plan.oldDestinationIds];
  const patch = patchOf(email, add, remove);
  return patch.remove.length === 0 && isInAll(email, add) ? null : patch;
}

/**
 * The last move of a labelled email: destination on; Screener, Inbox, Junk, the destinations of
 * other categories, triage label and error label off. Null when there is nothing to do.
 *
 * `isChanged`: the user did something with the email since the pass read it. It stays where it was
 * put, and only loses the labels; without the triage label it is planned as any other email; with
 * another one it is left to the next pass.
 */
export function planFinish(
  email: Email,
  plan: SweepPlan,
  layout: Layout,
  isChanged = false,
): EmailPatch | null {
  const { category } = plan;
  if (!isIn(email, [category.labelId])) return planSweep(email, plan, layout);
  if (hasOtherLabel(email, plan, layout)) return null;
  const ownLabels = ownLabelIds(email, plan, layout);
  const warning =
    plan.hasWarning && layout.warningLabelId !== null && !isIn(email, [layout.warningLabelId])
      ? [layout.warningLabelId]
      : [];
  const labelIds = labelIdsOf(layout);
  const places = [...email.mailboxIds].filter((id) => !labelIds.has(id));
  const isScreened = isIn(email, [layout.screenerId]);
  const isPutElsewhere =
    isChanged && places.length > 0 && !isScreened && !isIn(email, plan.oldDestinationIds);
  // The patch names a mailbox to stay in. Otherwise a server may destroy the email, if somebody takes
  // it out of that mailbox meanwhile and this patch takes off the last one.
  if (isPutElsewhere) return patchOf(email, [...places.slice(0, 1), ...warning], ownLabels);
  const { add, remove } = placesOf(email, plan, layout);
  return patchOf(email, [...add, ...warning], [...remove, ...ownLabels]);
}

/** Where a labelled email goes, and which mailboxes it leaves if it is in them. */
function placesOf(
  email: Email,
  { category, isReTriage, oldDestinationIds }: SweepPlan,
  layout: Layout,
): { readonly add: readonly string[]; readonly remove: readonly string[] } {
  const labelIds = labelIdsOf(layout);
  // Taken back: what was thrown away or sent only loses the label.
  if (category === layout.takeBack && isIn(email, layout.leftAloneIds)) {
    return { add: [...email.mailboxIds].filter((id) => !labelIds.has(id)), remove: [] };
  }
  // An email that is in the label and nowhere else was moved there from Screener, not labelled.
  const isNowhere = [...email.mailboxIds].every((id) => labelIds.has(id));
  const wasScreened = isIn(email, [layout.screenerId]) || isNowhere;
  return {
    add: [
      ...category.destinationIds,
      ...(wasScreened && !isReTriage ? category.fromScreenerAlsoIds : []),
    ],
    remove: [
      layout.screenerId,
      ...layout.inboxIds,
      ...layout.junkIds,
      ...layout.categories.flatMap(({ destinationIds }) => destinationIds),
      ...oldDestinationIds,
    ],
  };
}

/**
 * Takes Mailroom's own labels off an email of the sender that has no triage label: error when the
 * sender is handled, warning when the names are alike. Null if it carries none of them. Of another
 * address on the sender's card the error label alone: two addresses of one card had contradicting
 * labels, and the user took off the one that was on this email.
 */
export function planLabelRemoval(email: Email, plan: SweepPlan, layout: Layout): EmailPatch | null {
  if (hasTriageLabel(email, layout)) return null;
  const isOwn = findSender(email) === plan.sender;
  const remove = ownLabelIds(email, plan, layout).filter(
    (id) => isOwn || id === layout.errorLabelId,
  );
  if (remove.length === 0) return null;
  // The patch names a mailbox to stay in, although the email is in it already: if somebody takes it out
  // meanwhile, a server may destroy the email with its last mailbox (Cyrus does).
  const stays = [...plan.category.destinationIds, ...email.mailboxIds].find(
    (id) => isIn(email, [id]) && !remove.includes(id),
  );
  return patchOf(email, stays === undefined ? plan.category.destinationIds : [stays], remove);
}

/**
 * Puts the error label on each email that does not have it yet, so that repeating it writes
 * nothing.
 */
export function planErrorLabel(email: Email, { errorLabelId }: Layout): EmailPatch | null {
  return isIn(email, [errorLabelId]) ? null : patchOf(email, [errorLabelId], []);
}

/** The mailboxes that an email is in after a patch. */
export function applyPatch(email: Email, { add, remove }: EmailPatch): Email {
  const kept = [...email.mailboxIds].filter((id) => !remove.includes(id));
  return { ...email, mailboxIds: new Set([...kept, ...add]) };
}

/** Those of the triage label, error label and warning label that are to come off the email. */
function ownLabelIds(
  email: Email,
  { category, hasWarning }: SweepPlan,
  { errorLabelId, warningLabelId }: Layout,
): readonly string[] {
  return [
    category.labelId,
    errorLabelId,
    ...(warningLabelId === null || hasWarning ? [] : [warningLabelId]),
  ].filter((id) => isIn(email, [id]));
}

function hasTriageLabel(email: Email, layout: Layout): boolean {
  return choicesOf(layout).some(({ labelId }) => isIn(email, [labelId]));
}

/**
 * A triage label of another category, put on meanwhile; else the labels would have been in
 * conflict.
 */
function hasOtherLabel(email: Email, { category }: SweepPlan, layout: Layout): boolean {
  return choicesOf(layout).some(
    ({ labelId }) => labelId !== category.labelId && isIn(email, [labelId]),
  );
}

function isIn({ mailboxIds }: Email, ids: Iterable<string>): boolean {
  return [...ids].some((id) => mailboxIds.has(id));
}

function isInAll({ mailboxIds }: Email, ids: readonly string[]): boolean {
  return ids.every((id) => mailboxIds.has(id));
}

/**
 * Destinations are named even if the email is in them already: if somebody takes it out meanwhile, it
 * still ends up in a mailbox.
 */
function patchOf(email: Email, add: readonly string[], remove: readonly string[]): EmailPatch {
  return {
    emailId: email.id,
    add,
    remove: [...new Set(remove)].filter((id) => isIn(email, [id]) && !add.includes(id)),
  };
}
