import { createHash } from 'node:crypto';

import type { TestEmail } from '../test-account.ts';
import { type FromHeader, readFromHeader } from './from-header.ts';

export interface MailboxRecord {
  readonly id: string;
  name: string;
  readonly parentId: string | null;
  readonly role: string | null;
}

export interface EmailRecord {
  readonly id: string;
  readonly threadId: string;
  readonly from: FromHeader['from'];
  /** Raw value of each From field. */
  readonly fromFields: FromHeader['fields'];
  readonly subject: string;
  readonly receivedAt: string;
  /** When it arrived, in milliseconds of `Date.now()`. The text index lags behind this. */
  readonly addedAtMs: number;
  mailboxIds: ReadonlySet<string>;
  keywords: ReadonlySet<string>;
  /** For an email that a client made. */
  text: string | null;
  to: FromHeader['from'];
  readonly createdState: number;
  changedState: number;
}

/** The mail account's data. Tests act on it directly in place of the user's other clients. */
export class MailState {
  readonly mailboxes = new Map<string, MailboxRecord>();
  readonly emails = new Map<string, EmailRecord>();
  /** The JMAP state (RFC 8620 §1.6.2) at which each destroyed email was created and destroyed. */
  readonly destroyed = new Map<string, { readonly created: number; readonly at: number }>();
  /** Emails that a client tried to take out of their last mailbox. It must stay empty. */
  readonly lastMailboxRemovals: string[] = [];
  readonly #emailCounts = new Map<string, number>();
  #state = 1;
  #lastId = 0;

  constructor() {
    this.createMailbox('Inbox', null, 'inbox');
    for (const [name, role] of ROLES) this.createMailbox(name, null, role);
  }

  /** Number behind the JMAP state strings of emails and mailboxes. */
  get state(): number {
    return this.#state;
  }

  createMailbox(name: string, parentId: string | null, role: string | null = null): string {
    const id = `P${this.#nextId().slice(0, 20)}`;
    this.#state += 1;
    this.mailboxes.set(id, { id, name, parentId, role });
    return id;
  }

  renameMailbox(id: string, name: string): void {
    const mailbox = this.mailboxes.get(id);
    if (mailbox === undefined) throw new Error(`no mailbox ${id}`);
    this.#state += 1;
    mailbox.name = name;
  }

  deleteMailbox(id: string): void {
    if (this.countEmails(id) > 0) throw new Error(`mailbox ${id} has emails`);
    this.#state += 1;
    this.mailboxes.delete(id);
  }

  findMailbox(name: string, parentId: string | null): MailboxRecord | undefined {
    return [...this.mailboxes.values()].find(
      (mailbox) => mailbox.name === name && mailbox.parentId === parentId,
    );
  }

  countEmails(mailboxId: string): number {
    return this.#emailCounts.get(mailboxId) ?? 0;
  }

  addEmail({ from, mailboxIds, subject = 'A subject', receivedAt }: TestEmail): string {
    this.#assertMailboxes(mailboxIds);
    const hash = this.#nextId();
    const header = readFromHeader(from);
    const id = `M${hash.slice(0, 24)}`;
    this.#state += 1;
    this.emails.set(id, {
      id,
      threadId: `T${hash.slice(24, 40)}`,
      from: header.from,
      fromFields: header.fields,
      subject,
      receivedAt: receivedAt ?? `${new Date().toISOString().slice(0, 19)}Z`,
      addedAtMs: Date.now(),
      mailboxIds: new Set(mailboxIds),
      keywords: new Set(),
      text: null,
      to: null,
      createdState: this.#state,
      changedState: this.#state,
    });
    for (const mailboxId of new Set(mailboxIds)) this.#count(mailboxId, 1);
    return id;
  }

  /** Sets all memberships. The caller has checked that the mailboxes exist and that there is one. */
  setMailboxes(email: EmailRecord, mailboxIds: ReadonlySet<string>): void {
    this.#assertMailboxes([...mailboxIds]);
    for (const id of email.mailboxIds) if (!mailboxIds.has(id)) this.#count(id, -1);
    for (const id of mailboxIds) if (!email.mailboxIds.has(id)) this.#count(id, 1);
    email.mailboxIds = mailboxIds;
    this.#touch(email);
  }

  setKeywords(email: EmailRecord, keywords: ReadonlySet<string>): void {
    email.keywords = keywords;
    this.#touch(email);
  }

  destroyEmail(id: string): void {
    const email = this.emails.get(id);
    if (email === undefined) throw new Error(`no email ${id}`);
    for (const mailboxId of email.mailboxIds) this.#count(mailboxId, -1);
    this.#state += 1;
    this.emails.delete(id);
    this.destroyed.set(id, { created: email.createdState, at: this.#state });
  }

  #touch(email: EmailRecord): void {
    this.#state += 1;
    email.changedState = this.#state;
  }

  #count(mailboxId: string, change: 1 | -1): void {
    this.#emailCounts.set(mailboxId, this.countEmails(mailboxId) + change);
  }

  #assertMailboxes(ids: readonly string[]): void {
    if (ids.length === 0) throw new Error('an email is in at least one mailbox (RFC 8621 §4.1.1)');
    const unknown = ids.find((id) => !this.mailboxes.has(id));
    if (unknown !== undefined) throw new Error(`no mailbox ${unknown}`);
  }

  /** Ids whose order says nothing about their age. */
  #nextId(): string {
    this.#lastId += 1;
    return createHash('sha256').update(String(this.#lastId)).digest('hex');
  }
}

const ROLES = [
  ['Archive', 'archive'],
  ['Drafts', 'drafts'],
  ['Sent', 'sent'],
  ['Spam', 'junk'],
  ['Trash', 'trash'],
] as const;
