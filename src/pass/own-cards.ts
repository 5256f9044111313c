import { usedHref } from '../triage/groups.ts';
import { isMember } from '../triage/membership.ts';
import type { Contact } from '../triage/model.ts';
import type { SenderPlan } from '../triage/plan.ts';
import type { CardMaker } from '../triage/ports.ts';
import { findSender } from '../triage/sender.ts';
import type { Pass } from './pass.ts';

/* Which cards Mailroom may delete: those that it made itself, unchanged, and that nobody uses. */

/** The user has put the card into a group of their own, so they use it. */
export function isInOtherGroup({ uid }: Contact, { snapshot: { groups, layout } }: Pass): boolean {
  const triage = new Set(layout.categories.map(({ own }) => own.groupHref));
  return groups.some((group) => !triage.has(usedHref(group.href, layout)) && isMember(group, uid));
}

/** What a card that Mailroom made for the sender can look like, as far as this pass knows. */
export function makerOf(
  { sender, displayName }: SenderPlan,
  { emails, snapshot }: Pick<Pass, 'emails' | 'snapshot'>,
): CardMaker {
  const names = emails
    .all()
    .filter((email) => findSender(email) === sender)
    .map((email) => email.displayName);
  return {
    address: sender,
    names: [...new Set([displayName, ...names])],
    categories: snapshot.layout.categories.map(({ name }) => name),
  };
}
