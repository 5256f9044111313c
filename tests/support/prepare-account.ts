import type { TestAccount } from './test-account.ts';

/** Creates the mailboxes and contact groups that the default settings name. */
export async function prepareAccount(account: TestAccount): Promise<void> {
  for (const name of MAILBOXES) await account.createMailbox(name);
  for (const name of GROUPS) await account.putGroup(name);
}

const GROUPS = ['Imbox', 'Feed', 'Paper Trail', 'Jail'];

const MAILBOXES = [
  'Screener',
  'Feed',
  'Paper Trail',
  'Jail',
  '@ToImbox',
  '@ToFeed',
  '@ToPaperTrail',
  '@ToJail',
  '@ToPerson',
  '@MailroomError',
  '@MailroomWarning',
];
