import pLimit from 'p-limit';

import { planNewContact } from '../triage/contact.ts';
import { memberKey, type WriteFailure } from '../triage/model.ts';
import {
  findGroupCategory,
  type GroupUids,
  isMember,
  planMembership,
} from '../triage/membership.ts';
import { cardKeys, type SenderPlan } from '../triage/plan.ts';
import type { ContactStore, GroupChange } from '../triage/ports.ts';
import { planSweepOf } from '../triage/sweep.ts';
import type { BegunSender } from './ledger.ts';
import type { Pass } from './pass.ts';

/** Contact writes under way at once (README: what it costs). */
const MAX_CONTACT_WRITES = 8;

/** Step 1: every sender's contact made or completed, side by side. */
export async function saveContacts(
  plans: readonly SenderPlan[],
  { snapshot, world: { contacts, log, clock }, ledger }: Pass,
): Promise<readonly BegunSender[]> {
  const save = async (plan: SenderPlan): Promise<readonly BegunSender[]> => {
    if (clock.isStopping()) return [];
    const { sender, displayName, category } = plan;
    const outcome = await contacts.saveContact({
      newContact: planNewContact(sender, displayName, category.contactType),
      existing: plan.contact,
      decision: {
        to: category.name,
        groupCategory: findGroupCategory(plan, snapshot),
        today: clock.today,
      },
    });
    if (outcome.kind === 'refused' || outcome.kind === 'failed') {
      ledger.fail(sender, 'contact', outcome);
      return [];
    }
    const { contact } = outcome;
    if (plan.duplicates.length > 0) {
      const cards = [contact, ...plan.duplicates].map(({ href }) => href);
      log.warning('duplicate_contacts', { sender, cards });
    }
    log.info('contact_upserted', { sender, result: outcome.kind });
    ledger.contactSaved(sender, outcome.kind, contact);
    const handled = { ...plan, contact };
    const membership = planMembership(handled, snapshot);
    return [{ plan, membership, sweep: planSweepOf(handled, membership, snapshot.layout) }];
  };
  const begun = await sideBySide(plans, save);
  clock.checkpoint();
  return begun;
}

/** Into the new groups, one write a group for all senders; then what the server has is read back. */
export async function joinGroups(
  begun: readonly BegunSender[],
  { snapshot: { groups, requiredGroups }, world: { contacts, log, clock }, ledger }: Pass,
): Promise<readonly BegunSender[]> {
  const changes = groups
    .map((group) => ({
      group,
      addUids: begun.flatMap(({ membership }) => uidsFor(group.href, membership.join)),
      removeUids: [],
    }))
    .filter(({ addUids }) => addUids.length > 0);
  if (changes.length === 0) return begun;
  const failed = await saveGroups(changes, contacts);
  const joined = begun.filter((one) => {
    const failure = findDecisive(
      one.membership.join.flatMap(({ groupHref }) => failed.get(groupHref) ?? []),
    );
    if (failure !== undefined) ledger.fail(one.plan.sender, 'join group', failure);
    return failure === undefined;
  });
  clock.checkpoint();
  const readBack = await contacts.readGroups(requiredGroups);
  const isIn = (href: string, uid: string): boolean =>
    readBack.some((group) => group.href === href && isMember(group, uid));
  return joined.filter((one) => {
    const { plan, membership } = one;
    const missing = membership.join.find(({ groupHref, uids }) =>
      uids.some((uid) => !isIn(groupHref, uid)),
    );
    if (missing !== undefined) {
      ledger.fail(plan.sender, 'check group', {
        kind: 'failed',
        problem: `the contact is not in the group after it was written (${missing.groupHref})`,
      });
      return false;
    }
    ledger.groupsJoined(one);
    if (membership.join.length > 0) {
      log.info('group_joined', { sender: plan.sender, category: plan.category.name });
    }
    return true;
  });
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
): Promise<readonly BegunSender[]> {
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
  if (leaving.length === 0) return begun;
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
  const left = begun.filter((one) => {
    const { plan, membership } = one;
    const failure = findDecisive(
      membership.leave.flatMap(
        ({ groupHref }) => failed.get(groupHref) ?? (hrefs.has(groupHref) ? [] : gone(groupHref)),
      ),
    );
    if (failure !== undefined) ledger.fail(plan.sender, 'leave group', failure);
    else if (membership.leave.length > 0) {
      ledger.groupsLeft(one);
      const from = ledger.groupNames(membership.leave.map(({ groupHref }) => groupHref));
      log.info('group_reassigned', { sender: plan.sender, from, to: plan.category.name });
    }
    return failure === undefined;
  });
  clock.checkpoint();
  return left;
}

/** A refusal counts for more than a failure that will pass. */
function findDecisive(failures: readonly WriteFailure[]): WriteFailure | undefined {
  return failures.find(({ kind }) => kind === 'refused') ?? failures[0];
}

/** That a read does not show a group does not prove that nobody is in it. */
function gone(href: string): WriteFailure {
  return { kind: 'failed', problem: `${href}: the group that the contact is to leave is gone` };
}

function uidsFor(href: string, links: readonly GroupUids[]): readonly string[] {
  return links.filter(({ groupHref }) => groupHref === href).flatMap(({ uids }) => uids);
}

async function saveGroups(
  changes: readonly GroupChange[],
  contacts: ContactStore,
): Promise<ReadonlyMap<string, WriteFailure>> {
  const failed = await sideBySide(changes, async (change) => {
    const outcome = await contacts.saveGroupMembers(change);
    const hasFailed = outcome.kind === 'refused' || outcome.kind === 'failed';
    return hasFailed ? [[change.group.href, outcome] as const] : [];
  });
  return new Map(failed);
}

/**
 * An error that breaks the run is thrown once the writes under way have ended, because a run that is
 * over must not write or log any more. No new write begins after it.
 */
async function sideBySide<Item, Result>(
  items: readonly Item[],
  write: (item: Item) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const broken: unknown[] = [];
  const writeUnlessBroken = async (item: Item): Promise<readonly Result[]> => {
    if (broken.length > 0) return [];
    try {
      return await write(item);
    } catch (error) {
      broken.push(error);
      return [];
    }
  };
  const results = await pLimit(MAX_CONTACT_WRITES).map(items, writeUnlessBroken);
  if (broken.length > 0) throw broken[0];
  return results.flat();
}
