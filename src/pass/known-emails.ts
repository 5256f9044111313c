import type { Email, EmailPatch, WriteFailure } from '../triage/model.ts';
import type { EmailPage, MailStore } from '../triage/ports.ts';
import { applyPatch } from '../triage/sweep.ts';

/** How often an Email/set is planned again because something came in between. */
const MOST_MISMATCHES = 5;

/** Decides one email's patch; null: none. `isChanged`: somebody moved it since the pass read it. */
export type PlanPatch = (email: Email, isChanged: boolean) => EmailPatch | null;

/** What became of patches. Emails that are gone, or no longer need a patch, are in neither list. */
export interface Applied {
  readonly updated: readonly { readonly before: Email; readonly after: Email }[];
  readonly failed: readonly { readonly email: Email; readonly failure: WriteFailure }[];
}

/**
 * The emails that a pass has read, as they are now as far as it knows, and the JMAP state (RFC 8620
 * §5.1) in which this is true. A patch is applied only in this state. If the user has done
 * something meanwhile, what changed is read and planned again, so that each email stays as the user
 * left it.
 */
export class KnownEmails {
  readonly #mail: MailStore;
  readonly #emails = new Map<string, Email>();
  /** Emails that somebody else has moved since they were first read. */
  readonly #changedIds = new Set<string>();
  /** Ids of emails that came in, or changed, since `takeNews` was last asked. */
  #newsIds = new Set<string>();
  #state: string | null = null;
  #lastSeenState: string | null = null;
  /** The server could not tell what changed: what came in is unknown. */
  #hasLostTrack = false;

  constructor(mail: MailStore) {
    this.#mail = mail;
  }

  find(id: string): Email | undefined {
    return this.#emails.get(id);
  }

  all(): readonly Email[] {
    return [...this.#emails.values()];
  }

  /** Emails that were read; the oldest page's state is the one that counts. */
  add({ emails, state }: EmailPage): void {
    this.#state ??= state;
    this.#lastSeenState = state;
    for (const email of emails) {
      const known = this.#emails.get(email.id);
      if (known !== undefined && !isSamePlace(known, email)) this.#changedIds.add(email.id);
      this.#emails.set(email.id, email);
    }
  }

  /** Something happened to the account's emails between the pages that were read. */
  get isBehind(): boolean {
    return this.#lastSeenState !== this.#state;
  }

  /** Reads what changed since the emails were read. */
  async catchUp(): Promise<void> {
    if (this.#state === null) return;
    const changes = await this.#mail.readChanges(this.#state);
    if (changes.kind === 'known') {
      for (const email of changes.emails) this.#update(email);
      for (const id of changes.destroyedIds) this.#emails.delete(id);
      this.#moveTo(changes.state);
      return;
    }
    this.#hasLostTrack = true;
    const ids = [...this.#emails.keys()];
    const page = await this.#mail.readEmails(ids);
    const found = new Set(page.emails.map(({ id }) => id));
    for (const id of ids) if (!found.has(id)) this.#emails.delete(id);
    for (const email of page.emails) this.#update(email);
    this.#moveTo(page.state);
  }

  /**
   * The emails that came in or changed since this was last asked; null where that cannot be known,
   * and the mailboxes have to be listed.
   */
  async takeNews(): Promise<readonly Email[] | null> {
    await this.catchUp();
    const ids = this.#newsIds;
    this.#newsIds = new Set();
    if (this.#hasLostTrack) {
      this.#hasLostTrack = false;
      return null;
    }
    return [...ids].flatMap((id) => this.#emails.get(id) ?? []);
  }

  /** Plans and applies a patch for each of the emails, and again if something came in between. */
  async patch(ids: Iterable<string>, plan: PlanPatch): Promise<Applied> {
    const updated: { before: Email; after: Email }[] = [];
    const failed: { email: Email; failure: WriteFailure }[] = [];
    let due = this.#plan(ids, plan);
    for (let mismatches = 0; due.size > 0; mismatches += 1) {
      const { outcomes, state } = await this.#mail.patchEmails([...due.values()], this.#state);
      this.#moveTo(state);
      const staleIds: string[] = [];
      for (const [id, patch] of due) {
        const email = this.#emails.get(id);
        if (email === undefined) continue;
        const outcome = outcomes.get(id) ?? NO_ANSWER;
        if (outcome.kind === 'updated') {
          const after = applyPatch(email, patch);
          this.#emails.set(id, after);
          updated.push({ before: email, after });
        } else if (outcome.kind === 'notFound') this.#emails.delete(id);
        else if (outcome.kind !== 'stale') failed.push({ email, failure: outcome });
        else if (mismatches === MOST_MISMATCHES) failed.push({ email, failure: NO_QUIET });
        else staleIds.push(id);
      }
      if (staleIds.length === 0) break;
      await this.catchUp();
      due = this.#plan(staleIds, plan);
    }
    return { updated, failed };
  }

  #plan(ids: Iterable<string>, plan: PlanPatch): ReadonlyMap<string, EmailPatch> {
    const due = new Map<string, EmailPatch>();
    for (const id of ids) {
      const email = this.#emails.get(id);
      const patch = email === undefined ? null : plan(email, this.#changedIds.has(id));
      if (patch !== null) due.set(id, patch);
    }
    return due;
  }

  #update(email: Email): void {
    const known = this.#emails.get(email.id);
    // A changed flag, or a move of our own, does not count as moved by somebody else.
    if (known !== undefined && isSamePlace(known, email)) return;
    if (known !== undefined) this.#changedIds.add(email.id);
    this.#newsIds.add(email.id);
    this.#emails.set(email.id, email);
  }

  #moveTo(state: string | null): void {
    this.#state = state;
    this.#lastSeenState = state;
  }
}

const NO_ANSWER: WriteFailure = { kind: 'failed', problem: 'no answer for the email' };

const NO_QUIET: WriteFailure = {
  kind: 'failed',
  problem: `other changes to the mailbox came in between ${MOST_MISMATCHES} times: the next pass tries again`,
};

function isSamePlace(a: Email, b: Email): boolean {
  return (
    a.mailboxIds.size === b.mailboxIds.size && [...a.mailboxIds].every((id) => b.mailboxIds.has(id))
  );
}
