import type { Progress } from './progress.ts';

/** What a pipe gets in place of progress: nothing, and what is written stays as it is. */
export function noProgress(stream: NodeJS.WritableStream): Progress {
  return {
    set: () => undefined,
    output: stream,
    around: (other) => other,
    end: () => undefined,
  };
}
