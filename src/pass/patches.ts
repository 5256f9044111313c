import type { Email, EmailPatch, SenderAddress, WriteFailure } from '../triage/model.ts';
import { findSender } from '../triage/sender.ts';
import { planSweep } from '../triage/sweep.ts';
import type { BegunSender } from './ledger.ts';
import type { Pass } from './pass.ts';

/** Finds whose email it is: the sender's own, or that of another address on its card. */
export type FindBegun = (email: Email) => BegunSender | undefined;

/**
 * Finds an email's sender among `begun`; its own comes before one that shares its card. Which other
 * addresses count `othersOf` says: by default those on cards that leave a group.
 */
export function createFindBegun(
  begun: readonly BegunSender[],
  othersOf: (one: BegunSender) => Iterable<SenderAddress> = ({ sweep }) => sweep.otherAddresses,
): FindBegun {
  const byAddress = new Map<SenderAddress, BegunSender>();
  for (const one of begun) {
    for (const address of othersOf(one)) byAddress.set(address, one);
  }
  for (const one of begun) byAddress.set(one.plan.sender, one);
  return (email) => {
    const sender = findSender(email);
    return sender === null ? undefined : byAddress.get(sender);
  };
}

/** Decides one email's patch for its sender. */
type PlanForSender = (email: Email, one: BegunSender, isChanged: boolean) => EmailPatch | null;

interface PatchedSenders {
  readonly updated: readonly {
    readonly sender: SenderAddress;
    readonly before: Email;
    readonly after: Email;
  }[];
  /** A refusal counts for more than a failure that will pass. */
  readonly failed: ReadonlyMap<SenderAddress, WriteFailure>;
}

/** Plans and applies a patch for each of the emails that is one of these senders'. */
export async function patchForSenders(
  ids: Iterable<string>,
  find: FindBegun,
  planOne: PlanForSender,
  { emails }: Pass,
): Promise<PatchedSenders> {
  const applied = await emails.patch(ids, (email, isChanged) => {
    const one = find(email);
    return one === undefined ? null : planOne(email, one, isChanged);
  });
  const failed = new Map<SenderAddress, WriteFailure>();
  for (const { email, failure } of applied.failed) {
    const sender = find(email)?.plan.sender;
    if (sender !== undefined && failed.get(sender)?.kind !== 'refused') failed.set(sender, failure);
  }
  const updated = applied.updated.flatMap(({ before, after }) => {
    const one = find(before);
    return one === undefined ? [] : [{ sender: one.plan.sender, before, after }];
  });
  return { updated, failed };
}

/** Moves those of the emails that have to move; returns the senders for whom that worked. */
export async function move(
  active: readonly BegunSender[],
  ids: Iterable<string>,
  pass: Pass,
): Promise<readonly BegunSender[]> {
  const { layout } = pass.snapshot;
  const { updated, failed } = await patchForSenders(
    ids,
    createFindBegun(active),
    (email, one, isChanged) => planSweep(email, one.sweep, layout, isChanged),
    pass,
  );
  for (const { sender, before, after } of updated) pass.ledger.moved(sender, before, after);
  return pass.ledger.dropFailed(active, 'sweep', failed);
}
