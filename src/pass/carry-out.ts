import type { Snapshot } from '../triage/layout.ts';
import type { SenderAddress, WriteFailure } from '../triage/model.ts';
import type { SenderPlan } from '../triage/plan.ts';
import type { SenderFailure, TriageStep } from '../triage/report.ts';
import { joinGroups, leaveGroups, saveContacts } from './contact-steps.ts';
import { labelRefused } from './error-labels.ts';
import { finish } from './finish-step.ts';
import { startFirstLook, sweep } from './sweep-step.ts';
import type { World } from './world.ts';

export interface CarryOutResult {
  readonly processed: readonly SenderAddress[];
  readonly failures: readonly SenderFailure[];
  readonly sweptIds: ReadonlySet<string>;
}

/**
 * Carries out the plan for all senders together, step by step, in the order that makes a pass safe
 * to be killed anywhere: while anything is left to do, the triage label is on, so the next pass
 * does it again; while a sender is in an old group, the next pass still sees a re-triage.
 */
export async function carryOut(
  plans: readonly SenderPlan[],
  snapshot: Snapshot,
  world: World,
): Promise<CarryOutResult> {
  if (plans.length === 0) return { processed: [], failures: [], sweptIds: new Set() };
  const failures: SenderFailure[] = [];
  const fail = (sender: SenderAddress, step: TriageStep, failure: WriteFailure): void => {
    failures.push({ sender, step, failure });
    world.log.error('sender_processing_failed', {
      sender,
      step,
      retry: failure.kind === 'failed',
      error: failure.problem,
    });
  };
  const sweptIds = new Set<string>();
  const finishedIds = new Set<string>();
  // Reading what is to be swept needs nothing of the steps before: it runs beside them.
  const firstLook = startFirstLook(plans, snapshot, world);
  let begun = await saveContacts(plans, snapshot, world, fail);
  begun = await joinGroups(begun, snapshot, world, fail);
  const emails = await firstLook;
  begun = await sweep(begun, emails, snapshot, world, sweptIds, fail);
  begun = await leaveGroups(begun, plans, snapshot, world, fail);
  begun = await finish(begun, emails, snapshot, world, finishedIds, fail);
  world.clock.checkpoint();
  await labelRefused(plans, failures, finishedIds, snapshot, world);
  return {
    processed: begun.map(({ plan }) => plan.sender),
    failures,
    sweptIds: new Set([...sweptIds, ...finishedIds]),
  };
}
