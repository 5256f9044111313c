import { DEFAULT_MAILBOXES } from '../support/prepare-account.ts';
import type { ProgramResult } from '../support/process.ts';
import type { StandIn } from '../support/stand-in/stand-in.ts';
import { type DemoAccount, type DemoSender, SENDERS } from './account.ts';
import { type AccountView, findSenderProblems, findWrites } from './check.ts';
import type { Page } from './page.ts';

/** Mailboxes and groups side by side; with an earlier view, what was there then. */
export function showAccount(page: Page, view: AccountView, earlier: AccountView | null): void {
  const mailboxes = MAILBOXES.map((name) => {
    const count = countIn(name, view);
    const was = earlier === null ? count : countIn(name, earlier);
    return [name, was === count ? String(count) : `${was} → ${count}`];
  });
  const groups = [...view.groups].flatMap(([name, members]) =>
    (members.length === 0 ? ['nobody'] : members).map((member, index) => [
      index === 0 ? name : '',
      earlier === null || earlier.groups.get(name)?.includes(member) === true
        ? page.dim(member)
        : page.good(member),
    ]),
  );
  const rows = Array.from({ length: Math.max(mailboxes.length, groups.length) }, (_, index) => [
    ...(mailboxes[index] ?? ['', '']),
    '  ',
    ...(groups[index] ?? ['', '']),
  ]);
  page.table([
    [page.dim('mailbox'), page.dim('emails'), '  ', page.dim('contact group'), page.dim('members')],
    ...rows,
  ]);
}

const FIRST = ['Screener', 'Inbox', 'Feed', 'Paper Trail', 'Jail', 'Archive', 'Trash'];
const MAILBOXES = [...FIRST, ...DEFAULT_MAILBOXES.filter((name) => !FIRST.includes(name))];

function countIn(mailbox: string, { whereabouts }: AccountView): number {
  return [...whereabouts.values()].filter((place) => place.split(' + ').includes(mailbox)).length;
}

/** Exit code and the summary of the log's last line; what is wrong with them. */
export function showRun(page: Page, run: ProgramResult, { requests }: StandIn): readonly string[] {
  const last = run.stdout.trimEnd().split('\n').at(-1) ?? '';
  const end = parseLine(last);
  if (run.exitCode !== 0 || end['event'] !== 'poll_complete') {
    page.line(`  ${page.bad(`exit code ${run.exitCode ?? run.signal}`)} ${last}${run.stderr}`);
    return [`the pass ended with ${JSON.stringify(end['event'])}, exit code ${run.exitCode}`];
  }
  const writes = findWrites(requests).length;
  page.table([
    ['exit code', String(run.exitCode)],
    ['senders', `${String(end['processed'])} handled, ${String(end['conflicts'])} in conflict`],
    ['emails', `${String(end['emails_swept'])} moved`],
    [
      'requests',
      `${requests.length}, ${writes === 0 ? page.good('none') : writes} of them a write`,
    ],
    ['time', `${String(end['duration_ms'])} ms`],
  ]);
  return [];
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** A row for each sender; what is not as it must be. */
export function showSenders(
  page: Page,
  account: DemoAccount,
  before: AccountView,
  after: AccountView,
): readonly string[] {
  const problems = new Map(
    SENDERS.map((sender) => [sender, findSenderProblems(sender, account, after)]),
  );
  page.table(
    SENDERS.map((sender) => [
      problems.get(sender)?.length === 0 ? page.good('✓') : page.bad('✗'),
      sender.address,
      sender.labels || page.dim('no label'),
      describeMove(sender, account, before, after),
      page.dim(sender.why),
    ]),
  );
  return [...problems.values()].flat();
}

/** `4 Screener → Inbox`, of the mailboxes that are no labels of Mailroom's. */
function describeMove(
  { address }: DemoSender,
  { emailIds }: DemoAccount,
  before: AccountView,
  after: AccountView,
): string {
  const ids = emailIds.get(address) ?? [];
  const moves = ids
    .map((id) => [mailboxOf(before, id), mailboxOf(after, id)] as const)
    .filter(([from, to]) => from !== to);
  const [first] = moves;
  return first === undefined ? 'stays' : `${moves.length} ${first[0]} → ${first[1]}`;
}

function mailboxOf(view: AccountView, id: string): string {
  const names = view.whereabouts.get(id)?.split(' + ') ?? [];
  return names.filter((name) => !name.startsWith('@')).join(' + ');
}

/** Delivers one more email of each sender: a line for each place; what is not where it was decided. */
export async function showNextEmails(
  page: Page,
  { scenario }: DemoAccount,
): Promise<readonly string[]> {
  const senders = new Map<string, readonly string[]>();
  const problems: string[] = [];
  for (const { address, group, card } of SENDERS) {
    const id = await scenario.account.deliverEmail({ from: address });
    const [place = 'gone'] = await scenario.places([id]);
    senders.set(place, [...(senders.get(place) ?? []), address]);
    const decided = group ?? (card === null ? 'Screener' : 'Inbox');
    const expected = decided === 'Imbox' ? 'Inbox' : decided;
    if (place !== expected)
      problems.push(`${address}: the next email is in ${place}, not ${expected}`);
  }
  page.table([...senders].map(([place, addresses]) => [place, addresses.join(', ')]));
  return problems;
}

/** The last line; all that is not as it must be, should there be any. The exit code. */
export function showVerdict(page: Page, account: DemoAccount, problems: readonly string[]): 0 | 1 {
  page.line();
  if (problems.length > 0) {
    page.line(page.bad('NOT as it must be:'));
    for (const problem of problems) page.line(`  ${problem}`);
    return 1;
  }
  const emails = [...account.emailIds.values()].flat().length;
  const contacts = SENDERS.filter(({ card }) => card !== null).length;
  page.line(
    page.good(
      `✓ All ${emails} emails, ${contacts} contacts and 4 groups are as expected; the second pass wrote nothing.`,
    ),
  );
  return 0;
}
