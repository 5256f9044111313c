import { MEANWHILE_STEPS } from './meanwhile-steps.ts';
import { eventsOf } from './events.ts';
import { type HistoriesOptions, playSteps } from './play.ts';
import { STEPS } from './steps.ts';
import { type Sightings, Story } from './story.ts';

/** Random histories of one account in memory. Throws with the seed and the shortest that goes wrong. */
export function playHistories(options: HistoriesOptions, sightings: Sightings): Promise<void> {
  return playSteps(STEPS, KINDS, () => new Story(sightings), options);
}

const KINDS = [
  'mail arrives',
  'label on',
  'pass',
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
  'second card made',
  'mail by the dozen',
  'all of a card labelled',
  'pass for one sender alone',
  ...MEANWHILE_STEPS.map(({ kind }) => kind),
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
    ...eventsOf('memory').filter((event) => !events.has(event)),
    ...ERRORS.filter((error) => !errors.has(error)),
    ...OUTCOMES.filter((outcome) => !outcomes.has(outcome)),
    ...FAILED_STEPS.filter((step) => !failedSteps.has(step)),
  ];
}

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
