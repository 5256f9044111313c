import type { Layout, ResolvedCategory, Snapshot, TriageNames } from '../../src/triage/layout.ts';
import { findLayout, requiredGroupNames } from '../../src/triage/layout.ts';
import type {
  Author,
  Category,
  Contact,
  ContactGroup,
  Email,
  EmailAddress,
  Mailbox,
  SenderAddress,
} from '../../src/triage/model.ts';
import { memberKey, plainUid } from '../../src/triage/model.ts';
import type { TriageReport } from '../../src/triage/report.ts';
import { cleanDisplayName, parseSenderAddress } from '../../src/triage/sender.ts';

/*
 * Builders: each takes only what its case is about and fills in ordinary values for the rest. A
 * mailbox's id is its path, and hrefs are readable, so that a failed comparison says what is wrong.
 */

export const SENDER_TEXT = 'jane@sender.example';

/** The canonical address of a text that has one. */
export function anAddress(text: string = SENDER_TEXT): SenderAddress {
  const address = parseSenderAddress(text);
  if (address === null) throw new TypeError(`not a usable address: ${text}`);
  return address;
}

/** Enough digits for ids to sort, as text, in the order in which they were made. */
let emailCount = 1_000_000;

/** An email from `SENDER_TEXT`; `from` may be an address, or From as the server gives it. */
export function anEmail(
  email: {
    readonly id?: string;
    readonly in?: readonly string[];
    readonly from?: string | readonly EmailAddress[];
    readonly name?: string | null;
    readonly receivedAt?: string;
  } = {},
): Email {
  emailCount += 1;
  const given = email.from ?? SENDER_TEXT;
  const from = typeof given === 'string' ? [{ name: email.name ?? null, email: given }] : given;
  return {
    id: email.id ?? `email-${emailCount}`,
    mailboxIds: new Set(email.in ?? ['Screener']),
    author: authorOf(from),
    displayName: cleanDisplayName(from[0]?.name ?? null),
    receivedAt: email.receivedAt ?? '2026-11-01T12:00:00Z',
  };
}

/** The From of an email whose one field says the same as the server's reading of it. */
function authorOf(from: readonly EmailAddress[]): Author {
  if (from.length > 1) return { kind: 'nobody', reason: 'several addresses' };
  const address = parseSenderAddress(from[0]?.email ?? '');
  return address === null ? { kind: 'nobody', reason: 'no address' } : { kind: 'sender', address };
}

/** A mailbox at the top level, or below `parentId`. */
export function aMailbox(
  name: string,
  mailbox: { readonly id?: string; readonly parentId?: string; readonly role?: string } = {},
): Mailbox {
  return {
    id: mailbox.id ?? (mailbox.parentId === undefined ? name : `${mailbox.parentId}/${name}`),
    name,
    parentId: mailbox.parentId ?? null,
    role: mailbox.role ?? null,
    totalEmails: 1,
  };
}

/** A contact of `SENDER_TEXT`, without a name. */
export function aContact(
  contact: {
    readonly href?: string;
    readonly uid?: string;
    readonly name?: string;
    readonly addresses?: readonly string[];
  } = {},
): Contact {
  const uid = contact.uid ?? 'uid-jane';
  return {
    href: contact.href ?? `/book/${uid}.vcf`,
    uid,
    name: contact.name ?? '',
    addresses: (contact.addresses ?? [SENDER_TEXT]).map((address) => anAddress(address)),
  };
}

/** A contact group; its href follows from its name. */
export function aGroup(name: string, memberUids: readonly string[] = []): ContactGroup {
  return {
    href: hrefOfGroup(name),
    name,
    memberKeys: new Set(memberUids.map(memberKey)),
    exactUids: new Set(memberUids.map(plainUid)),
  };
}

export function hrefOfGroup(name: string): string {
  return `/book/group-${name}.vcf`;
}

