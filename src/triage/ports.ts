import type { DecisionWish } from './decision.ts';
import type {
  Contact,
  ContactGroup,
  ContactOutcome,
  Email,
  EmailPatch,
  GroupOutcome,
  Mailbox,
  NewContact,
  PatchOutcome,
  SenderAddress,
  WriteFailure,
} from './model.ts';

/*
 * What a pass needs of the world. Every method throws (see errors.ts) when the whole run is broken:
 * server unreachable, credentials refused, answer malformed, empty or short where it cannot be.
 * A refused item is an outcome, never an exception.
 */

/** The user's mail (RFC 8621). */
export interface MailStore {
  /** All mailboxes of the account, never empty. */
  readMailboxes(): Promise<readonly Mailbox[]>;
  /**
   * Every email that is in at least one of the mailboxes, once each, oldest first, in pages as large
   * as the server allows; nothing of earlier pages is held. Complete for what was there when it
   * began: no text index is used, and emails leaving the mailboxes meanwhile do not shift the pages.
   * Of more than 50,000 emails some may be given twice, where the listing had to begin again.
   */
  readEmailsIn(mailboxIds: readonly string[]): AsyncIterable<EmailPage>;
  /**
   * The emails in one mailbox whose From has one of the addresses. The server's text search finds
   * them where it can, so one that came in a moment ago may be missing, and one with a similar
   * address may be among them; where it cannot, the whole mailbox is given.
   */
  readEmailsFrom(mailboxId: string, addresses: readonly SenderAddress[]): AsyncIterable<EmailPage>;
  /** These emails as they are now; those that are gone are absent. */
  readEmails(ids: readonly string[]): Promise<EmailPage>;
  /** What happened to the account's emails since a state (RFC 8620 §5.2). */
  readChanges(sinceState: string): Promise<EmailChanges>;
  /**
   * Applies each patch (a patch is atomic for its email), chunked by the server's limits, each chunk
   * only while the emails are in the state that the chunk before left (`ifInState`, RFC 8620 §5.3);
   * for the first chunk that is `state`. Null: whatever the state. An empty list sends nothing.
   */
  patchEmails(patches: readonly EmailPatch[], state: string | null): Promise<PatchResult>;
}

/** Emails, and the state (RFC 8620 §5.1) of all emails of the account when they were read. */
export interface EmailPage {
  readonly emails: readonly Email[];
  readonly state: string;
}

/** `unknown`: the server cannot tell any more. */
export type EmailChanges =
  | {
      readonly kind: 'known';
      /** Created or changed since, as they are now. */
      readonly emails: readonly Email[];
      readonly destroyedIds: readonly string[];
      readonly state: string;
    }
  | { readonly kind: 'unknown' };

/** An outcome for every patch given, and the state after the last chunk that was applied. */
export interface PatchResult {
  readonly outcomes: ReadonlyMap<string, PatchOutcome>;
  readonly state: string | null;
}

/** A contact to be brought to the address book: a new one, or additions to an existing one. */
export interface ContactWish {
  readonly newContact: NewContact;
  /** The card to complete; null when a listing showed none for this address. */
  readonly existing: Contact | null;
  /** What is to be written down on the card. */
  readonly decision: DecisionWish;
}

/** A decision to be written on a card that is there; nothing else about the card changes. */
export interface NoteWish {
  readonly card: Contact;
  /** The card counts only while it has it. */
  readonly address: SenderAddress;
  readonly decision: DecisionWish;
}

/**
 * What became of it. `unchanged`: it stands there already, or the card cannot take it, which was
 * logged. `gone`: the card is, or is another's now.
 */
export type NoteOutcome =
  | { readonly kind: 'updated' | 'unchanged' }
  | { readonly kind: 'gone' }
  | WriteFailure;

/** The sender for whom Mailroom would have made a card. */
export interface CardMaker {
  readonly address: SenderAddress;
  /** Display names in the sender's emails, cleaned. */
  readonly names: readonly string[];
  /** Names of the categories. */
  readonly categories: readonly string[];
}

/** What a look at a card says; a doubt is `changed`. */
export type UntouchedCheck =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'changed' }
  | WriteFailure;

/** What became of a card that was to be deleted. */
export type RemovalOutcome =
  | { readonly kind: 'removed' }
  | { readonly kind: 'kept' }
  | WriteFailure;

/** Members to add to and remove from one group; UIDs as written on the contacts' cards. */
export interface GroupChange {
  readonly group: ContactGroup;
  readonly addUids: readonly string[];
  readonly removeUids: readonly string[];
}

/** What one listing of all address books said about the addresses asked for. */
export interface ContactLookup {
  /** All contacts that have the address exactly; an address with none is absent. */
  readonly byAddress: ReadonlyMap<SenderAddress, readonly Contact[]>;
  /** Paths of cards that are there and could not be read. */
  readonly unreadableCards: readonly string[];
}

/** The user's contacts (RFC 6352). */
export interface ContactStore {
  /**
   * Every group card of all address books, in the order of book and href. When one of
   * `requiredNames` is not among those a filtered read shows, the books are listed whole before
   * it is believed missing. With `names` the members may be left out: a pass that has nothing to do
   * does not need them, and groups of thousands would make it slow. Default: `members`.
   */
  readGroups(
    requiredNames: readonly string[],
    part?: 'names' | 'members',
  ): Promise<readonly ContactGroup[]>;
  /**
   * Lists every address book once with partial data and finds the contacts of the addresses. It
   * asks for the books at once, even while `addresses` is still being found out. `addresses` must
   * not reject.
   */
  readContacts(addresses: Promise<ReadonlySet<SenderAddress>>): Promise<ContactLookup>;
  /**
   * Creates or completes one contact. Two callers at once, or one killed and started again, make
   * one card. Existing cards keep every byte that is not ours.
   */
  saveContact(wish: ContactWish): Promise<ContactOutcome>;
  /** Writes a decision down, and never makes a card. */
  writeDecision(wish: NoteWish): Promise<NoteOutcome>;
  /** Whether Mailroom made the card for the sender, and nobody has changed it since. */
  checkUntouched(card: Contact, maker: CardMaker): Promise<UntouchedCheck>;
  /**
   * Deletes such a card (`If-Match`). `kept`: it was changed meanwhile, or the server does not allow
   * it. A card that is gone already was removed.
   */
  removeContact(card: Contact, maker: CardMaker): Promise<RemovalOutcome>;
  /** One PUT at most (and again after 412); no PUT when nothing would change. */
  saveGroupMembers(change: GroupChange): Promise<GroupOutcome>;
}
