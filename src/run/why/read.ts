import { MAX_UIDS, uidFor } from '../../contacts/contact-id.ts';
import { dryRunContactStore, dryRunLogger, dryRunMailStore } from '../../pass/dry-run.ts';
import type { NotedContact } from '../../contacts/card-notes.ts';
import { MalformedAnswerError, notSetUp } from '../../errors.ts';
import { findDoubt } from '../../triage/contact.ts';
import type { Logger } from '../../log/logger.ts';
import { runTriagePass } from '../../pass/triage-pass.ts';
import type { PassClock } from '../../pass/world.ts';
import type { Connection } from '../connect.ts';
import { planFastmailRules } from '../../triage/fastmail-rules.ts';
import { type Decision, findDecisions } from '../../triage/decision.ts';
import {
  choicesOf,
  findLayout,
  requiredGroupNames,
  type TriageNames,
} from '../../triage/layout.ts';
import { mailboxPath } from '../../triage/mailboxes.ts';
import { isExactMember, isMember } from '../../triage/membership.ts';
import type { Email, SenderAddress } from '../../triage/model.ts';
import type { EmailPage } from '../../triage/ports.ts';
import type { SenderReport } from '../../triage/report.ts';
import { isSameName } from '../../triage/names.ts';
import { findSender } from '../../triage/sender.ts';
import { explain, type ExplainedCard, type Explanation, newestFirst } from './explain.ts';
import { findMatch } from './rule-match.ts';

/** All that Mailroom knows about a sender. */
export interface Why extends Explanation {
  readonly address: SenderAddress;
  readonly cards: readonly ExplainedCard[];
  /** Triage groups that a card of the sender is in. */
  readonly groups: readonly string[];
  /** Emails in Screener, and since when the oldest waits. */
  readonly waiting: { readonly emails: number; readonly since: string | null };
  /** How many of its emails are in each destination, by path. */
  readonly emails: Readonly<Record<string, number>>;
  /** Triage labels that are on its emails now. */
  readonly labels: readonly string[];
  /** What a pass would do now; null: nothing, or its labels contradict one another. */
  readonly plan: SenderReport | null;
}

/** A decision on a card. */
export interface WrittenDecision extends Decision {
  readonly addresses: readonly SenderAddress[];
  readonly contact: string;
}

/** Every decision written on a card, newest first; `since` is the first date, `YYYY-MM-DD`. */
export async function readDecisions(
  { contacts }: Connection,
  since: string | null,
): Promise<readonly WrittenDecision[]> {
  const decisions = await contacts.readNotes(({ contact: { addresses, name }, note }) =>
    findDecisions(note)
      .filter(({ date }) => since === null || date >= since)
      .map((decision) => ({ ...decision, addresses, contact: name })),
  );
  await requireAllRead(contacts, null, []);
  return newestFirst(decisions);
}

/**
 * Throws MalformedAnswerError where a card cannot be read, or a second listing, which is held to the
 * members of the groups, shows one of the address that the first has not: what is not known is not
 * explained.
 */
async function requireAllRead(
  contacts: Connection['contacts'],
  address: SenderAddress | null,
  noted: readonly NotedContact[],
): Promise<void> {
  const wanted = new Set(address === null ? [] : [address]);
  const { byAddress, unreadableCards } = await contacts.readContacts(Promise.resolve(wanted));
  const doubt = findDoubt(unreadableCards);
  if (doubt !== null) throw new MalformedAnswerError(doubt.problem);
  const uids = new Set(noted.map(({ contact }) => contact.uid));
  const missing = [...byAddress.values()].flat().find(({ uid }) => !uids.has(uid));
  if (missing === undefined) return;
  throw new MalformedAnswerError(`a listing of the address books lacks a card: ${missing.href}`);
}

/** Throws AccountError when the account is not set up, and what the servers' clients throw. */
export async function readWhy(
  address: SenderAddress,
  names: TriageNames,
  connection: Connection,
  log: Logger,
): Promise<Why> {
  const { mail, contacts } = connection;
  const [mailboxes, groups] = await Promise.all([
    mail.readMailboxes(),
    contacts.readGroups(requiredGroupNames(names)),
  ]);
  const noted = await contacts.readNotes((card) => (isCardOf(card, address) ? [card] : []));
  await requireAllRead(contacts, address, noted);
  const found = findLayout(mailboxes, groups, names);
  if (found.kind === 'incomplete') throw notSetUp(found.problems);
  const { layout } = found;
  const ownUids = new Set(Array.from({ length: MAX_UIDS }, (_, n) => uidFor(address, n + 1)));
  const cards = noted.map(({ contact: { uid, name }, ...rest }) => ({
    ...rest,
    name,
    isOurs: ownUids.has(uid),
    groups: groups.filter((group) => isMember(group, uid)).map((group) => group.name),
    foundInGroups: groups.filter((group) => isExactMember(group, uid)).map((group) => group.name),
  }));
  const pathOf = (id: string): string => {
    const mailbox = mailboxes.find((one) => one.id === id);
    return mailbox === undefined ? id : mailboxPath(mailbox, mailboxes);
  };
  const own = async (pages: AsyncIterable<EmailPage>): Promise<readonly Email[]> => {
    const emails: Email[] = [];
    for await (const page of pages) {
      emails.push(...page.emails.filter((email) => findSender(email) === address));
    }
    return emails;
  };
  const screened = await own(mail.readEmailsIn([layout.screenerId]));
  const emails: Record<string, number> = {};
  for (const id of new Set(layout.categories.map((category) => category.own.destinationId))) {
    const inPlace = await own(mail.readEmailsFrom(id, [address]));
    emails[pathOf(id)] = inPlace.filter(({ mailboxIds }) => mailboxIds.has(id)).length;
  }
  const labelIds = choicesOf(layout).map(({ labelId }) => labelId);
  const labelled = await own(mail.readEmailsIn(labelIds));
  const on = labelIds.filter((id) => labelled.some(({ mailboxIds }) => mailboxIds.has(id)));
  const world = {
    mail: dryRunMailStore(mail),
    contacts: dryRunContactStore(contacts),
    log: dryRunLogger(log),
    clock: STEADY,
  };
  const report = on.length === 0 ? null : await runTriagePass(names, world, new Set([address]));
  const { rules } = planFastmailRules(names);
  const explanation = explain(address, cards, rules, names.categories);
  return {
    ...explanation,
    address,
    cards,
    groups: [...new Set(cards.flatMap((card) => card.groups))].filter((name) =>
      names.categories.some(({ contactGroup }) => isSameName(contactGroup, name)),
    ),
    waiting: { emails: screened.length, since: screened[0]?.receivedAt ?? null },
    emails,
    labels: on.map(pathOf),
    plan: report?.details.senders[0] ?? null,
  };
}

/** Also one with a pattern that finds the address. */
function isCardOf({ contact, emails }: NotedContact, address: SenderAddress): boolean {
  return contact.addresses.includes(address) || emails.some((text) => findMatch(text, address));
}

/** Nothing is written, so there is nothing to be stopped at. */
const STEADY: PassClock = {
  today: new Date().toISOString().slice(0, 10),
  beginWrites: () => undefined,
  isStopping: () => false,
  checkpoint: () => undefined,
};
