import { findDoubt } from '../triage/contact.ts';
import { SCREENER } from '../triage/decision.ts';
import { usedHref } from '../triage/groups.ts';
import { choicesOf } from '../triage/layout.ts';
import { findGroupCategory, isMember, planMembership } from '../triage/membership.ts';
import type { Contact, WriteFailure } from '../triage/model.ts';
import type { SenderPlan } from '../triage/plan.ts';
import type { UntouchedCheck } from '../triage/ports.ts';
import { planSweepOf } from '../triage/sweep.ts';
import { leaveGroups, type LeftGroups } from './leave-step.ts';
import { finish } from './finish-step.ts';
import type { BegunSender } from './ledger.ts';
import type { Pass } from './pass.ts';
import { isInOtherGroup, makerOf } from './own-cards.ts';
import { logMoves, sweep } from './sweep-step.ts';
import { dropWithdrawn } from './withdrawn-step.ts';

/**
 * Takes decisions back: each sender becomes unknown again. Mail out of the places of its groups, the
 * line on cards that stay, out of the groups, mail once more (what a rule of the server filed
 * meanwhile), the card that Mailroom made, and the label last. While the label is on, the next pass
 * does again what was not done.
 */
export async function takeBack(
  plans: readonly SenderPlan[],
  screened: ReadonlySet<string>,
  pass: Pass,
): Promise<void> {
  if (plans.length === 0 || pass.world.clock.isStopping()) return;
  let begun = await dropWithdrawn(
    dropDoubtful(plans, pass).map((plan) => begin(plan, pass)),
    pass,
  );
  begun = await sweep(begun, screened, pass);
  // If the label is off again, nothing is taken back. What the sweep read shows whether it is.
  begun = await dropWithdrawn(begun, pass);
  const fates = await readFates(begun, pass);
  begun = begun.filter(({ plan }) => fates.has(plan));
  const left = await leaveGroups(begun, plans, pass);
  begun = await checkGroups(left, fates, pass);
  begun = await sweep(begun, screened, pass);
  logMoves(begun, pass);
  begun = await dropWithdrawn(begun, pass);
  const kept = await removeCards(begun, fates, pass);
  const done = begun.filter(({ plan }) => kept.has(plan));
  await finish(
    done.map((one) => withWarning(one, kept.get(one.plan) ?? [], pass)),
    screened,
    pass,
  );
}

/**
 * A card that cannot be read may be that of a sender who seems to have none: in a group, with mail in
 * its place. Nobody may say then that it was taken back.
 */
function dropDoubtful(
  plans: readonly SenderPlan[],
  { unreadableCards, ledger }: Pass,
): readonly SenderPlan[] {
  const doubt = findDoubt(unreadableCards);
  return plans.filter(({ sender, contact }) => {
    if (doubt === null || contact !== null) return true;
    ledger.fail(sender, 'contact', doubt);
    return false;
  });
}

function begin(plan: SenderPlan, { snapshot }: Pass): BegunSender {
  const { contact } = plan;
  const membership =
    contact === null
      ? { join: [], leave: [], oldDestinationIds: [] }
      : planMembership({ ...plan, contact }, snapshot);
  return { plan, membership, sweep: planSweepOf(plan, membership, snapshot.layout) };
}

/** The cards of each sender: those that Mailroom may delete, and those that stay, with their line. */
interface Fate {
  readonly own: readonly Contact[];
  readonly kept: readonly Contact[];
}

async function readFates(
  begun: readonly BegunSender[],
  pass: Pass,
): Promise<ReadonlyMap<SenderPlan, Fate>> {
  const { world, ledger } = pass;
  const fates = new Map<SenderPlan, Fate>();
  for (const { plan } of begun) {
    world.clock.checkpoint();
    const fate = { own: [] as Contact[], kept: [] as Contact[] };
    let hasFailed = false;
    for (const card of cardsOf(plan)) {
      const checked: UntouchedCheck = isInOtherGroup(card, pass)
        ? { kind: 'changed' }
        : await world.contacts.checkUntouched(card, makerOf(plan, pass));
      if (checked.kind === 'untouched') {
        fate.own.push(card);
        continue;
      }
      const outcome = checked.kind === 'changed' ? await keep(card, plan, pass) : checked;
      if (outcome.kind === 'kept') fate.kept.push(card);
      if (outcome.kind === 'kept' || outcome.kind === 'gone') continue;
      ledger.fail(plan.sender, 'contact', outcome);
      hasFailed = true;
      break;
    }
    if (!hasFailed) fates.set(plan, fate);
  }
  return fates;
}

