import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { planFastmailRules } from '../../src/setup/fastmail-rules.ts';
import { triageNames } from '../support/builders.ts';
import { type ProgramResult, startProgram } from '../support/process.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import { fillAccount, SENDERS } from './account.ts';
import { findAccountProblems, findSenderProblems, findWrites, readAccount } from './check.ts';
import { createPage } from './page.ts';
import { showAccount, showNextEmails, showRun, showSenders, showVerdict } from './show.ts';

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

    // Fastmail's rules are made by hand, once: these are what `npx tsx src/setup.ts` prints.
    await standIn.setRules(planFastmailRules(triageNames()).rules);
    page.heading('THE NEXT EMAIL of each sender, as the rules that setup prints put it');
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
