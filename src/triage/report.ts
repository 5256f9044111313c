import type { SenderAddress, WriteFailure } from './model.ts';

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

/** What a pass did, in numbers and failures. */
export interface TriageReport {
  /** Senders that had a triage label. */
  readonly triagedSenders: number;
  /** Senders handled whole, label off. */
  readonly processed: number;
  readonly failures: readonly SenderFailure[];
  /** Senders with contradicting labels: neither processed nor failed. */
  readonly conflicts: number;
  /** Labelled emails without a usable From address. */
  readonly emailsWithoutSender: number;
  /** Emails that moved, the labelled ones too; each counted once. */
  readonly emailsSwept: number;
}

/** Every sender that was tried failed: then the pass failed, else it is done. */
export function hasFailed(report: TriageReport): boolean {
  return report.failures.length > 0 && report.processed === 0;
}
