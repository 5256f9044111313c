import type { TriageNames } from '../triage/layout.ts';
import type { SenderAddress } from '../triage/model.ts';
import { planTriage } from '../triage/plan.ts';
import { countRepeated, type TriageReport } from '../triage/report.ts';
import { findNobodyReason } from '../triage/sender.ts';
import { carryOut } from './carry-out.ts';
import { labelUnclear } from './error-labels.ts';
import { Ledger } from './ledger.ts';
import type { Pass } from './pass.ts';
import { readLabelled, readSnapshot } from './read-account.ts';
import type { World } from './world.ts';

/**
 * One triage pass: read, decide, carry out, report. Throws (errors.ts) when the run is broken as a
 * whole; what fails for one sender is in the report. `only`: nothing is
 * done for anybody else, but the labels of others still count where they share a contact.
 */
export async function runTriagePass(
  names: TriageNames,
  world: World,
  only: ReadonlySet<SenderAddress> | null = null,
): Promise<TriageReport> {
  const named = await readSnapshot(names, world);
  world.clock.checkpoint();
  const { labelled: all, groups, lookup, emails } = await readLabelled(named, world);
  const snapshot = { ...named, groups };
  world.clock.checkpoint();
  world.clock.beginWrites();
  const isWanted = ({ sender }: { readonly sender: SenderAddress }): boolean =>
    only === null || only.has(sender);
  const labelled = {
    senders: all.senders.filter(isWanted),
    withoutSender: only === null ? all.withoutSender : [],
  };
  const planned = planTriage(all.senders, lookup, snapshot);
  const plan = {
    senders: planned.senders.filter(isWanted),
    conflicts: planned.conflicts.filter(isWanted),
  };
  const { unreadableCards } = lookup;
  const ledger = new Ledger(snapshot, world.log);
  const pass: Pass = { snapshot, world, emails, ledger, unreadableCards };
  await labelUnclear(labelled.withoutSender, plan.conflicts, pass);
  await carryOut(plan.senders, pass);
  const senders = pass.ledger.report(plan.senders);
  const failures = senders.flatMap(({ failure }) => failure ?? []);
  return {
    triagedSenders: labelled.senders.length,
    processed: senders.filter(({ isDone }) => isDone).length,
    failures,
    repeatedRefusals: countRepeated(failures, plan.senders, snapshot.layout.errorLabelId),
    conflicts: plan.conflicts.length,
    emailsWithoutSender: labelled.withoutSender.length,
    emailsSwept: pass.ledger.movedCount,
    details: {
      senders,
      conflicts: plan.conflicts.map(({ sender, categoryNames }) => ({
        sender,
        categories: categoryNames,
      })),
      withoutSender: labelled.withoutSender.flatMap((email) => findNobodyReason(email) ?? []),
    },
  };
}
