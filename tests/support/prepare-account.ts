import type { TestAccount } from './test-account.ts';

/** Of the default settings, one for each category, in their order. */
export const TRIAGE_LABELS: readonly string[] = [
  '@ToImbox',
  '@ToFeed',
  '@ToPaperTrail',
  '@ToJail',
  '@ToPerson',
];

/** The mailboxes that the default settings need, except Inbox. */
export const DEFAULT_MAILBOXES: readonly string[] = [
  'Screener',
  'Feed',
  'Paper Trail',
  'Jail',
  ...TRIAGE_LABELS,
  '@MailroomError',
  '@MailroomWarning',
];

export const DEFAULT_GROUPS: readonly string[] = ['Imbox', 'Feed', 'Paper Trail', 'Jail'];

/** Creates the mailboxes and contact groups that the default settings name. */
export async function prepareAccount(account: TestAccount): Promise<void> {
  await account.createMailboxes(DEFAULT_MAILBOXES);
  for (const name of DEFAULT_GROUPS) await account.putGroup(name);
}
