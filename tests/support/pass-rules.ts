import type { TriageNames } from '../../src/triage/layout.ts';
import { choicesOf, findLayout } from '../../src/triage/layout.ts';
import type { Layout, ResolvedCategory } from '../../src/triage/layout.ts';
import type { Email } from '../../src/triage/model.ts';
import { isMember } from '../../src/triage/membership.ts';
import { findSender } from '../../src/triage/sender.ts';
import type { MemoryAccount } from './memory-world.ts';

/*
 * What must be true of an account at every moment of a pass: no email is lost, only a labelled
 * sender's emails move, a triage label comes off only when everything is done, no sender drops out
 * of all groups, and nobody gets two contacts. From src come only the layout, and who is a sender
 * and a member; what a pass plans and does is not asked.
 */

export interface Watch {
  /** Compares the account with what it was at the last look. */
  readonly look: () => void;
  /** An email that the user deletes or moves: it stays as the user leaves it. */
  readonly forget: (id: string) => void;
  /** A contact that the user puts into a group: it stays there, whatever its label says. */
  readonly place: (uid: string) => void;
  readonly wrongs: readonly string[];
}

/** An account without the emails that the user has moved, and the contacts that they have placed. */
interface Watched extends Pick<MemoryAccount, 'contacts' | 'groups'> {
  readonly emails: readonly Email[];
  readonly placed: ReadonlySet<string>;
}

/** Starts watching an account. */
export function watchFor(account: MemoryAccount, names: TriageNames): Watch {
  const layout = layoutOf(account, names);
  const first = new Map(account.emails);
  const { screenerId } = layout;
  const mayMove = labelledSenders(account, choicesOf(layout));
  const takenBack = labelledSenders(account, layout.takeBack === null ? [] : [layout.takeBack]);
  // A card's group decides for all its addresses, so the mail of each leaves the old place.
  const mates = withMates(account, mayMove);
  const mayLeave = withMates(account, takenBack);
  const wrongs: string[] = [];
  const forgotten = new Set<string>();
  const placed = new Set<string>();
  let before = { emails: new Map(account.emails), routed: routedAddresses(account, layout) };
  const look = (): void => {
    wrongs.push(...findWrongs(account, names));
    for (const [id, was] of first) {
      const now = account.emails.get(id);
      if (now === undefined) wrongs.push(`${id} is gone`);
      else if (!mayMove.has(findSender(was) ?? '') && hasMoved(was, now, layout)) {
        const isOnTheCard = mates.has(findSender(was) ?? '');
        const isOutOfScreener = was.mailboxIds.has(screenerId) && !now.mailboxIds.has(screenerId);
        if (!isOnTheCard) wrongs.push(`${id} is of another sender, and moved`);
        else if (isOutOfScreener) wrongs.push(`${id} is of another sender, and left Screener`);
      }
    }
    for (const [id, was] of before.emails) {
      const now = account.emails.get(id);
      const category = now === undefined ? undefined : labelTakenOff(was, now, layout);
      if (now !== undefined && category !== undefined) {
        const { contacts, groups } = account;
        const emails = [...account.emails.values()].filter((one) => !forgotten.has(one.id));
        wrongs.push(...findUndone(now, category, { contacts, groups, emails, placed }, layout));
      }
    }
    const routed = routedAddresses(account, layout);
    for (const address of before.routed) {
      if (!routed.has(address) && !mayLeave.has(address)) wrongs.push(`${address} is in no group`);
    }
    before = { emails: new Map(account.emails), routed };
  };
  const forget = (id: string): void => {
    first.delete(id);
    forgotten.add(id);
    const now = account.emails.get(id);
    if (now !== undefined) before.emails.set(id, now);
  };
  return { look, forget, place: (uid) => placed.add(uid), wrongs };
}

/** What is wrong with an account at any time. */
export function findWrongs(account: MemoryAccount, names: TriageNames): readonly string[] {
  const wrongs = account.destroyedIds.map((id) => `${id} was in no mailbox`);
  const made = new Set<string>();
  for (const { uid, addresses } of account.contacts.values()) {
    if (!uid.startsWith('made-for-')) continue;
    const others = [...account.contacts.values()].filter(
      (other) => other.uid !== uid && addresses.some((one) => other.addresses.includes(one)),
    );
    if (others.length > 0 || made.has(uid)) wrongs.push(`${addresses.join()} has two contacts`);
    made.add(uid);
  }
  layoutOf(account, names);
  return wrongs;
}

const LAYOUTS = new WeakMap<TriageNames, Map<string, Layout>>();

