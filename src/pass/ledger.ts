import type { Logger } from '../log/logger.ts';
import type { Contact, SenderAddress, WriteFailure } from '../triage/model.ts';
import type { MembershipPlan } from '../triage/membership.ts';
import type { SenderPlan } from '../triage/plan.ts';
import type { SenderFailure, TriageStep } from '../triage/report.ts';
import type { SweepPlan } from '../triage/sweep.ts';

/** A sender on its way through the steps; each step hands on only those it did not fail for. */
export interface BegunSender {
  readonly plan: SenderPlan;
  readonly contact: Contact;
  readonly membership: MembershipPlan;
  readonly sweep: SweepPlan;
}

/** What has come of a pass so far. */
export class Ledger {
  /** Of emails that were moved by a sweep. */
  readonly sweptIds = new Set<string>();
  /** Of labelled emails whose label is off. */
  readonly finishedIds = new Set<string>();
  readonly #failures: SenderFailure[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  get failures(): readonly SenderFailure[] {
    return this.#failures;
  }

  /** A step failed for a sender: it is said at once, and kept for the report. */
  fail(sender: SenderAddress, step: TriageStep, failure: WriteFailure): void {
    this.#failures.push({ sender, step, failure });
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
}
