import type { SenderAddress } from '../triage/model.ts';
import type { SenderPlan } from '../triage/plan.ts';
import { joinGroups, leaveGroups, saveContacts } from './contact-steps.ts';
import { labelRefused } from './error-labels.ts';
import { finish } from './finish-step.ts';
import type { Pass } from './pass.ts';
import { startFirstLook, sweep } from './sweep-step.ts';

/**
 * Carries out the plans for all senders together, step by step, in the order that makes a pass safe
 * to be killed anywhere: while anything is left to do, the triage label is on, so the next pass
 * does it again; while a sender is in an old group, the next pass still sees a re-triage.
 * Returns the senders that were handled whole.
 */
export async function carryOut(
  plans: readonly SenderPlan[],
  pass: Pass,
): Promise<readonly SenderAddress[]> {
  if (plans.length === 0) return [];
  // Reading what is to be swept needs nothing of the steps before: it runs beside them.
  const firstLook = startFirstLook(plans, pass);
  let begun = await saveContacts(plans, pass);
  begun = await joinGroups(begun, pass);
  const emails = await firstLook;
  begun = await sweep(begun, emails, pass);
  begun = await leaveGroups(begun, plans, pass);
  begun = await finish(begun, emails, pass);
  pass.world.clock.checkpoint();
  await labelRefused(plans, pass);
  return begun.map(({ plan }) => plan.sender);
}
