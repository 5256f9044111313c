import { describe } from 'vitest';

import { startCyrus } from './cyrus.ts';
import { NEWEST_CYRUS } from './cyrus-install.ts';
import { cyrusNote, isCyrusSkipped, isNewestCyrusSkipped, newestCyrusNote } from './cyrus-lane.ts';
import { isRadicaleSkipped, radicaleNote } from './radicale-lane.ts';
import { startRadicale } from './radicale.ts';
import type { ServerRule } from './server-rules.ts';
import { startStandIn } from './stand-in/stand-in.ts';

/**
 * A mail and contacts account on a server of its own, with the same methods for the stand-in and
 * for a real server. Tests arrange and check through it, never through the code under test.
 */
export interface TestAccount {
  readonly kind: 'stand-in' | 'cyrus' | 'cyrus-new';
  readonly sessionUrl: string;
  /** Where discovery starts: the server's root. */
  readonly cardDavUrl: string;
  /** For `Authorization: Bearer`, JMAP. */
  readonly token: string;
  /** For `Authorization: Basic`, CardDAV. */
  readonly username: string;
  readonly password: string;
  /** Creates the mailbox, or finds the one with this name and parent. Returns its id. */
  createMailbox(name: string, options?: MailboxOptions): Promise<string>;
  /** The same for several at the top, in fewer requests. */
  createMailboxes(names: readonly string[]): Promise<void>;
  /** Id of the mailbox at a path of names with `/`; `Inbox` is the one with that role. */
  mailboxId(path: string): Promise<string>;
  /** The same for several, by their paths, in one request. */
  mailboxIds(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The new email's id. */
  addEmail(email: TestEmail): Promise<string>;
  /**
   * Delivers mail as a mail server would (LMTP on a real server); the rules sort it. Without rules
   * it goes to Inbox. Returns the new email's id.
   */
  deliverEmail(email: IncomingEmail): Promise<string>;
  /** The same, one after the other and in fewer requests; the new emails' ids, in this order. */
  deliverEmails(emails: readonly IncomingEmail[]): Promise<readonly string[]>;
  /** What the user does on the screen for rules: these are all, from now on. Groups and labels exist. */
  setRules(rules: readonly ServerRule[]): Promise<void>;
  /**
   * Adds very many emails with fewer requests. The server may write their headers in its own way.
   * Returns their ids, in order.
   */
  addEmails(emails: readonly TestEmail[]): Promise<readonly string[]>;
  /** Changes an email's mailboxes in one patch, as another client would. */
  moveEmail(
    id: string,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<void>;
  /** Deletes it for good, as when the trash is emptied. */
  deleteEmail(id: string): Promise<void>;
  /** All emails of the account, by id. */
  emails(): Promise<ReadonlyMap<string, StoredEmail>>;
  /**
   * Writes a card, new or not, without preconditions, into the default book or the one of
   * `bookHref`. Returns its href.
   */
  putCard(name: string, card: string | Uint8Array, bookHref?: string): Promise<string>;
  deleteCard(href: string): Promise<void>;
  /** All cards of all books, raw, by href. */
  cards(): Promise<ReadonlyMap<string, StoredCard>>;
  /** The card as it is given to a client that asks for vCard 4.0. */
  cardOfVersion4(href: string): Promise<string>;
  /** Writes an Apple-style group card into the default book; its href. */
  putGroup(name: string, memberUids?: readonly string[]): Promise<string>;
  /** Ids of the emails that the server's own rules would sort by this contact group. */
  emailsFromGroup(groupHref: string): Promise<ReadonlySet<string>>;
  /** One more address book; its href. */
  createAddressBook(name: string): Promise<string>;
  /** Stops the server and removes what it stored. */
  close(): Promise<void>;
}

export interface MailboxOptions {
  readonly parentId?: string;
  /** RFC 8621 §2. A real server refuses some roles. */
  readonly role?: string;
}

export interface TestEmail {
  /** The From header's value as on the wire; null leaves the header out. */
  readonly from: string | null;
  readonly mailboxIds: readonly string[];
  readonly subject?: string;
  /** UTCDate to the second. */
  readonly receivedAt?: string;
}

export type IncomingEmail = Pick<TestEmail, 'from'>;

export interface StoredEmail {
  readonly mailboxIds: ReadonlySet<string>;
  readonly subject: string;
  /** As JMAP gives it: null without a From header. */
  readonly from: readonly { readonly name: string | null; readonly email: string }[] | null;
}

export interface StoredCard {
  readonly etag: string;
  /** Decoded as UTF-8, even if it is not. */
  readonly card: string;
  readonly bytes: Uint8Array;
}

/** How a server is set up, the stand-in or a real one. */
export interface ServerOptions {
  readonly limits?: Partial<JmapLimits>;
}

/** RFC 8620 §2, the core capability. */
export interface JmapLimits {
  readonly maxObjectsInGet: number;
  readonly maxObjectsInSet: number;
  readonly maxCallsInRequest: number;
  /** Octets; a real Cyrus counts whole KiB. */
  readonly maxSizeRequest: number;
  readonly maxConcurrentRequests: number;
}

export interface TestServer {
  readonly name: 'stand-in' | 'cyrus' | 'cyrus-new' | 'radicale';
  readonly open: (options?: ServerOptions) => Promise<TestAccount>;
}

/**
 * Runs the same cases on the stand-in and on two versions of Cyrus, as `what on stand-in`, `what on
 * Cyrus` and `what on the newest Cyrus`. If a Cyrus is not installed its cases are skipped, and the
 * title says so; if `MAILROOM_TEST_REQUIRE` names `cyrus` or `cyrus-new`, they fail instead.
 */
export function describeEachServer(what: string, cases: (server: TestServer) => void): void {
  describe(`${what} on stand-in`, () => {
    cases({ name: 'stand-in', open: (options) => startStandIn(options) });
  });
  describe.skipIf(isCyrusSkipped)(`${what} on Cyrus${cyrusNote}`, () => {
    cases({ name: 'cyrus', open: (options) => startCyrus(options) });
  });
  describe.skipIf(isNewestCyrusSkipped)(`${what} on the newest Cyrus${newestCyrusNote}`, () => {
    cases({ name: 'cyrus-new', open: (options) => startCyrus(options, NEWEST_CYRUS) });
  });
}

/** The same, and on Radicale with the mail of a Cyrus: the lane `radicale`. */
export function describeEachContactsServer(
  what: string,
  cases: (server: TestServer) => void,
): void {
  describeEachServer(what, cases);
  describe.skipIf(isRadicaleSkipped)(`${what} on Radicale${radicaleNote}`, () => {
    cases({ name: 'radicale', open: (options) => startRadicale(options) });
  });
}
