import type { JsonObject } from './jmap-context.ts';
import type { MailState } from './mail-state.ts';

/** RFC 8621 §4.1.1. An unknown mailbox is an error even if it is only to be removed. */
export function mailboxProblem(
  mailboxIds: ReadonlySet<string>,
  keys: readonly string[],
  state: MailState,
): JsonObject | null {
  const named = keys
    .filter((key) => key.startsWith('mailboxIds/'))
    .map((key) => key.slice('mailboxIds/'.length));
  if ([...mailboxIds, ...named].some((mailboxId) => !state.mailboxes.has(mailboxId))) {
    return invalidProperties('mailboxIds');
  }
  return mailboxIds.size > MAX_MAILBOXES_PER_EMAIL ? { type: 'tooManyMailboxes' } : null;
}

export const MAX_MAILBOXES_PER_EMAIL = 20;

export function invalidProperties(
  ...properties: readonly string[]
): JsonObject & { readonly type: string } {
  return { type: 'invalidProperties', properties };
}
