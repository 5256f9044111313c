import { prepareAccount, TRIAGE_LABELS } from '../support/prepare-account.ts';
import type { TestAccount, TestEmail } from '../support/test-account.ts';

/** An account in the state that a measured pass finds. */
export interface BenchScenario {
  readonly name: string;
  /** New senders, each with a triage label on its oldest email. */
  readonly senders: number;
  /** In Screener, the labelled one among them. */
  readonly emailsPerSender: number;
  /** Cards of people that have nothing to do with the pass. */
  readonly otherCards: number;
  /** Emails of other senders in Screener. */
  readonly otherEmails: number;
  /** An earlier pass has left what it knows of the servers. */
  readonly isRemembered: boolean;
  /** How often it is measured when nobody says otherwise. */
  readonly runs: number;
}

export const SCENARIOS: readonly BenchScenario[] = [
  { ...quiet('idle, fresh'), isRemembered: false },
  quiet('idle, remembered'),
  busy(1, 5, 7),
  busy(10, 10, 7),
  busy(100, 10, 5),
  busy(500, 4, 3),
  // 20,000 emails to be swept of the 50,000 in Screener.
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
    isRemembered: true,
    runs,
  };
}

/** Fills an account that is empty but for what `prepareForScenario` made. */
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
  for (let index = 0; index < scenario.senders; index += 1) {
    const from = `Sender ${index} <sender-${index}@shop.example>`;
    const label = labels[index % labels.length] ?? screener;
    add(from, [screener, label]);
    for (let email = 1; email < scenario.emailsPerSender; email += 1) add(from, [screener]);
  }
  await account.addEmails(emails);
}

/** What every scenario has: mailboxes, labels and contact groups of the default settings. */
export async function prepareForScenario(account: TestAccount): Promise<void> {
  await prepareAccount(account);
}

/** A second later at each call. */
function ticking(): () => string {
  let seconds = Date.UTC(2026, 0, 1) / 1000;
  return () => {
    seconds += 1;
    return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  };
}

/** About as long as a card with a postal address and two telephones; what is in it matters little. */
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
