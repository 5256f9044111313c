import { toPlainLine } from '../log/plain-line.ts';
import { attemptPass } from './attempt.ts';
import { endRun } from './end.ts';
import { parseOnly } from './only.ts';
import { openRun, type RunOptions } from './open-run.ts';
import { judgeRun } from './outcome.ts';
import { readState } from './stored-state.ts';

/**
 * One run: settings, state, one triage pass, state, log. Returns the exit code (REFERENCE.md, exit
 * codes) when every log line is with the operating system. Never throws.
 */
export async function runOnce(options: RunOptions): Promise<0 | 1> {
  const only = parseOnly(options.only);
  if (only.kind === 'wrong') return refuse(options, only.text);
  const run = await openRun(options, only.senders);
  const state = await readState(run);
  const attempt = await attemptPass(run, state);
  const outcome = judgeRun(attempt.result, state, options.stop.aborted);
  return endRun(run, state, attempt, outcome);
}

/** As any wrong flag: it is typed by hand, and says nothing about the health of passes. */
function refuse({ errorOutput }: RunOptions, text: string): Promise<1> {
  const problem = `--only takes the address alone, such as news@shop.example, not '${toPlainLine(text, 100)}'`;
  return new Promise((resolve) => {
    errorOutput.write(`${problem}\n--help shows what there is.\n`, () => resolve(1));
  });
}