/** Looked up once for the same names, mailboxes and groups: it is asked for at every write. */
function layoutOf({ mailboxes, groups }: MemoryAccount, names: TriageNames): Layout {
  const known = LAYOUTS.get(names) ?? new Map<string, Layout>();
  LAYOUTS.set(names, known);
  const key = [...mailboxes.map(({ id }) => id), ...groups.keys()].join('\n');
  const found = known.get(key);
  if (found !== undefined) return found;
  const result = findLayout(mailboxes, [...groups.values()], names);
  if (result.kind === 'incomplete') throw new TypeError(result.problems.join('; '));
  known.set(key, result.layout);
  return result.layout;
}

function labelledSenders(
  { emails }: MemoryAccount,
  categories: readonly ResolvedCategory[],
): ReadonlySet<string> {
  const labelled = [...emails.values()].filter(({ mailboxIds }) =>
    categories.some(({ labelId }) => mailboxIds.has(labelId)),
  );
  return new Set(labelled.map((email) => findSender(email) ?? ''));
}

/** These senders, and everybody who shares a card with one of them. */
function withMates({ contacts }: MemoryAccount, senders: ReadonlySet<string>): ReadonlySet<string> {
  const cards = [...contacts.values()].filter(({ addresses }) =>
    addresses.some((address) => senders.has(address)),
  );
  return new Set<string>([...senders, ...cards.flatMap(({ addresses }) => addresses)]);
}

/** Mailroom's own labels may go on and off: an email moves when any other mailbox does. */
function hasMoved(was: Email, now: Email, { errorLabelId, warningLabelId }: Layout): boolean {
  const places = ({ mailboxIds }: Email): string =>
    [...mailboxIds]
      .filter((id) => id !== errorLabelId && id !== warningLabelId)
      .toSorted()
      .join();
  return places(was) !== places(now);
}

function labelTakenOff(was: Email, now: Email, layout: Layout): ResolvedCategory | undefined {
  return choicesOf(layout).find(
    ({ labelId }) => was.mailboxIds.has(labelId) && !now.mailboxIds.has(labelId),
  );
}

/** Everything that had to be done before this email's label came off. */
function findUndone(
  email: Email,
  category: ResolvedCategory,
  account: Watched,
  layout: Layout,
): readonly string[] {
  const sender = findSender(email);
  const wrongs: string[] = [];
  const contacts = [...account.contacts.values()].filter(
    ({ addresses }) => sender !== null && addresses.includes(sender),
  );
  const groups = [...account.groups.values()];
  const isIn = (href: string, among = contacts): boolean =>
    groups.some((group) => group.href === href && among.some(({ uid }) => isMember(group, uid)));
  const left = contacts.filter(({ uid }) => !account.placed.has(uid));
  for (const href of category.groupHrefs) {
    if (!isIn(href)) wrongs.push(`${email.id}: label off, not in ${href}`);
  }
  for (const { own } of layout.categories) {
    if (!category.groupHrefs.includes(own.groupHref) && isIn(own.groupHref, left)) {
      wrongs.push(`${email.id}: label off, still in ${own.groupHref}`);
    }
  }
  const isLeftAlone = ({ mailboxIds }: Email): boolean =>
    [...layout.leftAloneIds].some((id) => mailboxIds.has(id));
  const isTakenBack = category === layout.takeBack;
  const isWhere = category.destinationIds.every((id) => email.mailboxIds.has(id));
  if (!isWhere && !(isTakenBack && isLeftAlone(email))) {
    wrongs.push(`${email.id}: label off, not at its destination`);
  }
  if (isTakenBack) return wrongs;
  const isLabelled = ({ mailboxIds }: Email): boolean => mailboxIds.has(category.labelId);
  for (const other of account.emails) {
    if (findSender(other) !== sender || isLeftAlone(other) || isLabelled(other)) continue;
    if (other.mailboxIds.has(layout.screenerId)) {
      wrongs.push(`${email.id}: label off, ${other.id} is still in Screener`);
    }
  }
  return wrongs;
}

/** Addresses of all members of triage groups. */
function routedAddresses({ groups, contacts }: MemoryAccount, layout: Layout): ReadonlySet<string> {
  const hrefs = layout.categories.map(({ own }) => own.groupHref);
  const triage = [...groups.values()].filter(({ href }) => hrefs.includes(href));
  const members = [...contacts.values()].filter(({ uid }) =>
    triage.some((group) => isMember(group, uid)),
  );
  return new Set(members.flatMap(({ addresses }) => addresses));
}
