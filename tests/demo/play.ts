import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type ProgramResult, startProgram } from '../support/process.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import { type DemoAccount, type DemoSender, fillAccount, SENDERS } from './account.ts';
import {
  type AccountView,
  findAccountProblems,
  findSenderProblems,
  findWrites,
  placesOf,
  readAccount,
} from './check.ts';
import { createPage, type Page } from './page.ts';

export interface DemoOptions {
  /** The program to run for a triage pass, with its arguments. */
  readonly command: readonly string[];
  readonly write: (text: string) => void;
  readonly useColor: boolean;
}

/**
 * Fills a stand-in for Fastmail, runs two triage passes over it and shows what became of it.
 * Returns 0 only when the end state is the one that `account.ts` spells out, and the second pass
 * wrote nothing.
 */
export async function playDemo({ command, write, useColor }: DemoOptions): Promise<0 | 1> {
  const page = createPage(write, useColor);
  const standIn = await startStandIn();
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-demo-'));
  try {
    const account = await fillAccount(standIn);
    const before = await readAccount(account.scenario);
    page.line(
      'Mailroom at work: a stand-in for Fastmail runs in this process, no account is needed.',
    );
    page.heading('BEFORE');
    showAccount(page, before, null);

    const run = (): Promise<ProgramResult> => runPass(command, standIn, join(folder, 'state.json'));
    const first = await run();
    const after = await readAccount(account.scenario);
    page.heading('FIRST PASS  npx tsx src/run-once.ts');
    const problems = [...showRun(page, first, standIn)];
    page.heading('AFTER');
    showAccount(page, after, before);
    page.heading('WHAT HAPPENED, AND WHY');
    problems.push(...showSenders(page, account, before, after));
    problems.push(...findAccountProblems(account, after));

    standIn.clearRequests();
    const second = await run();
    page.heading('SECOND PASS  nothing new to do');
    problems.push(...showRun(page, second, standIn));
    const writes = findWrites(standIn.requests);
    problems.push(...writes.map((request) => `the second pass wrote: ${request}`));
    const end = await readAccount(account.scenario);
    for (const sender of SENDERS) problems.push(...findSenderProblems(sender, account, end));
    return showVerdict(page, account, [...new Set(problems)]);
  } finally {
    await standIn.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** One run of the real program as a child process, with the stand-in's credentials. */
function runPass(
  command: readonly string[],
  standIn: StandIn,
  stateFile: string,
): Promise<ProgramResult> {
  return startProgram(command, {
    cwd: PROJECT,
    env: {
      PATH: process.env['PATH'] ?? '',
      MAILROOM_JMAP_TOKEN: standIn.token,
      MAILROOM_CARDDAV_USERNAME: standIn.username,
      MAILROOM_CARDDAV_PASSWORD: standIn.password,
      MAILROOM_JMAP_SESSION_URL: standIn.sessionUrl,
      MAILROOM_CARDDAV_URL: standIn.cardDavUrl,
      MAILROOM_STATE_FILE: stateFile,
    },
  }).result;
}

/** Mailboxes and groups side by side; with an earlier view, what was there then. */
function showAccount(page: Page, view: AccountView, earlier: AccountView | null): void {
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

const MAILBOXES = [
  'Screener',
  'Inbox',
  'Feed',
  'Paper Trail',
  'Jail',
  'Archive',
  'Trash',
  '@ToImbox',
  '@ToFeed',
  '@ToPaperTrail',
  '@ToJail',
  '@ToPerson',
  '@MailroomError',
  '@MailroomWarning',
];

function countIn(mailbox: string, { whereabouts }: AccountView): number {
  return [...whereabouts.values()].filter((place) => place.split(' + ').includes(mailbox)).length;
}

/** Exit code and the summary of the log's last line; what is wrong with them. */
function showRun(page: Page, run: ProgramResult, { requests }: StandIn): readonly string[] {
  const last = run.stdout.trimEnd().split('\n').at(-1) ?? '';
  const end = parseLine(last);
  if (run.exitCode !== 0 || end['event'] !== 'poll_complete') {
    page.line(`  ${page.bad(`exit code ${run.exitCode ?? run.signal}`)} ${last}${run.stderr}`);
    return [`the pass ended with ${String(end['event'] ?? 'no event')}, exit code ${run.exitCode}`];
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
function showSenders(
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
  const mailboxOf = (view: AccountView, id: string): string =>
    Object.keys(placesOf([id], view))[0]
      ?.split(' + ')
      .filter((name) => !name.startsWith('@'))
      .join(' + ') ?? '';
  const moves = ids
    .map((id) => [mailboxOf(before, id), mailboxOf(after, id)] as const)
    .filter(([from, to]) => from !== to);
  const [first] = moves;
  return first === undefined ? 'stays' : `${moves.length} ${first[0]} → ${first[1]}`;
}

function showVerdict(page: Page, account: DemoAccount, problems: readonly string[]): 0 | 1 {
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
