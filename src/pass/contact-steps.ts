import pLimit from 'p-limit';

import { planNewContact } from '../triage/contact.ts';
import type { WriteFailure } from '../triage/model.ts';
import {
  findGroupCategory,
  type GroupUids,
  isMember,
  planMembership,
} from '../triage/membership.ts';
import type { SenderPlan } from '../triage/plan.ts';
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

/** A refusal counts for more than a failure that will pass. */
export function findDecisive(failures: readonly WriteFailure[]): WriteFailure | undefined {
  return failures.find(({ kind }) => kind === 'refused') ?? failures[0];
}

/** All UIDs that go into this group, or out of it. */
export function uidsFor(href: string, links: readonly GroupUids[]): readonly string[] {
  return links.filter(({ groupHref }) => groupHref === href).flatMap(({ uids }) => uids);
}

/** Writes the groups side by side. Returns, by href, those that could not be written. */
export async function saveGroups(
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
