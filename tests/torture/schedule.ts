import type { Transport } from '../support/torture-run.ts';
import { createRandom } from './trials.ts';

/** This run may send this many requests while all others wait. */
export interface Turn {
  readonly run: number;
  readonly requests: number;
}

/**
 * Makes runs send their requests in a given order. A turn is over once its requests are answered,
 * or its run has ended. After the last turn all go on freely.
 */
export class Schedule {
  readonly #turns: Turn[];
  readonly #ended = new Set<number>();
  readonly #onAnswer: () => void;
  #begun = 0;
  #answered = 0;
  #waiting: (() => void)[] = [];

  /** `onAnswer` is called after every answer, whoever it was for. */
  constructor(turns: readonly Turn[], onAnswer: () => void = () => undefined) {
    this.#turns = turns.filter(({ requests }) => requests > 0);
    this.#onAnswer = onAnswer;
  }

  transportOf(run: number): Transport {
    return async (send) => {
      while (!this.#mayBegin(run)) {
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
        });
      }
      const turn = this.#turns[0];
      this.#begun += 1;
      try {
        return await send();
      } finally {
        this.#onAnswer();
        if (turn !== undefined && turn === this.#turns[0]) {
          this.#answered += 1;
          if (this.#answered === turn.requests) this.#next();
        }
      }
    };
  }

  /** Call this when a run is over, so that nobody waits for it. */
  end(run: number): void {
    this.#ended.add(run);
    while (this.#turns[0] !== undefined && this.#ended.has(this.#turns[0].run)) this.#next();
  }

  #mayBegin(run: number): boolean {
    const [turn] = this.#turns;
    return turn === undefined || (turn.run === run && this.#begun < turn.requests);
  }

  #next(): void {
    this.#turns.shift();
    this.#begun = 0;
    this.#answered = 0;
    if (this.#turns[0] !== undefined && this.#ended.has(this.#turns[0].run)) this.#next();
    const woken = this.#waiting;
    this.#waiting = [];
    for (const resolve of woken) resolve();
  }
}

/** Turns of one to four requests each, for as long as runs of that length take. */
export function randomTurns(seed: number, runs: number, requests: number): readonly Turn[] {
  const random = createRandom(seed);
  return Array.from({ length: requests }, () => ({ run: random(runs), requests: 1 + random(4) }));
}
