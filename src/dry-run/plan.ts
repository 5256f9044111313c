import { toPlainLine } from '../log/plain-line.ts';
import type { TriageNames } from '../triage/layout.ts';
import { findMailbox, mailboxPath } from '../triage/mailboxes.ts';
import type { ContactOutcome, EmailPatch, Mailbox, SenderAddress } from '../triage/model.ts';
import type { ContactStore, ContactWish, GroupChange, MailStore } from '../triage/ports.ts';
import { findSender } from '../triage/sender.ts';

/**
 * Looks on while a dry run "writes", and tells a person what a real pass would do: per sender, what
 * becomes of the contact, of its groups, and how many emails go where.
 */
export interface DryRunPlan {
  /** Around the store of the dry run. */
  watchMail(store: MailStore): MailStore;
  /** Around the contact store of the dry run. */
  watchContacts(store: ContactStore): ContactStore;
  /** Ends in a line break. */
  render(): string;
}

export function createDryRunPlan(names: TriageNames): DryRunPlan {
  const seen: Seen = {
    names,
    mailboxes: [],
    emails: new Map(),
    patches: [],
    groupNames: new Map(),
    wishes: [],
    changes: [],
    addressByUid: new Map(),
  };
  return {
    watchMail: (store) => watchMail(store, seen),
    watchContacts: (store) => watchContacts(store, seen),
    render: () => renderPlan(seen),
  };
}

/** What was read and "written" so far. */
interface Seen {
  readonly names: TriageNames;
  mailboxes: readonly Mailbox[];
  /** Every email read, as it was when it was first read. */
  readonly emails: Map<string, SeenEmail>;
  readonly patches: EmailPatch[];
  readonly groupNames: Map<string, string>;
  readonly wishes: { readonly wish: ContactWish; readonly outcome: ContactOutcome }[];
  readonly changes: GroupChange[];
  readonly addressByUid: Map<string, SenderAddress>;
}

interface SeenEmail {
  /** Null: no usable From address. */
  readonly sender: SenderAddress | null;
  readonly mailboxIds: ReadonlySet<string>;
}

function watchMail(store: MailStore, seen: Seen): MailStore {
  return {
    async readMailboxes() {
      seen.mailboxes = await store.readMailboxes();
      return seen.mailboxes;
    },
    async *readEmailsIn(mailboxIds) {
      for await (const page of store.readEmailsIn(mailboxIds)) {
        for (const email of page) {
          if (seen.emails.has(email.id)) continue;
          const { id, mailboxIds: before } = email;
          seen.emails.set(id, { sender: findSender(email), mailboxIds: before });
        }
        yield page;
      }
    },
    async patchEmails(patches) {
      seen.patches.push(...patches);
      return store.patchEmails(patches);
    },
  };
}

function watchContacts(store: ContactStore, seen: Seen): ContactStore {
  return {
    async readGroups(requiredNames) {
      const groups = await store.readGroups(requiredNames);
      for (const { href, name } of groups) seen.groupNames.set(href, name);
      return groups;
    },
    async readContacts(addresses) {
      const lookup = await store.readContacts(addresses);
      for (const [address, contacts] of lookup.byAddress) {
        for (const { uid } of contacts) seen.addressByUid.set(uid, address);
      }
      return lookup;
    },
    async saveContact(wish) {
      const outcome = await store.saveContact(wish);
      seen.wishes.push({ wish, outcome });
      if ('contact' in outcome) {
        seen.addressByUid.set(outcome.contact.uid, wish.newContact.address);
      }
      return outcome;
    },
    async saveGroupMembers(change) {
      seen.changes.push(change);
      return store.saveGroupMembers(change);
    },
  };
}

