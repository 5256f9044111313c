import type { NobodyReason, SenderAddress, WriteFailure } from './model.ts';
import type { SenderPlan } from './plan.ts';

/** The steps of a pass for one sender, in their order (see `carryOut`). */
export type TriageStep =
  | 'contact'
  | 'join group'
  | 'check group'
  | 'sweep'
  | 'leave group'
  | 'finish';

/** A sender that was begun and not handled whole; its triage label stays. */
export interface SenderFailure {
  readonly sender: SenderAddress;
  readonly step: TriageStep;
  readonly failure: WriteFailure;
}

/** Emails that went the same way: paths of mailboxes, labels of Mailroom's own left out. */
export interface EmailMoves {
  readonly emails: number;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What a pass did for one sender; in a dry run, what it would do. */
export interface SenderReport {
  readonly sender: SenderAddress;
  /** Cleaned; empty where the newest labelled email has none. */
  readonly displayName: string;
  /** The category's name. */
  readonly category: string;
  /** Null: the contact could not be written. */
  readonly contact: {
    /** `removed`: the decision was taken back; `kept`: so it was, and the card is somebody's own. */
    readonly result: 'created' | 'updated' | 'unchanged' | 'removed' | 'kept';
    readonly name: string;
  } | null;
  /** Names of contact groups. */
  readonly groupsJoined: readonly string[];
  readonly groupsLeft: readonly string[];
  readonly moves: readonly EmailMoves[];
  /** The contact's name, where the sender's differs from it and the warning label is used. */
  readonly otherName: string | null;
  /** The user took the label off, or changed it, while the pass ran. */
  readonly isWithdrawn: boolean;
  /** All its labels are off. */
  readonly isDone: boolean;
  readonly failure: SenderFailure | null;
}

/** A sender whose labels contradict one another. */
export interface ConflictReport {
  readonly sender: SenderAddress;
  readonly categories: readonly string[];
}

/** What a pass did, in numbers and failures, and for each sender. */
export interface TriageReport {
  /** Senders that had a triage label. */
  readonly triagedSenders: number;
  /** Senders handled whole, label off. */
  readonly processed: number;
  readonly failures: readonly SenderFailure[];
  /** Those of them that were refused before: the user has been told (`countRepeated`). */
  readonly repeatedRefusals: number;
  /** Senders with contradicting labels: neither processed nor failed. */
  readonly conflicts: number;
  /** Labelled emails without a usable From address. */
  readonly emailsWithoutSender: number;
  /** Emails that moved, the labelled ones too; each counted once. */
  readonly emailsSwept: number;
  readonly details: PassDetails;
}

/** For a person who wants to read what was done. */
export interface PassDetails {
  readonly senders: readonly SenderReport[];
  readonly conflicts: readonly ConflictReport[];
  /** For each labelled email that is nobody's, why. */
  readonly withoutSender: readonly NobodyReason[];
}

/**
 * The pass failed if every sender that was tried failed; otherwise it is done. A sender who is
 * refused again counts neither way: otherwise one card that no server takes would make every idle
 * pass fail.
 */
export function hasFailed(report: TriageReport): boolean {
  return report.processed === 0 && report.failures.length > report.repeatedRefusals;
}

/** Senders that were refused although the error label was on already, from an earlier refusal. */
export function countRepeated(
  failures: readonly SenderFailure[],
  plans: readonly Pick<SenderPlan, 'sender' | 'labelled'>[],
  errorLabelId: string,
): number {
  const told = new Set(
    plans
      .filter(({ labelled }) => labelled.some(({ mailboxIds }) => mailboxIds.has(errorLabelId)))
      .map(({ sender }) => sender),
  );
  return failures.filter(({ sender, failure }) => failure.kind === 'refused' && told.has(sender))
    .length;
}
