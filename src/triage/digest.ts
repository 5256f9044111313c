import type { Email, EmailPatch, Mailbox, SenderAddress, WriteFailure } from './model.ts';

/*
 * A digest is an email that Mailroom leaves in the user's own mailbox: who waits, and what was
 * decided. Here is what it needs of the mail, and what is remembered for it.
 */

/** RFC 8621 §4.1.1: digests are known by it. Nobody outside the account can set a keyword. */
export const DIGEST_KEYWORD = 'mailroom-digest';

/** What was decided on a sender, to be told in the next digest. */
export interface Decision {
  readonly sender: SenderAddress;
  /** Cleaned; empty where the sender gives none. */
  readonly name: string;
  /** The category's name. */
  readonly category: string;
  /** UTCDate (RFC 8620 §1.4), in whole seconds. */
  readonly at: string;
}

/** A digest of an earlier time. */
export interface StoredDigest {
  readonly id: string;
  readonly mailboxIds: ReadonlySet<string>;
  /** UTCDate. */
  readonly receivedAt: string;
}

/** What has to be known of the account before a digest is made. */
export interface DigestPlaces {
  readonly mailboxes: readonly Mailbox[];
  /** Of the whole account, newest first; at most some hundreds. */
  readonly digests: readonly StoredDigest[];
  /** JMAP state of all emails when the digests were read. */
  readonly state: string;
}

/** An email with its subject, which only a digest reads. */
export interface TitledEmail extends Email {
  /** As the sender wrote it: not fit to be shown before it is cleaned. Empty where there is none. */
  readonly subject: string;
}

/** A digest to be left in a mailbox. */
export interface NewDigest {
  readonly mailboxId: string;
  /** UTCDate. */
  readonly receivedAt: string;
  readonly subject: string;
  /** Lines that end in `\n`. */
  readonly text: string;
  /** Earlier ones, which go to Trash in the same call. */
  readonly retire: readonly EmailPatch[];
}

/** `stale`: something happened to the account's emails since they were read, and nothing was done. */
export type DigestOutcome =
  | { readonly kind: 'created'; readonly retired: number }
  | { readonly kind: 'stale' }
  | WriteFailure;

/** The user's mail (RFC 8621), as a digest needs it. Throws as MailStore does (see ports.ts). */
export interface DigestMail {
  /** In one request, where the server takes three calls. */
  readDigestPlaces(): Promise<DigestPlaces>;
  /** As MailStore.readEmailsIn. A caller that has read enough asks for no further page. */
  readTitledEmails(mailboxIds: readonly string[]): AsyncIterable<readonly TitledEmail[]>;
  /**
   * Makes the digest, unread, from the account to itself, and retires the earlier ones: one
   * Email/set, only while the emails are in `state`.
   */
  saveDigest(digest: NewDigest, state: string): Promise<DigestOutcome>;
}
