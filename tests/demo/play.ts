import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { planFastmailRules } from '../../src/triage/fastmail-rules.ts';
import { triageNames } from '../support/builders.ts';
import { type ProgramResult, startProgram } from '../support/process.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import { fillAccount, SENDERS, SENDERS_IN_THE_END, TAKEN_BACK } from './account.ts';
import { findProblems, findWrites, readAccount } from './check.ts';
import { createPage } from './page.ts';
import { showLeftAlone, showMailboxes, showNextEmails, showRun, showVerdict } from './show.ts';

export interface DemoOptions {
  /** The program to run for a triage pass, with its arguments. */
  readonly command: readonly string[];
  readonly write: (text: string) => void;
  readonly useColor: boolean;
}

/**
 * Fills a stand-in for Fastmail, runs three triage passes over it and shows the result. Returns 0
 * only if the account ends as `account.ts` says and the third pass wrote nothing.
 */
export async function playDemo({ command, write, useColor }: DemoOptions): Promise<0 | 1> {
  const page = createPage(write, useColor);
  const standIn = await startStandIn();
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-demo-'));
  try {
    const account = await fillAccount(standIn);
    const before = await readAccount(account.scenario);
    const run = (): Promise<ProgramResult> => runPass(command, standIn, join(folder, 'state.json'));
    page.line('Mailroom at work, on a stand-in for Fastmail: no account is needed.');

    page.heading('BEFORE', 'strangers wait in Screener; you have put a label on some of them');
    showMailboxes(page, before);

    page.heading('A PASS', 'npx tsx src/run-once.ts --format text');
    const problems = [...showRun(page, await run())];
    const after = await readAccount(account.scenario);
    problems.push(...findProblems(SENDERS, account, after));
    page.heading('AFTER');
    showMailboxes(page, after, before);

    page.heading('LEFT ALONE', 'what nobody asked for');
    showLeftAlone(page);

    page.heading('YOU CHANGE YOUR MIND', `@ToScreener on one email of ${TAKEN_BACK.address}`);
    const [id = ''] = account.emailIds.get(TAKEN_BACK.address) ?? [];
    await standIn.moveEmail(id, { add: [await standIn.mailboxId('@ToScreener')] });
    problems.push(...showRun(page, await run()));

    standIn.clearRequests();
    problems.push(...((await run()).exitCode === 0 ? [] : ['the third pass failed']));
    const writes = findWrites(standIn.requests);
    problems.push(...writes.map((request) => `the third pass wrote: ${request}`));
    const end = await readAccount(account.scenario);
    problems.push(...findProblems(SENDERS_IN_THE_END, account, end));
    page.line();
    page.line(
      `Once more, with nothing to do: ${standIn.requests.length} requests, ${writes.length} writes.`,
    );

    // A user makes Fastmail's rules once, by hand: the ones that `npx tsx src/setup.ts` prints.
    await standIn.setRules(planFastmailRules(triageNames()).rules);
    page.heading('THE NEXT EMAIL', 'of each sender, where the rules that setup prints put it');
    problems.push(...(await showNextEmails(page, account)));
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
  return startProgram([...command, '--format', 'text'], {
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
