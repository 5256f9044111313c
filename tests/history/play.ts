import * as fc from 'fast-check';

/** One thing that happens. Its text is shown when a story fails. */
export interface Step<World> {
  readonly kind: string;
  readonly text: string;
  act(world: World, scheduler: fc.Scheduler): void | Promise<void>;
}

export interface WeightedSteps<World> {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Step<World>>;
}

/** What a history happens to. */
export interface Telling {
  /** What happened, a line each. */
  readonly told: string;
  saw(step: { readonly kind: string; readonly text: string }): void;
  /** Nothing disturbs any more; throws when something is not as it has to be. */
  settle(): Promise<void>;
  close?(): Promise<void>;
}

export interface HistoriesOptions {
  readonly seed: number;
  readonly histories: number;
  readonly mostSteps: number;
}

/** Of one history: which kinds of steps happen in it, and who has the next turn. */
interface Course {
  readonly kinds: ReadonlySet<string>;
  readonly scheduler: fc.Scheduler;
}

class Command<World extends Telling> implements fc.AsyncCommand<Course, World> {
  readonly #step: Step<World>;

  constructor(step: Step<World>) {
    this.#step = step;
  }

  check({ kinds }: Course): boolean {
    return kinds.has(this.#step.kind);
  }

  async run({ scheduler }: Course, world: World): Promise<void> {
    world.saw(this.#step);
    await this.#step.act(world, scheduler);
  }

  toString(): string {
    return this.#step.text;
  }
}

const ALWAYS = ['mail arrives', 'label on', 'pass'];

/**
 * Random histories. Each leaves out up to half of the kinds of steps, because some faults show only
 * when other steps are absent. Throws with the seed and the shortest story that goes wrong.
 */
export async function playSteps<World extends Telling>(
  steps: readonly WeightedSteps<World>[],
  kinds: readonly string[],
  open: () => World | Promise<World>,
  { seed, histories, mostSteps }: HistoriesOptions,
): Promise<void> {
  const command = fc.oneof(...steps).map((step) => new Command(step));
  const history = fc.record({
    // The seed is what a history is played again by, not the path of one of its shorter forms.
    commands: fc.commands([command], {
      maxCommands: mostSteps,
      size: 'max',
      disableReplayLog: true,
    }),
    left: fc.subarray([...kinds], { minLength: Math.ceil(kinds.length / 2) }),
    scheduler: fc.scheduler(),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ commands, left, scheduler }) => {
      const world = await open();
      const model = { kinds: new Set([...left, ...ALWAYS]), scheduler };
      try {
        await fc.asyncModelRun(() => ({ model, real: world }), commands);
        await world.settle();
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${world.told}`, { cause: error });
      } finally {
        await world.close?.();
      }
    }),
    { seed, numRuns: histories, endOnFailure: false },
  );
}
