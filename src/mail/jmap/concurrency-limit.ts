/** At most `capacity` pieces of work run at once; the others wait their turn. */
export class ConcurrencyLimit {
  #capacity: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Work that already runs goes on; nothing new starts above the new number. */
  narrowTo(capacity: number): void {
    this.#capacity = Math.min(this.#capacity, capacity);
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#running >= this.#capacity) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}
