import { eventsOf } from './events.ts';
import { type HistoriesOptions, playSteps } from './play.ts';
import { wireSteps } from './wire-steps.ts';
import { type WireSightings, WireStory } from './wire-story.ts';

/**
 * Random histories of one installation: the whole program over HTTP, with its state, settings and
 * clock. Throws with the seed and the shortest story that goes wrong. They change the clock of the
 * whole process, so only one may run at a time.
 */
export async function playWireHistories(
  options: HistoriesOptions,
  sightings: WireSightings,
): Promise<void> {
  const clock = new ShiftedClock();
  const steps = wireSteps((ms) => clock.skip(ms));
  const kinds = steps.map(({ kind }) => kind);
  const open = (): Promise<WireStory> => {
    clock.reset();
    return WireStory.open(sightings);
  };
  try {
    await playSteps(steps, kinds, open, options);
  } finally {
    clock.restore();
  }
}

/**
 * What some story must have met. A name that is left over stands for a branch that no test reaches.
 */
export function findWireUnseen({ events, kinds }: WireSightings): readonly string[] {
  const all = wireSteps(() => undefined).map(({ kind }) => kind);
  return [
    ...all.filter((kind) => !kinds.has(kind)),
    ...eventsOf('wire').filter((event) => !events.has(event)),
  ];
}

/** The clock of the process, which can be moved on. */
class ShiftedClock {
  readonly #real = globalThis.Date;
  #offsetMs = 0;

  constructor() {
    const real = this.#real;
    const now = (): number => real.now() + this.#offsetMs;
    globalThis.Date = new Proxy(real, {
      construct: (target, args, newTarget) =>
        Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
      get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
    });
  }

  skip(ms: number): void {
    this.#offsetMs += ms;
  }

  reset(): void {
    this.#offsetMs = 0;
  }

  restore(): void {
    globalThis.Date = this.#real;
  }
}
