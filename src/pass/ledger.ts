import type { Logger } from '../log/logger.ts';
import type { Snapshot } from '../triage/layout.ts';
import { labelIdsOf } from '../triage/layout.ts';
import { mailboxPath } from '../triage/mailboxes.ts';
import type { MembershipPlan } from '../triage/membership.ts';
import type { Contact, Email, SenderAddress, WriteFailure } from '../triage/model.ts';
import type { SenderPlan } from '../triage/plan.ts';
import type { EmailMoves, SenderFailure, SenderReport, TriageStep } from '../triage/report.ts';
import type { SweepPlan } from '../triage/sweep.ts';

/** A sender on its way through the steps. A step hands on only the senders for whom it worked. */
export interface BegunSender {
  readonly plan: SenderPlan;
  readonly membership: MembershipPlan;
  readonly sweep: SweepPlan;
}

/** What a pass has done so far. */
export class Ledger {
  /** Ids of labelled emails whose label is off. */
  readonly finishedIds = new Set<string>();
  readonly #movedIds = new Set<string>();
  readonly #entries = new Map<SenderAddress, Entry>();
  readonly #log: Logger;
  readonly #snapshot: Snapshot;
  readonly #labelIds: ReadonlySet<string>;

  constructor(snapshot: Snapshot, log: Logger) {
    this.#snapshot = snapshot;
    this.#log = log;
    this.#labelIds = labelIdsOf(snapshot.layout);
  }

  /** Emails that moved, each once. */
  get movedCount(): number {
    return this.#movedIds.size;
  }

  contactSaved(sender: SenderAddress, result: Result, contact: Contact): void {
    const entry = this.#entryOf(sender);
    entry.contact = { result, name: contact.name };
    entry.created = result === 'created' ? contact : null;
  }

  /** The contact that this pass created for the sender; null: none. */
  findCreated(sender: SenderAddress): Contact | null {
    return this.#entryOf(sender).created;
  }

  groupsJoined({ plan, membership }: BegunSender): void {
    this.#entryOf(plan.sender).groupsJoined = membership.join.map(({ groupHref }) => groupHref);
  }

  groupsLeft({ plan, membership }: BegunSender): void {
    this.#entryOf(plan.sender).groupsLeft = membership.leave.map(({ groupHref }) => groupHref);
  }

  moved(sender: SenderAddress, before: Email, after: Email): void {
    const leaves = this.#placesIn(before, after);
    const gets = this.#placesIn(after, before);
    // Its label came off after it had moved.
    if (leaves.length + gets.length === 0 && this.#movedIds.has(before.id)) return;
    this.#movedIds.add(before.id);
    const { moves } = this.#entryOf(sender);
    const key = `${leaves.join(' ')} > ${gets.join(' ')}`;
    const known = moves.get(key) ?? { emails: 0, leaves, gets };
    moves.set(key, { ...known, emails: known.emails + 1 });
  }

  /** Where a sender's emails went so far: paths of mailboxes. */
  movesOf(sender: SenderAddress): readonly EmailMoves[] {
    return [...this.#entryOf(sender).moves.values()]
      .map(({ emails, leaves, gets }) => ({
        emails,
        from: this.#pathsOf(leaves),
        to: this.#pathsOf(gets),
      }))
      .toSorted((a, b) => b.emails - a.emails);
  }

  /** The user took the label off, or changed it, meanwhile. */
  withdrawn({ plan: { sender, category } }: BegunSender): void {
    this.#entryOf(sender).isWithdrawn = true;
    this.#log.info('label_changed_meanwhile', { sender, category: category.name });
  }

  done(sender: SenderAddress): void {
    this.#entryOf(sender).isDone = true;
  }

  /** A step failed for a sender: it is logged at once, and kept for the report. */
  fail(sender: SenderAddress, step: TriageStep, failure: WriteFailure): void {
    this.#entryOf(sender).failure = { sender, step, failure };
    this.#log.error('sender_processing_failed', {
      sender,
      step,
      retry: failure.kind === 'failed',
      error: failure.problem,
    });
  }

  /** The senders without those for whom the step failed. */
  dropFailed(
    begun: readonly BegunSender[],
    step: TriageStep,
    failed: ReadonlyMap<SenderAddress, WriteFailure>,
  ): readonly BegunSender[] {
    return begun.filter(({ plan }) => {
      const failure = failed.get(plan.sender);
      if (failure !== undefined) this.fail(plan.sender, step, failure);
      return failure === undefined;
    });
  }

  isDone(sender: SenderAddress): boolean {
    return this.#entries.get(sender)?.isDone === true;
  }

  isRefused(sender: SenderAddress): boolean {
    return this.#entries.get(sender)?.failure?.failure.kind === 'refused';
  }

  report(plans: readonly SenderPlan[]): readonly SenderReport[] {
    return plans.map(({ sender, displayName, category, isNameDifferent, contact }) => {
      const entry = this.#entryOf(sender);
      const isWarned =
        isNameDifferent &&
        this.#snapshot.layout.warningLabelId !== null &&
        entry.isDone &&
        entry.contact?.result !== 'removed';
      return {
        sender,
        displayName,
        category: category.name,
        contact: entry.contact,
        groupsJoined: this.groupNames(entry.groupsJoined),
        groupsLeft: this.groupNames(entry.groupsLeft),
        moves: this.movesOf(sender),
        otherName: isWarned ? (contact?.name ?? null) : null,
        isWithdrawn: entry.isWithdrawn,
        isDone: entry.isDone,
        failure: entry.failure,
      };
    });
  }

  #entryOf(sender: SenderAddress): Entry {
    const entry = this.#entries.get(sender) ?? {
      contact: null,
      created: null,
      groupsJoined: [],
      groupsLeft: [],
      moves: new Map(),
      isWithdrawn: false,
      isDone: false,
      failure: null,
    };
    this.#entries.set(sender, entry);
    return entry;
  }

  /** The mailboxes of one and not of the other, labels left out. */
  #placesIn(one: Email, other: Email): readonly string[] {
    return [...one.mailboxIds].filter((id) => !other.mailboxIds.has(id) && !this.#labelIds.has(id));
  }

  #pathsOf(ids: readonly string[]): readonly string[] {
    const { mailboxes } = this.#snapshot;
    return ids
      .map((id) => {
        const mailbox = mailboxes.find((one) => one.id === id);
        return mailbox === undefined ? id : mailboxPath(mailbox, mailboxes);
      })
      .toSorted();
  }

  groupNames(hrefs: readonly string[]): readonly string[] {
    return hrefs.map(
      (href) => this.#snapshot.groups.find((one) => one.href === href)?.name ?? href,
    );
  }
}

type Result = NonNullable<SenderReport['contact']>['result'];

/** What has been done for one sender. */
interface Entry {
  contact: SenderReport['contact'];
  created: Contact | null;
  /** Hrefs. */
  groupsJoined: readonly string[];
  groupsLeft: readonly string[];
  readonly moves: Map<string, Moves>;
  isWithdrawn: boolean;
  isDone: boolean;
  failure: SenderFailure | null;
}

/** Ids of mailboxes. */
interface Moves {
  readonly emails: number;
  readonly leaves: readonly string[];
  readonly gets: readonly string[];
}
