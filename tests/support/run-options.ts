import type { RunOptions } from '../../src/run/open-run.ts';

/** What the process would hand to a run whose log goes to a pipe; `change` is what the case is about. */
export function runOptions(
  output: NodeJS.WritableStream,
  change: Pick<RunOptions, 'env'> & Partial<RunOptions>,
): RunOptions {
  return {
    version: '0.0.0-test',
    isDryRun: false,
    only: [],
    output,
    errorOutput: output,
    isTerminal: false,
    isErrorTerminal: false,
    isText: false,
    isVerbose: false,
    stop: new AbortController().signal,
    writeTerminationMessage: () => undefined,
    ...change,
  };
}
