import type { ProgramResult } from '../support/process.ts';
import { type DemoAccount, SENDERS, SENDERS_IN_THE_END } from './account.ts';
import type { AccountView } from './check.ts';
import type { Page } from './page.ts';

/** How many emails are in each mailbox; with an earlier view, also how many were there then. */
export function showMailboxes(page: Page, view: AccountView, earlier: AccountView = view): void {
  const counts = MAILBOXES.map((name) => {
    const [was, is] = [countIn(name, earlier), countIn(name, view)];
    return `${name} ${was === is ? is : `${was} → ${is}`}`;
  });
  for (const line of pack(counts)) page.line(`  ${line}`);
}

/** Lines of 78 columns, of parts that stay whole. */
function pack(parts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = `${lines.at(-1) ?? ''} · ${part}`;
    if (lines.length === 0 || longer.length > 78) lines.push(part);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

const MAILBOXES = ['Screener', 'Inbox', 'Feed', 'Paper Trail', 'Jail', 'Archive', 'Trash'];

function countIn(mailbox: string, { whereabouts }: AccountView): number {
  return [...whereabouts.values()].filter((place) => place.split(' + ').includes(mailbox)).length;
}

/** Shows what a pass prints for a person. Returns what is wrong with how it ended. */
export function showRun(
  page: Page,
  { exitCode, signal, stdout, stderr }: ProgramResult,
): readonly string[] {
  page.line(stdout.trimEnd());
  if (exitCode === 0) return [];
  page.line(`${page.bad(`exit code ${exitCode ?? signal}`)} ${stderr.trimEnd()}`);
  return [`the pass ended with exit code ${exitCode ?? signal}`];
}

/** Shows what the pass had no reason to touch. */
export function showLeftAlone(page: Page): void {
  const width = Math.max(...SENDERS.map(({ address }) => address.length));
  for (const { address, leftAlone } of SENDERS) {
    if (leftAlone !== undefined) page.entry(address, width, leftAlone);
  }
}

/**
 * Delivers one more email of each sender, and shows where each went. Returns those that went
 * elsewhere than was decided.
 */
export async function showNextEmails(
  page: Page,
  { scenario }: DemoAccount,
): Promise<readonly string[]> {
  const senders = new Map<string, readonly string[]>();
  const problems: string[] = [];
  for (const { address, group, card } of SENDERS_IN_THE_END) {
    const id = await scenario.account.deliverEmail({ from: address });
    const [place = 'gone'] = await scenario.places([id]);
    senders.set(place, [...(senders.get(place) ?? []), address]);
    const decided = group ?? (card === null ? 'Screener' : 'Inbox');
    const expected = decided === 'Imbox' ? 'Inbox' : decided;
    if (place !== expected)
      problems.push(`${address}: the next email is in ${place}, not ${expected}`);
  }
  const width = Math.max(...[...senders.keys()].map((place) => place.length));
  for (const [place, addresses] of senders) page.entry(place, width, addresses.join(', '));
  return problems;
}

/** Shows what is wrong, if anything is, and the last line. Returns the exit code. */
export function showVerdict(page: Page, account: DemoAccount, problems: readonly string[]): 0 | 1 {
  page.line();
  if (problems.length > 0) {
    page.line(page.bad('NOT as it must be:'));
    for (const problem of problems) page.line(`  ${problem}`);
    return 1;
  }
  const emails = [...account.emailIds.values()].flat().length;
  const contacts = SENDERS_IN_THE_END.filter(({ card }) => card !== null).length;
  page.line(
    page.good(`✓ All ${emails} emails, ${contacts} contacts and 4 groups are as they must be.`),
  );
  return 0;
}
