import type { Logger } from './logger.ts';
import { joinGroups, leaveGroups, saveContacts } from './contact-steps.ts';
import { finish, labelRefused, startFirstLook, sweep } from './mail-steps.ts';
import type { Layout } from './triage/layout.ts';
import type { Contact, ContactGroup, SenderAddress, WriteFailure } from './triage/model.ts';
import type { MembershipPlan, SenderPlan } from './triage/plan.ts';
import type { AddressBook, MailStore } from './triage/ports.ts';
import type { SenderFailure, TriageStep } from './triage/report.ts';
import type { SweepPlan } from './triage/sweep.ts';

export interface World {
  readonly mail: MailStore;
  readonly contacts: AddressBook;
  readonly log: Logger;
  readonly clock: PassClock;
}

export interface PassClock {
  /** `YYYY-MM-DD`, UTC; one value for the whole pass. */
  readonly today: string;
  /** The first write is next: until now a signal may break everything off at once. */
  beginWrites(): void;
  /** A signal came: nothing new is begun. */
  isStopping(): boolean;
  /** Throws StoppedError after a signal, TimeoutError when the pass's time is over. */
  checkpoint(): void;
}

/** What was read of the account before anything is written. */
export interface Snapshot {
  readonly layout: Layout;
  readonly groups: readonly ContactGroup[];
  readonly requiredGroups: readonly string[];
  /** Mailboxes known to be empty need not be listed. */
  readonly emptyMailboxIds: ReadonlySet<string>;
}

export interface CarryOutResult {
  readonly processed: readonly SenderAddress[];
  readonly failures: readonly SenderFailure[];
  readonly sweptIds: ReadonlySet<string>;
}

/** A sender on its way through the steps; each step hands on only those it did not fail for. */
export interface BegunSender {
  readonly plan: SenderPlan;
  readonly contact: Contact;
  readonly membership: MembershipPlan;
  readonly sweep: SweepPlan;
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

/** Reports that a step failed for a sender. */
export type Fail = (sender: SenderAddress, step: TriageStep, failure: WriteFailure) => void;
