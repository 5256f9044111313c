import type { Contact, ContactGroup, Email } from '../../src/triage/model.ts';
import type { ContactWish } from '../../src/triage/ports.ts';
import type { TriageReport } from '../../src/triage/report.ts';
import { runTriagePass } from '../../src/pass/triage-pass.ts';
import { aGroup, groupsFor, mailboxesFor, triageNames } from './builders.ts';
import type { Account, MemoryWorldOptions, PortCall } from './memory-world.ts';
import { MemoryAccount, memoryWorld } from './memory-world.ts';

/** Those of the default settings. */
export const names = triageNames();

/** An account with everything that the default settings need. */
export function anAccount(
  account: {
    readonly emails?: readonly Email[];
    readonly contacts?: readonly Contact[];
    readonly members?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Account {
  const groups: readonly ContactGroup[] = groupsFor(names).map(({ name }) =>
    aGroup(name, account.members?.[name] ?? []),
  );
  return {
    mailboxes: mailboxesFor(names),
    emails: account.emails ?? [],
    contacts: account.contacts ?? [],
    groups,
  };
}

/** Runs one pass. If an error breaks it off, that error is the result. */
export async function pass(
  account: MemoryAccount,
  options: MemoryWorldOptions = {},
): Promise<{
  readonly result: TriageReport | Error;
  readonly calls: readonly PortCall[];
  readonly writes: readonly PortCall[];
  readonly events: readonly string[];
  readonly levels: readonly string[];
  readonly wishes: readonly ContactWish[];
}> {
  const world = memoryWorld(account, options);
  const result = await runTriagePass(names, world).catch((error: unknown) => error as Error);
  await world.settled();
  const events = world.logged.map(({ event }) => event);
  const levels = world.logged.map(({ level, event }) => `${level} ${event}`);
  const { calls, writes, wishes } = world;
  return { result, calls, writes, wishes, events, levels };
}

/**
 * What is in the account after one pass. Throws if an email was in no mailbox, or if the pass broke
 * off.
 */
export async function triage(account: Account): Promise<{
  readonly emails: Readonly<Record<string, readonly string[]>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly report: TriageReport;
  readonly events: readonly string[];
}> {
  const memory = new MemoryAccount(account);
  const { result, events } = await pass(memory);
  if (result instanceof Error) throw result;
  if (memory.destroyedIds.length > 0) {
    throw new Error(`in no mailbox: ${memory.destroyedIds.join(', ')}`);
  }
  const { emails, groups } = memory.contents();
  return { emails, groups, report: result, events };
}
