import type { Email, EmailPatch, SenderAddress, WriteFailure } from '../triage/model.ts';
import type { MailStore } from '../triage/ports.ts';
import { findSender } from '../triage/sender.ts';
import type { BegunSender } from './ledger.ts';

interface SenderPatch {
  readonly sender: SenderAddress;
  readonly patch: EmailPatch;
}

/** Plans a patch for each email of a sender in `begun`; an email is planned for its sender alone. */
export function planForSenders(
  emails: readonly Email[],
  begun: readonly BegunSender[],
  planOne: (email: Email, one: BegunSender) => EmailPatch | null,
): ReadonlyMap<string, SenderPatch> {
  const bySender = new Map(begun.map((one) => [one.plan.sender, one]));
  const patches = new Map<string, SenderPatch>();
  for (const email of emails) {
    const sender = findSender(email);
    const one = sender === null ? undefined : bySender.get(sender);
    const patch = one === undefined ? null : planOne(email, one);
    if (sender !== null && patch !== null) patches.set(email.id, { sender, patch });
  }
  return patches;
}

interface PatchResult {
  readonly updated: readonly { readonly emailId: string; readonly sender: SenderAddress }[];
  readonly failed: ReadonlyMap<SenderAddress, WriteFailure>;
}

export async function patchAll(
  patches: ReadonlyMap<string, SenderPatch>,
  mail: MailStore,
): Promise<PatchResult> {
  const outcomes = await mail.patchEmails([...patches.values()].map(({ patch }) => patch));
  const updated: { emailId: string; sender: SenderAddress }[] = [];
  const failed = new Map<SenderAddress, WriteFailure>();
  for (const [emailId, { sender }] of patches) {
    const outcome = outcomes.get(emailId) ?? { kind: 'failed', problem: 'no answer for the email' };
    if (outcome.kind === 'updated') updated.push({ emailId, sender });
    else if (outcome.kind !== 'notFound' && failed.get(sender)?.kind !== 'refused') {
      failed.set(sender, outcome);
    }
  }
  return { updated, failed };
}
