import { DEFAULT_GROUPS, DEFAULT_MAILBOXES, TRIAGE_LABELS } from '../support/prepare-account.ts';
import type { TestAccount, TestEmail } from '../support/test-account.ts';

/** What the account is like when a measured pass begins. */
export interface BenchScenario {
  readonly name: string;
  /** New senders, each with a triage label on its oldest email. */
  readonly senders: number;
  /** In Screener, including the labelled one. */
  readonly emailsPerSender: number;
  /** Cards of people who have nothing to do with the pass. */
  readonly otherCards: number;
  /** Emails of other senders in Screener. */
  readonly otherEmails: number;
  /** In each contact group, of people who have nothing to do with the pass. */
  readonly groupMembers: number;
  /**
   * Null: the senders are new. A number: they are contacts in the first group, their emails are in
   * an Inbox that has this many emails, and their labels send them to Jail.
   */
  readonly inboxSize: number | null;
  /** An earlier pass has stored what it knows about the servers. */
  readonly isRemembered: boolean;
  /** How often it is measured by default. */
  readonly runs: number;
}

export const SCENARIOS: readonly BenchScenario[] = [
  { ...quiet('idle, fresh'), isRemembered: false },
  quiet('idle, remembered'),
  { ...quiet('idle, 4 groups of 5,000'), groupMembers: 5000 },
  busy(1, 5, 7),
  busy(10, 10, 7),
  busy(100, 10, 5),
  busy(500, 4, 3),
  { ...busy(10, 50, 3), name: '10 × 50 of 400,000 in Inbox', inboxSize: 400_000 },
  // Of 50,000 emails in Screener, 20,000 are to be swept.
  { ...busy(1000, 20, 3), otherCards: 10_000, otherEmails: 30_000 },
];

function quiet(name: string): BenchScenario {
  return { ...busy(0, 0, 15), name };
}

function busy(senders: number, emailsPerSender: number, runs: number): BenchScenario {
  return {
    name: `${senders} × ${emailsPerSender}`,
    senders,
    emailsPerSender,
    otherCards: 0,
    otherEmails: 0,
    groupMembers: 0,
    inboxSize: null,
    isRemembered: true,
    runs,
  };
}

/** Fills an account that has only what `prepareForScenario` made. */
export async function fillAccount(account: TestAccount, scenario: BenchScenario): Promise<void> {
  const screener = await account.mailboxId('Screener');
  const labels = await Promise.all(TRIAGE_LABELS.map((label) => account.mailboxId(label)));
  for (let index = 0; index < scenario.otherCards; index += 1) {
    await account.putCard(`other-${index}.vcf`, otherCard(index));
  }
  const clock = ticking();
  const emails: TestEmail[] = [];
  const add = (from: string, mailboxIds: readonly string[]): void => {
    emails.push({ from, mailboxIds, receivedAt: clock() });
  };
  for (let index = 0; index < scenario.otherEmails; index += 1) {
    add(`Other ${index} <other-${index % 5000}@elsewhere.example>`, [screener]);
  }
  const { inboxSize } = scenario;
  const isKnown = inboxSize !== null;
  const waiting = isKnown ? await account.mailboxId('Inbox') : screener;
  const ofSenders = scenario.senders * scenario.emailsPerSender;
  for (let index = ofSenders; index < (inboxSize ?? 0); index += 1) {
    add(`Old ${index % 997} <old-${index % 997}@elsewhere.example>`, [waiting]);
  }
  const jail = labels[TRIAGE_LABELS.indexOf('@ToJail')] ?? screener;
  for (let index = 0; index < scenario.senders; index += 1) {
    const from = `Sender ${index} <sender-${index}@shop.example>`;
    const label = isKnown ? jail : (labels[index % labels.length] ?? screener);
    if (isKnown) await account.putCard(`sender-${index}.vcf`, cardOfSender(index));
    add(from, [waiting, label]);
    for (let email = 1; email < scenario.emailsPerSender; email += 1) add(from, [waiting]);
  }
  await account.addEmails(emails);
}

/** What every scenario needs: the mailboxes, labels and contact groups of the default settings. */
export async function prepareForScenario(
  account: TestAccount,
  { groupMembers, inboxSize, senders }: BenchScenario,
): Promise<void> {
  const known = Array.from({ length: inboxSize === null ? 0 : senders }, (_, index) => uid(index));
  const others = Array.from({ length: groupMembers }, () => crypto.randomUUID());
  for (const name of DEFAULT_MAILBOXES) await account.createMailbox(name);
  for (const [index, name] of DEFAULT_GROUPS.entries()) {
    await account.putGroup(name, index === 0 ? [...known, ...others] : others);
  }
}

/** For a sender who is already known. */
function cardOfSender(index: number): string {
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `UID:${uid(index)}`,
    `N:;Sender ${index};;;`,
    `FN:Sender ${index}`,
    `EMAIL;TYPE=INTERNET:sender-${index}@shop.example`,
    'END:VCARD',
    '',
  ].join('\r\n');
}

function uid(index: number): string {
  return `${String(index).padStart(8, '0')}-0000-4000-9000-000000000000`;
}

/** One second later at each call. */
function ticking(): () => string {
  let seconds = Date.UTC(2026, 0, 1) / 1000;
  return () => {
    seconds += 1;
    return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  };
}

/**
 * About as long as a card with a postal address and two telephones; what it says does not matter.
 */
function otherCard(index: number): string {
  return [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `UID:${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`,
    `N:Person;Number ${index};;;`,
    `FN:Number ${index} Person`,
    `EMAIL;TYPE=HOME:person-${index}@home.example`,
    `item1.EMAIL;TYPE=INTERNET:person-${index}@work.example`,
    'item1.X-ABLabel:Work',
    `TEL;TYPE=CELL:+1 555 ${String(index).padStart(7, '0')}`,
    `TEL;TYPE=WORK:+1 555 ${String(index + 1).padStart(7, '0')}`,
    'ADR;TYPE=HOME:;;1 Example Street;Sampletown;;12345;Nowhere',
    'NOTE:Met at a conference\\, wrote about it later',
    'END:VCARD',
    '',
  ].join('\r\n');
}