/** A company category whose group and destination have its own name. */
export function aCategory(name: string, category: Partial<Category> = {}): Category {
  return {
    name,
    label: `@To${name.replaceAll(' ', '')}`,
    contactGroup: name,
    destinationMailbox: name,
    contactType: 'company',
    parent: null,
    addToInbox: false,
    ...category,
  };
}

/** The five categories that Mailroom has by default. */
export const DEFAULT_CATEGORIES: readonly Category[] = [
  aCategory('Imbox', { destinationMailbox: 'Inbox' }),
  aCategory('Feed'),
  aCategory('Paper Trail'),
  aCategory('Jail'),
  aCategory('Person', {
    contactGroup: 'Imbox',
    destinationMailbox: 'Inbox',
    contactType: 'person',
    parent: 'Imbox',
  }),
];

/** The names of the default settings, with what the case is about replaced. */
export function triageNames(names: Partial<TriageNames> = {}): TriageNames {
  return {
    screenerMailbox: 'Screener',
    errorLabel: '@MailroomError',
    warningLabel: '@MailroomWarning',
    takeBackLabel: '@ToScreener',
    categories: DEFAULT_CATEGORIES,
    ...names,
  };
}

const ROLES: readonly string[] = ['Inbox', 'Archive', 'Drafts', 'Sent', 'Trash', 'Junk'];

/** All mailboxes that the names need, and those that every account has. */
export function mailboxesFor(names: TriageNames): readonly Mailbox[] {
  const wanted = [
    names.screenerMailbox,
    names.errorLabel,
    ...(names.warningLabel === null ? [] : [names.warningLabel]),
    ...names.categories.flatMap(({ label, destinationMailbox }) => [label, destinationMailbox]),
  ];
  return [...new Set([...ROLES, ...wanted])].map((name) =>
    aMailbox(name, ROLES.includes(name) ? { role: name.toLowerCase() } : {}),
  );
}

/** An empty contact group for each that the names need. */
export function groupsFor(names: TriageNames): readonly ContactGroup[] {
  return [...new Set(names.categories.map(({ contactGroup }) => contactGroup))].map((name) =>
    aGroup(name),
  );
}

/** The layout of an account that has everything that the names need. */
export function aLayout(names: Partial<TriageNames> = {}): Layout {
  const all = triageNames(names);
  const result = findLayout(mailboxesFor(all), groupsFor(all), all);
  if (result.kind === 'incomplete') throw new TypeError(result.problems.join('; '));
  return result.layout;
}

export function categoryOf(layout: Layout, name: string): ResolvedCategory {
  const category = layout.categories.find((one) => one.name === name);
  if (category === undefined) throw new TypeError(`no category ${name}`);
  return category;
}

/** What a pass has read: the default account, unless said otherwise. */
export function aSnapshot(
  snapshot: { readonly layout?: Layout; readonly groups?: readonly ContactGroup[] } = {},
): Snapshot {
  return {
    layout: snapshot.layout ?? aLayout(),
    mailboxes: mailboxesFor(triageNames()),
    groups: snapshot.groups ?? groupsFor(triageNames()),
    requiredGroups: requiredGroupNames(triageNames()),
    emptyMailboxIds: new Set(),
  };
}

/** The default groups, with members in some. */
export function groupsWith(
  members: Readonly<Record<string, readonly string[]>>,
): readonly ContactGroup[] {
  return groupsFor(triageNames()).map(({ name }) => aGroup(name, members[name] ?? []));
}

/** The report of a pass that found nothing to do, but for `report`. */
export function aReport(report: Partial<TriageReport> = {}): TriageReport {
  return {
    triagedSenders: 0,
    processed: 0,
    failures: [],
    repeatedRefusals: 0,
    conflicts: 0,
    emailsWithoutSender: 0,
    emailsSwept: 0,
    details: { senders: [], conflicts: [], withoutSender: [] },
    ...report,
  };
}
