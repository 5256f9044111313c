import { StoppedError, TimeoutError } from '../errors.ts';

/** How much time a run has. */
export interface BudgetOptions {
  /** `MAILROOM_PASS_TIMEOUT`, from the moment the budget is created. */
  readonly passTimeoutMs: number;
  /** Aborted by SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
  /** How long writes under way may still take after a stop. */
  readonly stopGraceMs: number;
  /** The same before `beginWrites`, when there is nothing to finish yet. Default: `stopGraceMs`. */
  readonly readGraceMs?: number;
}

/**
 * The time that one run has and the requests that it sends, shared by all its HTTP clients. Its
 * `signal` aborts with TimeoutError at the pass timeout, or with StoppedError when the grace after a
 * stop is over.
 */
export function createBudget(options: BudgetOptions): RequestBudget {
  const hardEnd = new AbortController();
  let endsAtMs = performance.now() + options.passTimeoutMs;
  let requestCount = 0;

  endAfter(options.passTimeoutMs, () => {
    const seconds = options.passTimeoutMs / 1000;
    return new TimeoutError(`the pass was not done within ${seconds} s (MAILROOM_PASS_TIMEOUT)`);
  });
  let graceMs = options.readGraceMs ?? options.stopGraceMs;
  const shorten = (): void => {
    endsAtMs = Math.min(endsAtMs, performance.now() + graceMs);
    endAfter(
      graceMs,
      () => new StoppedError('the run was told to stop, and its time to finish is over'),
    );
  };
  if (options.stop.aborted) shorten();
  else options.stop.addEventListener('abort', shorten, { once: true });

  return {
    signal: hardEnd.signal,
    stopSignal: options.stop,
    remainingMs: () => (hardEnd.signal.aborted ? 0 : Math.max(0, endsAtMs - performance.now())),
    isStopping: () => options.stop.aborted,
    beginWrites() {
      graceMs = options.stopGraceMs;
    },
    end: () => hardEnd.abort(new StoppedError('the run is over')),
    countRequest() {
      requestCount += 1;
    },
    get requestCount() {
      return requestCount;
    },
  };

  function endAfter(delayMs: number, makeReason: () => Error): void {
    // A run that is done must not be kept alive by its own timeout.
    setTimeout(() => hardEnd.abort(makeReason()), delayMs).unref();
  }
}

/** What a run may still spend; made by `createBudget`. */
export interface RequestBudget {
  /** The hard end: pass timeout, or the grace after a stop. Its reason is an error of errors.ts. */
  readonly signal: AbortSignal;
  /** Aborted when the run is told to stop: requests under way go on, but nothing is retried. */
  readonly stopSignal: AbortSignal;
  remainingMs(): number;
  isStopping(): boolean;
  /** From now on, what is under way at a stop gets time to finish. */
  beginWrites(): void;
  /** The writes are done: reads that nobody waits for must not keep the process alive. */
  end(): void;
  /** Called for every request sent, retries and redirects too. */
  countRequest(): void;
  readonly requestCount: number;
}
