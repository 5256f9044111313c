/**
 * The words of a triage pass as plain data. Nothing in this folder does I/O, reads a clock or the
 * environment: decisions are functions from these types to these types.
 */

/** A sender's address in its one canonical form, made only by `parseSenderAddress`. */
export type SenderAddress = string & { readonly __brand: 'SenderAddress' };

/** RFC 8621 §4.1.2.3 EmailAddress, as the server gave it: letter case and oddities kept. */
export interface EmailAddress {
  readonly name: string | null;
  readonly email: string;
}

/** The properties of an Email (RFC 8621 §4.1) that a pass needs. */
export interface Email {
  readonly id: string;
  readonly mailboxIds: ReadonlySet<string>;
  /** Whose email it is, judged once when it is read. */
  readonly author: Author;
  /** The name in its From field, cleaned (`cleanDisplayName`); empty where it has none. */
  readonly displayName: string;
  /** UTCDate (RFC 8620 §1.4); text order is time order. */
  readonly receivedAt: string;
}

/** The one sender of an email, or why it is nobody's. */
export type Author =
  | { readonly kind: 'sender'; readonly address: SenderAddress }
  | { readonly kind: 'nobody'; readonly reason: NobodyReason };

/** Why an email is nobody's; logged with it. */
export type NobodyReason =
  /** There is no From field, or no address in it. */
  | 'no address'
  | 'several From fields'
  | 'several addresses'
  /** The From field is not one plain address with a name: a group, a route, a space in the domain. */
  | 'unclear From field'
  /** The server reads another address in the From field than is written there. */
  | 'server reads another address'
  | 'unusable address'
  /** An address book reads `*@example.com` as everybody there. */
  | 'address with *'
  | 'own address'
  /** Mailroom's own email that tells who waits. */
  | 'digest';

/** RFC 8621 §2 Mailbox. */
export interface Mailbox {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | null;
  /** IANA role in lower case (`inbox`, `trash`, `junk`, `drafts`, `sent`, `archive`), or null. */
  readonly role: string | null;
  /** Null: not known. */
  readonly totalEmails: number | null;
  /** The server says that emails may not be put in or taken out (RFC 8621 §2 myRights). */
  readonly isReadOnly?: boolean;
}

/** A group card: `X-ADDRESSBOOKSERVER-KIND:group` (vCard 3.0) or `KIND:group` (RFC 6350 §6.1.4). */
export interface ContactGroup {
  /** The card's URL path; identifies the group towards the ContactStore. */
  readonly href: string;
  /** FN. */
  readonly name: string;
  /** Keys of its members: each made by `memberKey`. */
  readonly memberKeys: ReadonlySet<string>;
  /** The address book may not be written; absent where it may, or nobody says. */
  readonly isReadOnly?: boolean;
  /** UIDs that the server's own rules find in it: each made by `findExactUid`. */
  readonly exactUids: ReadonlySet<string>;
}

/** One person or company in the address book, as far as a pass needs to know it. */
export interface Contact {
  readonly href: string;
  /** UID as written on the card. */
  readonly uid: string;
  /** FN; empty where the card has none. */
  readonly name: string;
  /** Every EMAIL of the card, grouped ones too, in canonical form. */
  readonly addresses: readonly SenderAddress[];
}

/** Whose name a new card gets: a company's, or a person's given and family name. */
export type ContactType = 'company' | 'person';

/** What a triage label means (README: categories). Names are as the settings give them. */
export interface Category {
  readonly name: string;
  readonly label: string;
  readonly contactGroup: string;
  readonly destinationMailbox: string;
  readonly contactType: ContactType;
  /** Another category's name; its group and destination are added too, all the way up. */
  readonly parent: string | null;
  /** Emails swept from Screener go to Inbox too; never inherited, never on re-triage. */
  readonly addToInbox: boolean;
}

/** What a new card says; `createContactCard` renders it, `planNewContact` decides it. */
export interface NewContact {
  readonly address: SenderAddress;
  /** FN. */
  readonly fullName: string;
  /** N for a person; null for a company, whose N is empty and whose ORG is FN. */
  readonly personName: PersonName | null;
}

/** The two parts of N (RFC 6350 §6.2.2) that Mailroom fills. */
export interface PersonName {
  readonly familyName: string;
  readonly givenName: string;
}

/** Mailbox membership changes of one email, sent as one patch (RFC 8620 §5.3). */
export interface EmailPatch {
  readonly emailId: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * A write that did not happen: `refused` for good (trying again changes nothing, the user has to
 * look), `failed` for now (the next pass tries again). `problem` is for people: server, status, type.
 */
export type WriteFailure =
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'failed'; readonly problem: string };

/**
 * What became of one email's patch. `notFound`: the user deleted the email meanwhile. `stale`: it was
 * not applied, because something about the account's emails changed since they were read.
 */
export type PatchOutcome =
  | { readonly kind: 'updated' }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'stale' }
  | WriteFailure;

/** What became of one contact. `contact` is what the server now has. */
export type ContactOutcome =
  | { readonly kind: 'created' | 'updated' | 'unchanged'; readonly contact: Contact }
  | WriteFailure;

/** What became of one group's membership change. */
export type GroupOutcome = { readonly kind: 'updated' | 'unchanged' } | WriteFailure;

/**
 * The form in which decisions compare members: any letter case, with or without `urn:uuid:`, and
 * without backslashes, which servers add and drop from one answer to the next.
 */
export function memberKey(uidOrMember: string): string {
  return uidOrMember
    .trim()
    .replaceAll('\\', '')
    .toLowerCase()
    .replace(/^(?:urn:uuid:)+/u, '');
}

/** A UID as servers compare it: the escapes of RFC 6350 §3.4 undone, letter case kept. */
export function plainUid(uid: string): string {
  return uid.trim().replace(/\\(?<kept>[\\;,])/gu, '$<kept>');
}

/**
 * The UID that a server's rules look for when they meet this member. They take one `urn:uuid:` off
 * and compare the rest letter by letter; null: a member without the prefix is ignored.
 */
export function findExactUid(member: string): string | null {
  const value = member.trim();
  return value.startsWith(MEMBER_PREFIX) ? plainUid(value.slice(MEMBER_PREFIX.length)) : null;
}

/** What stands before a UID in a group's member line. */
export const MEMBER_PREFIX = 'urn:uuid:';
