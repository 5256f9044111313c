import { availableParallelism } from 'node:os';

/** One attempt to break a promise. */
export interface Trial {
  /** Unique within its ordeal, and enough to try it again. */
  readonly name: string;
  /** Throws when the promise is broken. */
  run(): Promise<void>;
}

/** One of README's promises, and attempts to break it. */
export interface Ordeal {
  /** For `--only`. */
  readonly name: string;
  /** For tests/README.md: what is tried, and what must come of it. */
  readonly promise: string;
  /** A sample for `npm test`, or all of them, which never end if they are random. */
  trials(options: TrialOptions): Iterable<Trial>;
  /** How many trials run at once: more than there are cores if they mostly wait. */
  readonly atOnce?: number;
  /**
   * Called after all trials: what they should have met between them and did not. Each counts as
   * broken.
   */
  findUnreached?(): readonly string[];
  /** Called once before and after all trials. */
  open?(): Promise<void>;
  close?(): Promise<void>;
}

export interface TrialOptions {
  readonly seed: number;
  readonly size: 'sample' | 'all';
}

export interface OrdealResult {
  readonly ordeal: Ordeal;
  readonly tried: number;
  /** Names of the trials that broke a promise, with what was wrong. */
  readonly broken: readonly string[];
}

export interface RunTrialsOptions extends TrialOptions {
  /** No trial begins after this moment, in milliseconds of `performance.now()`. */
  readonly untilMs?: number;
  /** Only trials whose name contains this. */
  readonly only?: string;
}

/** Runs an ordeal's trials, to the end or until the time is over. */
export async function runTrials(ordeal: Ordeal, options: RunTrialsOptions): Promise<OrdealResult> {
  const { untilMs = Infinity, only = '' } = options;
  const broken: string[] = [];
  let tried = 0;
  await ordeal.open?.();
  try {
    const trials = chosen(ordeal.trials(options), only, untilMs);
    // All take from the same list.
    const tryOneAfterTheOther = async (): Promise<void> => {
      for (const trial of trials) {
        tried += 1;
        try {
          await trial.run();
        } catch (error) {
          broken.push(`${trial.name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    };
    const atOnce = ordeal.atOnce ?? availableParallelism();
    await Promise.all(Array.from({ length: atOnce }, tryOneAfterTheOther));
    broken.push(...(ordeal.findUnreached?.() ?? []).map((what) => `nothing reached: ${what}`));
  } finally {
    await ordeal.close?.();
  }
  return { ordeal, tried, broken };
}

function* chosen(trials: Iterable<Trial>, only: string, untilMs: number): Generator<Trial> {
  for (const trial of trials) {
    if (performance.now() > untilMs) return;
    if (trial.name.includes(only)) yield trial;
  }
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function createRandom(seed: number): (below: number) => number {
  let state = Math.trunc(seed);
  return (below) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Picks `count` items in an order given by the seed, or all if there are fewer. */
export function pick<Item>(items: readonly Item[], count: number, seed: number): readonly Item[] {
  const random = createRandom(seed);
  const left = [...items];
  const picked: Item[] = [];
  while (picked.length < count && left.length > 0) {
    picked.push(...left.splice(random(left.length), 1));
  }
  return picked;
}

/** Throws when there is anything in the list. */
export function requireNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('; '));
}
