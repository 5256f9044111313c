import { attemptPass } from './attempt.ts';
import { endRun } from './end.ts';
import { openRun, type RunOptions } from './open-run.ts';
import { judgeRun } from './outcome.ts';
import { readState } from './stored-state.ts';

/**
 * One run: settings, state, one triage pass, state, log. Returns the exit code (REFERENCE.md, exit
 * codes) when every log line is with the operating system. Never throws.
 */
export async function runOnce(options: RunOptions): Promise<0 | 1> {
  const run = await openRun(options);
  const state = await readState(run);
  const attempt = await attemptPass(run, state);
  const outcome = judgeRun(attempt.result, state, options.stop.aborted);
  return endRun(run, state, attempt, outcome);
}
