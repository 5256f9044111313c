import { playHistories } from '../history/histories.ts';
import { Sightings } from '../history/story.ts';
import type { Ordeal } from './trials.ts';

/** Ten histories a trial: few enough for a trial to be tried again soon. */
const HISTORIES = 10;

/** Whole lives of one account, over the ports in memory: thousands of passes a minute. */
export function longHistories(): Ordeal {
  return {
    name: 'histories',
    promise:
      'Ten histories a time, of up to 200 steps each: mail, labels on and off, cards and groups edited, emails moved and deleted, passes killed, with faults, two at once. Mail of each sender then arrives where it was decided, nothing is lost, nobody has two contacts, and a further pass writes nothing',
    *trials({ seed, size }) {
      const most = size === 'sample' ? 2 : Infinity;
      for (let round = 0; round < most; round += 1) {
        yield {
          name: `histories of seed ${seed + round}`,
          run: () =>
            playHistories(
              { seed: seed + round, histories: HISTORIES, mostSteps: 200 },
              new Sightings(),
            ),
        };
      }
    },
  };
}
