import { type GroupUids, isMember } from '../triage/membership.ts';
import { type ContactGroup, memberKey, type WriteFailure } from '../triage/model.ts';
import { cardKeys, type SenderPlan } from '../triage/plan.ts';
import { findDecisive, saveGroups, uidsFor } from './contact-steps.ts';
import type { BegunSender } from './ledger.ts';
import type { Pass } from './pass.ts';

/** The senders that are out of their old groups, and all groups as they were read after that. */
export interface LeftGroups {
  readonly begun: readonly BegunSender[];
  /** Null: nobody had a group to leave. */
  readonly readBack: readonly ContactGroup[] | null;
}

/**
 * Out of the old groups, only now that nothing of the sender's is left in the old destinations. A
 * card of several senders leaves for all of them at once: the old group is what tells the next pass
 * that the others' emails have to leave the old destination too.
 */
export async function leaveGroups(
  swept: readonly BegunSender[],
  plans: readonly SenderPlan[],
  { snapshot: { requiredGroups }, world: { contacts, log, clock }, ledger }: Pass,
): Promise<LeftGroups> {
  const done = new Set(swept.map(({ plan }) => plan.sender));
  const neededCards = new Set(
    plans
      .filter(({ sender }) => !done.has(sender) && !ledger.isDone(sender))
      .flatMap((plan) => [...cardKeys(plan)]),
  );
  const begun = swept.filter(({ plan, membership }) => {
    const uids = membership.leave.flatMap((link) => link.uids);
    if (!uids.some((uid) => neededCards.has(memberKey(uid)))) return true;
    const problem = 'another sender of the same contact was not handled: it stays in its old group';
    ledger.fail(plan.sender, 'leave group', { kind: 'failed', problem });
    return false;
  });
  const leaving = begun.filter(({ membership }) => membership.leave.length > 0);
  if (leaving.length === 0) return { begun, readBack: null };
  // Fresh ETags: these groups were written a moment ago, perhaps by somebody else too.
  const groups = await contacts.readGroups(requiredGroups);
  const hrefs = new Set(groups.map(({ href }) => href));
  const changes = groups
    .map((group) => ({
      group,
      addUids: [],
      removeUids: leaving.flatMap(({ membership }) => uidsFor(group.href, membership.leave)),
    }))
    .filter(({ removeUids }) => removeUids.length > 0);
  const failed = await saveGroups(changes, contacts);
  const readBack = await contacts.readGroups(requiredGroups);
  const left = begun.filter((one) => {
    const { plan, membership } = one;
    const failure =
      findDecisive(
        membership.leave.flatMap(
          ({ groupHref }) => failed.get(groupHref) ?? (hrefs.has(groupHref) ? [] : gone(groupHref)),
        ),
      ) ?? findStill(membership.leave, readBack);
    if (failure !== undefined) ledger.fail(plan.sender, 'leave group', failure);
    else if (membership.leave.length > 0) {
      ledger.groupsLeft(one);
      const from = ledger.groupNames(membership.leave.map(({ groupHref }) => groupHref));
      log.info('group_reassigned', { sender: plan.sender, from, to: plan.category.name });
    }
    return failure === undefined;
  });
  clock.checkpoint();
  return { begun: left, readBack };
}

/** The first of the groups that says, read back, that it still has one of the cards. */
function findStill(
  leave: readonly GroupUids[],
  readBack: readonly ContactGroup[],
): WriteFailure | undefined {
  const still = readBack.find((group) =>
    uidsFor(group.href, leave).some((uid) => isMember(group, uid)),
  );
  return still === undefined
    ? undefined
    : {
        kind: 'failed',
        problem: `the contact is still in the group ${still.name} after it was taken out`,
      };
}

/** That a read does not show a group does not prove that nobody is in it. */
function gone(href: string): WriteFailure {
  return { kind: 'failed', problem: `${href}: the group that the contact is to leave is gone` };
}
