import * as fc from 'fast-check';

import { type Step, STEPS } from './steps.ts';
import { type Sightings, Story } from './story.ts';

/** A step of fast-check's model runs. The story is its own model. */
class Command implements fc.AsyncCommand<object, Story> {
  readonly #step: Step;
  readonly #scheduler: fc.Scheduler;
  readonly #left: ReadonlySet<string>;

  constructor(step: Step, scheduler: fc.Scheduler, left: ReadonlySet<string>) {
    this.#step = step;
    this.#scheduler = scheduler;
    this.#left = left;
  }

  check(): boolean {
    return this.#left.has(this.#step.kind);
  }

  async run(_: object, story: Story): Promise<void> {
    story.saw(this.#step);
    await this.#step.act(story, this.#scheduler);
  }

  toString(): string {
    return this.#step.text;
  }
}

export interface HistoriesOptions {
  readonly seed: number;
  readonly histories: number;
  readonly mostSteps: number;
}

/**
 * Random histories of one account. Each leaves out some kinds of steps, because some faults show
 * only when other steps are absent. Throws with the seed and the shortest story that goes wrong.
 */
export async function playHistories(
  { seed, histories, mostSteps }: HistoriesOptions,
  sightings: Sightings,
): Promise<void> {
  const history = fc.record({
    steps: fc.array(fc.oneof(...STEPS.map(({ weight, arbitrary }) => ({ weight, arbitrary }))), {
      maxLength: mostSteps,
      size: 'max',
    }),
    left: fc.subarray([...KINDS], { minLength: Math.ceil(STEPS.length / 2) }),
    scheduler: fc.scheduler(),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ steps, left, scheduler }) => {
      const story = new Story(sightings);
      const kept = new Set([...left, ...ALWAYS]);
      const commands = steps.map((step) => new Command(step, scheduler, kept));
      try {
        await fc.asyncModelRun(() => ({ model: {}, real: story }), commands);
        await story.settle();
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${story.told}`, { cause: error });
      }
    }),
    { seed, numRuns: histories, endOnFailure: false },
  );
}

const ALWAYS = ['mail arrives', 'label on', 'pass'];
const KINDS = [
  ...ALWAYS,
  'mail of nobody',
  'taken back',
  'label off',
  'another label',
  'email moved',
  'email deleted',
  'card made',
  'card edited',
  'card deleted',
  'group edited',
  'pass killed',
  'pass with a fault',
  'write with a fault',
  'group write that is none',
  'email deleted meanwhile',
  'card edited meanwhile',
  'card deleted meanwhile',
  'two passes at once',
  'pass without warnings',
  'pass with a mailbox missing',
  'all is quiet',
];

/**
 * What some story must have met. A name that is left over stands for a branch that no test reaches.
 */
export function findUnseen(sightings: Sightings): readonly string[] {
  const { events, errors, kinds, outcomes, failedSteps } = sightings;
  return [
    ...KINDS.filter((kind) => !kinds.has(kind)),
    ...EVENTS.filter((event) => !events.has(event)),
    ...ERRORS.filter((error) => !errors.has(error)),
    ...OUTCOMES.filter((outcome) => !outcomes.has(outcome)),
    ...FAILED_STEPS.filter((step) => !failedSteps.has(step)),
  ];
}

const EVENTS = [
  'sender_processing_failed',
  'email_missing_sender',
  'conflict_detected',
  'name_mismatch_warning',
  'contact_upserted',
  'group_joined',
  'group_reassigned',
  'emails_swept',
  'error_label_set',
  'error_label_failed',
  'triage_complete',
  'contact_kept',
  'contact_removed',
  'label_changed_meanwhile',
];

/**
 * What a write can come to: every kind that `src/triage/` knows, except for an email that is gone.
 * A write names the state in which its emails were read, so for a deleted one it is `stale`.
 */
const OUTCOMES = [
  ...['updated', 'stale', 'refused', 'failed'].map((kind) => `patchEmails: ${kind}`),
  ...['created', 'updated', 'refused', 'failed'].map((kind) => `saveContact: ${kind}`),
  ...['updated', 'gone', 'refused', 'failed'].map((kind) => `writeDecision: ${kind}`),
  ...['updated', 'unchanged', 'refused', 'failed'].map((kind) => `saveGroupMembers: ${kind}`),
  ...['untouched', 'changed', 'refused', 'failed'].map((kind) => `checkUntouched: ${kind}`),
  ...['removed', 'kept', 'refused', 'failed'].map((kind) => `removeContact: ${kind}`),
];

const FAILED_STEPS = ['contact', 'join group', 'check group', 'sweep', 'leave group', 'finish'];

const ERRORS = ['NetworkError', 'StoppedError', 'AccountError'];
