import type { Contact, SenderAddress, WriteFailure } from '../triage/model.ts';
import type { MembershipPlan, SenderPlan } from '../triage/plan.ts';
import type { TriageStep } from '../triage/report.ts';
import type { SweepPlan } from '../triage/sweep.ts';

/** A sender on its way through the steps; each step hands on only those it did not fail for. */
export interface BegunSender {
  readonly plan: SenderPlan;
  readonly contact: Contact;
  readonly membership: MembershipPlan;
  readonly sweep: SweepPlan;
}

/** Reports that a step failed for a sender. */
export type Fail = (sender: SenderAddress, step: TriageStep, failure: WriteFailure) => void;

export function withoutFailed(
  begun: readonly BegunSender[],
  failed: ReadonlyMap<SenderAddress, WriteFailure>,
  step: TriageStep,
  fail: Fail,
): readonly BegunSender[] {
  return begun.filter(({ plan }) => {
    const failure = failed.get(plan.sender);
    if (failure !== undefined) fail(plan.sender, step, failure);
    return failure === undefined;
  });
}