/** Writes on a card that stays that the decision was taken back. It may be gone by now. */
async function keep(
  card: Contact,
  plan: SenderPlan,
  { snapshot, world }: Pass,
): Promise<{ readonly kind: 'kept' } | { readonly kind: 'gone' } | WriteFailure> {
  const outcome = await world.contacts.writeDecision({
    card,
    address: plan.sender,
    decision: {
      to: SCREENER,
      groupCategory: findGroupCategory(plan, snapshot),
      today: world.clock.today,
    },
  });
  if ('problem' in outcome) return outcome;
  return outcome.kind === 'gone' ? { kind: 'gone' } : { kind: 'kept' };
}

/**
 * Reads the groups back: a sender is out of the triage groups only if they say so. And if the user
 * has put the card into another group meanwhile, they use it: the next pass keeps it.
 */
async function checkGroups(
  { begun, readBack }: LeftGroups,
  fates: ReadonlyMap<SenderPlan, Fate>,
  pass: Pass,
): Promise<readonly BegunSender[]> {
  const { snapshot, world, ledger } = pass;
  const ownOf = (plan: SenderPlan): readonly Contact[] => fates.get(plan)?.own ?? [];
  if (readBack === null && !begun.some(({ plan }) => ownOf(plan).length > 0)) return begun;
  const groups = readBack ?? (await world.contacts.readGroups(snapshot.requiredGroups));
  const now = { ...pass, snapshot: { ...snapshot, groups } };
  const triage = new Set(choicesOf(snapshot.layout).map(({ own }) => own.groupHref));
  return begun.filter(({ plan }) => {
    const still = groups.find(
      (group) =>
        triage.has(usedHref(group.href, snapshot.layout)) &&
        cardsOf(plan).some(({ uid }) => isMember(group, uid)),
    );
    const hasJoined = ownOf(plan).some((card) => isInOtherGroup(card, now));
    if (still === undefined && !hasJoined) return true;
    const problem =
      still === undefined
        ? 'somebody put the contact into another group meanwhile'
        : `the contact is still in the group ${still.name} after it was taken out`;
    ledger.fail(plan.sender, 'leave group', { kind: 'failed', problem });
    return false;
  });
}

/**
 * The cards that each sender still has after this; a sender whose card could not be removed is left
 * out.
 */
async function removeCards(
  begun: readonly BegunSender[],
  fates: ReadonlyMap<SenderPlan, Fate>,
  pass: Pass,
): Promise<ReadonlyMap<SenderPlan, readonly Contact[]>> {
  const { world, ledger } = pass;
  const left = new Map<SenderPlan, readonly Contact[]>();
  for (const { plan } of begun) {
    world.clock.checkpoint();
    const fate = fates.get(plan) ?? { own: [], kept: [] };
    const kept = [...fate.kept];
    let hasFailed = false;
    for (const card of fate.own) {
      const removed = await world.contacts.removeContact(card, makerOf(plan, pass));
      // It was to go, so it has no line yet.
      const outcome = removed.kind === 'kept' ? await keep(card, plan, pass) : removed;
      if (outcome.kind === 'failed' || outcome.kind === 'refused') {
        ledger.fail(plan.sender, 'contact', outcome);
        hasFailed = true;
      } else if (outcome.kind === 'kept') {
        kept.push(card);
      } else if (outcome.kind === 'removed') {
        world.log.info('contact_removed', { sender: plan.sender, card: card.href });
      }
    }
    if (hasFailed) continue;
    left.set(plan, kept);
    const [first] = kept;
    if (first !== undefined) ledger.contactSaved(plan.sender, 'kept', first);
    else if (fate.own[0] !== undefined) ledger.contactSaved(plan.sender, 'removed', fate.own[0]);
  }
  return left;
}

/** Whoever still has a card is not screened: the user is told, on the email and in the log. */
function withWarning(
  one: BegunSender,
  kept: readonly Contact[],
  { snapshot, world }: Pass,
): BegunSender {
  if (kept.length === 0) return { ...one, sweep: { ...one.sweep, hasWarning: false } };
  world.log.warning('contact_kept', {
    sender: one.plan.sender,
    cards: kept.map(({ href }) => href),
    addresses: [...new Set(kept.flatMap(({ addresses }) => addresses))],
    remedy:
      'the sender stays a contact, and so is not screened; delete the contact if it should be',
  });
  const hasWarning = snapshot.layout.warningLabelId !== null;
  return { ...one, sweep: { ...one.sweep, hasWarning } };
}

function cardsOf({ contact, duplicates }: SenderPlan): readonly Contact[] {
  return contact === null ? [] : [contact, ...duplicates];
}
