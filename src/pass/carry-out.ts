import type { SenderPlan } from '../triage/plan.ts';
import { joinGroups, saveContacts } from './contact-steps.ts';
import { labelRefused } from './error-labels.ts';
import { finish } from './finish-step.ts';
import { leaveGroups } from './leave-step.ts';
import type { BegunSender } from './ledger.ts';
import type { Pass } from './pass.ts';
import { logMoves, startFirstLook, sweep } from './sweep-step.ts';
import { takeBack } from './take-back.ts';
import { dropWithdrawn, forgetWithdrawn } from './withdrawn-step.ts';

/**
 * Carries out the plans for all senders together, step by step, in the order that makes a pass safe
 * to be killed anywhere: while anything is left to do, the triage label is on, so the next pass
 * does it again; while a sender is in an old group, the next pass still sees a re-triage.
 */
export async function carryOut(plans: readonly SenderPlan[], pass: Pass): Promise<void> {
  if (plans.length === 0) return;
  // Reading what is to be swept needs nothing of the steps before: it runs beside them.
  const firstLook = startFirstLook(plans, pass);
  const { takeBack: label } = pass.snapshot.layout;
  let begun = await saveContacts(
    plans.filter(({ category }) => category !== label),
    pass,
  );
  const screened = await firstLook;
  const stillOn = await dropWithdrawn(begun, pass);
  await forgetWithdrawn(begun, stillOn, pass);
  begun = await joinGroups(stillOn, pass);
  // Senders that are new to triage do not wait for the listing of anybody's old place.
  for (const wave of [begun.filter(isNew), begun.filter((one) => !isNew(one))]) {
    let moving = await sweep(wave, screened, pass);
    logMoves(moving, pass);
    moving = (await leaveGroups(moving, plans, pass)).begun;
    await finish(moving, screened, pass);
  }
  await takeBack(
    plans.filter(({ category }) => category === label),
    screened,
    pass,
  );
  pass.world.clock.checkpoint();
  await labelRefused(plans, pass);
}

function isNew({ membership: { leave, oldDestinationIds } }: BegunSender): boolean {
  return leave.length === 0 && oldDestinationIds.length === 0;
}