function renderPlan(seen: Seen): string {
  const labelled = findLabelled(seen);
  const senders = [...new Set(labelled.flatMap(({ sender }) => sender ?? []))].toSorted();
  const withoutSender = labelled.filter(({ sender }) => sender === null);
  const blocks = [
    ['What a real pass would do now (nothing was written):'],
    ...senders.map((sender) => renderSender(sender, seen)),
    ...(withoutSender.length === 0 ? [] : [renderWithoutSender(withoutSender.length, seen)]),
    [renderTotals(senders.length, seen)],
  ];
  return `\n${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function renderSender(sender: SenderAddress, seen: Seen): readonly string[] {
  const made = seen.wishes.find(({ wish }) => wish.newContact.address === sender);
  const emails = changedEmails(seen, (email) => email.sender === sender);
  return [
    sender,
    ...(made === undefined
      ? [`  left alone  ${whyLeftAlone(sender, seen)}`]
      : [`  contact  ${describeContact(made.wish)}`, `  groups   ${describeGroups(sender, seen)}`]),
    ...emails.map((line, index) => `  ${index === 0 ? 'mail  ' : '      '}   ${line}`),
  ].map((line) => toPlainLine(line));
}

function describeContact({ newContact, existing }: ContactWish): string {
  if (existing !== null) {
    return existing.name === ''
      ? `there already, without a name: it becomes "${newContact.fullName}"`
      : `there already, as "${existing.name}"; its note gets a line`;
  }
  const type = newContact.personName === null ? 'company' : 'person';
  return `new: "${newContact.fullName}", a ${type}`;
}

function describeGroups(sender: SenderAddress, seen: Seen): string {
  const isOfSender = (uid: string): boolean => seen.addressByUid.get(uid) === sender;
  const namesWhere = (uids: (change: GroupChange) => readonly string[]): readonly string[] =>
    seen.changes
      .filter((change) => uids(change).some(isOfSender))
      .map(({ group }) => seen.groupNames.get(group.href) ?? group.name);
  const joined = namesWhere(({ addUids }) => addUids);
  const left = namesWhere(({ removeUids }) => removeUids);
  const parts = [
    ...(joined.length === 0 ? [] : [`into ${joined.join(' and ')}`]),
    ...(left.length === 0 ? [] : [`out of ${left.join(' and ')}`]),
  ];
  return parts.length === 0 ? 'in the right ones already' : parts.join(', ');
}

/** Contradicting labels; or an address that shares its contact with one that has another label. */
function whyLeftAlone(sender: SenderAddress, seen: Seen): string {
  const labels = seen.names.categories
    .map(({ label }) => label)
    .filter((label) => {
      const id = idOf(label, seen);
      return [...seen.emails.values()].some(
        (email) => email.sender === sender && id !== null && email.mailboxIds.has(id),
      );
    });
  return labels.length > 1
    ? `its emails have the labels ${labels.join(' and ')}: leave one`
    : 'its contact is also that of a sender with another label: leave one of the two';
}

function renderWithoutSender(count: number, seen: Seen): readonly string[] {
  const emails = changedEmails(seen, ({ sender }) => sender === null);
  return [
    `${count} labelled ${count === 1 ? 'email has' : 'emails have'} no usable From address`,
    '  left alone  the triage label stays until you take it off',
    ...emails.map((line, index) => `  ${index === 0 ? 'mail  ' : '      '}   ${line}`),
  ].map((line) => toPlainLine(line));
}

function renderTotals(senderCount: number, seen: Seen): string {
  if (senderCount === 0 && seen.patches.length === 0) {
    return 'Nothing to do: no email has a triage label.';
  }
  const created = seen.wishes.filter(({ wish }) => wish.existing === null).length;
  const handled = seen.wishes.length;
  const emailCount = new Set(seen.patches.map(({ emailId }) => emailId)).size;
  return (
    `In all: ${handled} of ${senderCount} senders, ` +
    `${created} new contacts, ${handled - created} that are there already, ${emailCount} emails changed.`
  );
}

/** `12 emails  Screener → Feed`: what each email leaves and gets, those that are alike together. */
function changedEmails(seen: Seen, isWanted: (email: SeenEmail) => boolean): readonly string[] {
  const after = applyPatches(seen);
  const counts = new Map<string, number>();
  for (const [id, email] of seen.emails) {
    const mailboxIds = after.get(id);
    if (mailboxIds === undefined || !isWanted(email)) continue;
    const removed = namesOf(
      [...email.mailboxIds].filter((one) => !mailboxIds.has(one)),
      seen,
    );
    const added = namesOf(
      [...mailboxIds].filter((one) => !email.mailboxIds.has(one)),
      seen,
    );
    if (removed === '' && added === '') continue;
    const change = describeChange(removed, added);
    counts.set(change, (counts.get(change) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([change, count]) => `${count} ${count === 1 ? 'email' : 'emails'}  ${change}`);
}

function describeChange(removed: string, added: string): string {
  if (added === '') return `off ${removed}`;
  return removed === '' ? `on ${added} as well` : `${removed} → ${added}`;
}

/** The mailboxes of each patched email after all patches. */
function applyPatches(seen: Seen): ReadonlyMap<string, ReadonlySet<string>> {
  const after = new Map<string, Set<string>>();
  for (const { emailId, add, remove } of seen.patches) {
    const mailboxIds = after.get(emailId) ?? new Set(seen.emails.get(emailId)?.mailboxIds);
    for (const id of remove) mailboxIds.delete(id);
    for (const id of add) mailboxIds.add(id);
    after.set(emailId, mailboxIds);
  }
  return after;
}

function findLabelled(seen: Seen): readonly SeenEmail[] {
  const labelIds = seen.names.categories.map(({ label }) => idOf(label, seen));
  return [...seen.emails.values()].filter(({ mailboxIds }) =>
    labelIds.some((id) => id !== null && mailboxIds.has(id)),
  );
}

function idOf(name: string, { mailboxes }: Seen): string | null {
  const search = findMailbox(mailboxes, name);
  return search.kind === 'found' ? search.mailbox.id : null;
}

function namesOf(ids: readonly string[], { mailboxes }: Seen): string {
  return ids
    .map((id) => {
      const mailbox = mailboxes.find((one) => one.id === id);
      return mailbox === undefined ? id : mailboxPath(mailbox, mailboxes);
    })
    .toSorted()
    .join(' + ');
}
