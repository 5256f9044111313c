import type { Layout, ResolvedCategory } from './layout.ts';
import type { Email, EmailPatch, SenderAddress } from './model.ts';
import type { MembershipPlan } from './membership.ts';
import type { SenderPlan } from './plan.ts';

/** What a sweep of one sender's emails needs to know. */
export interface SweepPlan {
  readonly sender: SenderAddress;
  readonly category: ResolvedCategory;
  /** The sender leaves a group of another category, or comes down from a parent's. */
  readonly isReTriage: boolean;
  /** `MembershipPlan.oldDestinationIds`; those of the category itself stay on. */
  readonly oldDestinationIds: readonly string[];
  /** Ids of the labelled emails, whose label comes off last of all, by `planFinish`. */
  readonly labelledIds: ReadonlySet<string>;
  /** The sender's name differs from the contact's: the warning label goes on. */
  readonly hasWarning: boolean;
}

/**
 * The move of one email of the sender; null when it has to stay where it is. The email's sender was
 * compared already. Labelled emails wait for `planFinish`, but at a re-triage they move now, with
 * their label on: once the sender is out of the old group, a later pass (should this one be killed)
 * could not tell any more that they have to leave the old destination.
 */
export function planSweep(email: Email, plan: SweepPlan, layout: Layout): EmailPatch | null {
  const isLabelled = plan.labelledIds.has(email.id);
  if (isLabelled && !plan.isReTriage) return null;
  const isIn = (ids: Iterable<string>): boolean => [...ids].some((id) => email.mailboxIds.has(id));
  const isScreened = email.mailboxIds.has(layout.screenerId);
  if (!isScreened && !isIn(plan.oldDestinationIds)) return null;
  if (!isLabelled && isIn(layout.leftAloneIds)) return null;
  if (!isLabelled && isIn(layout.archiveIds) && !isScreened) return null;
  const patch = movePatch(email, plan, layout, []);
  const isDone = patch.remove.length === 0 && patch.add.every((id) => email.mailboxIds.has(id));
  return isDone ? null : patch;
}

/** The last move of a labelled email: destination on; Screener, triage label and error label off. */
export function planFinish(email: Email, plan: SweepPlan, layout: Layout): EmailPatch {
  const { warningLabelId } = layout;
  const patch = movePatch(email, plan, layout, [
    plan.category.labelId,
    layout.errorLabelId,
    ...(warningLabelId === null || plan.hasWarning ? [] : [warningLabelId]),
  ]);
  return plan.hasWarning && warningLabelId !== null && !email.mailboxIds.has(warningLabelId)
    ? { ...patch, add: [...patch.add, warningLabelId] }
    : patch;
}

/**
 * Takes Mailroom's own labels off an email of the sender that is not labelled for triage (any more):
 * error when the sender is handled, warning when the names are alike. Null: it carries none of them.
 * `email` is as it was before the sweep, which is done.
 */
export function planLabelRemoval(email: Email, plan: SweepPlan, layout: Layout): EmailPatch | null {
  if (plan.labelledIds.has(email.id)) return null;
  const remove = [
    layout.errorLabelId,
    ...(layout.warningLabelId === null || plan.hasWarning ? [] : [layout.warningLabelId]),
  ].filter((id) => email.mailboxIds.has(id));
  if (remove.length === 0) return null;
  // A mailbox to stay in is named although the email is in it: should somebody take it out meanwhile,
  // a server may destroy an email whose last mailbox is taken off (Cyrus does). The email was read
  // before the sweep, and where the sweep took it out of it must not be put back.
  const isNowIn = mailboxIdsAfter(email, planSweep(email, plan, layout));
  const stays = [...plan.category.destinationIds, ...isNowIn].find(
    (id) => isNowIn.has(id) && !remove.includes(id),
  );
  return {
    emailId: email.id,
    add: stays === undefined ? plan.category.destinationIds : [stays],
    remove,
  };
}

function mailboxIdsAfter(email: Email, patch: EmailPatch | null): ReadonlySet<string> {
  if (patch === null) return email.mailboxIds;
  const kept = [...email.mailboxIds].filter((id) => !patch.remove.includes(id));
  return new Set([...kept, ...patch.add]);
}

/** Error label on each email that does not carry it yet: a repetition writes nothing. */
export function planErrorLabels(emails: readonly Email[], layout: Layout): readonly EmailPatch[] {
  return emails
    .filter(({ mailboxIds }) => !mailboxIds.has(layout.errorLabelId))
    .map(({ id }) => ({ emailId: id, add: [layout.errorLabelId], remove: [] }));
}

/**
 * Destinations on; Screener, old destinations and `labelIds` off, in one patch. Destinations are
 * named even where the email has them already: should somebody take it out meanwhile, the email
 * still ends in a mailbox.
 */
function movePatch(
  email: Email,
  { category, isReTriage, oldDestinationIds }: SweepPlan,
  layout: Layout,
  labelIds: readonly string[],
): EmailPatch {
  const isScreened = email.mailboxIds.has(layout.screenerId);
  const add = [
    ...category.destinationIds,
    ...(isScreened && !isReTriage ? category.fromScreenerAlsoIds : []),
  ];
  const remove = [layout.screenerId, ...oldDestinationIds, ...labelIds];
  return {
    emailId: email.id,
    add,
    remove: remove.filter((id) => email.mailboxIds.has(id) && !add.includes(id)),
  };
}

/** What the groups that a sender was in mean for its mail. */
export function planSweepOf(
  plan: SenderPlan,
  membership: MembershipPlan,
  { warningLabelId }: Layout,
): SweepPlan {
  const { leave, join, oldDestinationIds } = membership;
  // A sender that was in a parent's group alone leaves none, and has been triaged before all the same.
  const isFromParent =
    oldDestinationIds.length > 0 &&
    join.some(({ groupHref }) => groupHref === plan.category.own.groupHref);
  return {
    sender: plan.sender,
    category: plan.category,
    isReTriage: leave.length > 0 || isFromParent,
    oldDestinationIds,
    labelledIds: new Set(plan.labelled.map(({ id }) => id)),
    hasWarning: plan.isNameDifferent && warningLabelId !== null,
  };
}
