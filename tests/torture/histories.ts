import { findUnseen, playHistories } from '../history/histories.ts';
import { Sightings } from '../history/story.ts';
import { findWireUnseen, playWireHistories } from '../history/wire-histories.ts';
import type { Ordeal } from './trials.ts';

/** Histories in a trial: few, so that a trial can be repeated quickly. */
const HISTORIES = 10;

/** After this many trials, every event, outcome and failing step must have been met. */
const ENOUGH = 100;

/** Long histories of one account, over ports in memory: thousands of passes a minute. */
export function longHistories(): Ordeal {
  let sightings = new Sightings();
  let played = 0;
  return {
    name: 'histories',
    promise:
      'Ten histories at a time, of up to 200 steps each: mail comes in, labels go on and off, decisions are taken back, cards and groups are edited, emails are moved and deleted, also while a pass runs; passes are killed, meet faults, run two at once. In the end each sender’s mail arrives where it was decided, or in Screener again, nothing is lost, nobody has two contacts, the user’s own cards are unchanged, one more pass writes nothing, and everything that a pass knows how to meet was met',
    async open() {
      sightings = new Sightings();
      played = 0;
    },
    *trials({ seed, size }) {
      const most = size === 'sample' ? 2 : Infinity;
      for (let round = 0; round < most; round += 1) {
        yield {
          name: `histories of seed ${seed + round}`,
          async run() {
            const options = { seed: seed + round, histories: HISTORIES, mostSteps: 200 };
            await playHistories(options, sightings);
            played += 1;
          },
        };
      }
    },
    findUnreached: () => (played < ENOUGH ? [] : findUnseen(sightings)),
  };
}

/**
 * The same for the whole program over HTTP: dozens of passes a second, one history after the other.
 */
export function installations(): Ordeal {
  const sightings = { events: new Set<string>(), kinds: new Set<string>() };
  let played = 0;
  return {
    name: 'installations',
    promise:
      'Histories of a whole installation over HTTP, of up to 150 steps each, with mail, labels, cards and groups, and also: runs killed at any request, two runs at once, writes refused, mail and edits while a pass runs, the state lost or damaged, days that pass, digests, settings and mailbox names that change. In the end each sender’s next email goes where it was decided, every line of the user’s own cards is still there, no email is lost, and one more pass writes nothing',
    // They change the clock of the whole process.
    atOnce: 1,
    *trials({ seed, size }) {
      const most = size === 'sample' ? 1 : Infinity;
      for (let round = 0; round < most; round += 1) {
        yield {
          name: `installations of seed ${seed + round}`,
          async run() {
            await playWireHistories(
              { seed: seed + round, histories: 5, mostSteps: 150 },
              sightings,
            );
            played += 1;
          },
        };
      }
    },
    findUnreached: () => (played < ENOUGH / 5 ? [] : findWireUnseen(sightings)),
  };
}
