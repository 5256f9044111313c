import type * as fc from 'fast-check';

import type { Transport } from '../support/torture-run.ts';

/**
 * Lets runs send their requests one at a time, in the order of a scheduler. Who goes on is decided
 * only once every run has come to a request, so that the order is the seed's and not the machine's.
 */
export class Turns {
  readonly #scheduler: fc.Scheduler;
  /** Requests that wait for their turn, by run; a run that has ended has no entry. */
  readonly #waiting: Map<number, number>;
  #isUnderWay = false;
  #wake: () => void = () => undefined;

  constructor(scheduler: fc.Scheduler, runs: number) {
    this.#scheduler = scheduler;
    this.#waiting = new Map(Array.from({ length: runs }, (_, run) => [run, 0]));
  }

  transportOf(run: number): Transport {
    return async (send) => {
      this.#count(run, 1);
      await this.#scheduler.schedule(Promise.resolve(), `request of pass ${run + 1}`);
      this.#count(run, -1);
      try {
        return await send();
      } finally {
        this.#isUnderWay = false;
        this.#wake();
      }
    };
  }

  /** To be called when a run is over: nobody waits for it any more. */
  end(run: number): void {
    this.#waiting.delete(run);
    this.#wake();
  }

  /** Gives turns until all runs have ended. */
  async played(): Promise<void> {
    while (this.#waiting.size > 0) {
      const isReady = [...this.#waiting.values()].every((count) => count > 0);
      if (isReady && !this.#isUnderWay) {
        this.#isUnderWay = true;
        await this.#scheduler.waitNext(1);
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #count(run: number, change: number): void {
    const waiting = this.#waiting.get(run);
    if (waiting !== undefined) this.#waiting.set(run, waiting + change);
    this.#wake();
  }
}
