import { withTortureAccount } from '../support/torture-run.ts';
import { differences } from './same-end.ts';
import { randomTurns, Schedule, type Turn } from './schedule.ts';
import { FEW_WRITES, TAKEN_BACK } from './stories.ts';
import { type Ordeal, pick, requireNone, type Trial } from './trials.ts';
import { readUndisturbed, type Told, type Undisturbed } from './undisturbed.ts';

/**
 * Two passes over one account, with their requests in a forced order: one waits after its i-th
 * request until the other has made j, for all i and j. Then random orders, also of three passes.
 */
export function twoAtOnce(): Ordeal {
  const worlds: Undisturbed[] = [];
  return {
    name: 'two-at-once',
    promise:
      'Two passes at once, held up against each other at every pair of their requests, and three at once in random order, with decisions made and taken back: the end is the same as after one pass alone',
    async open() {
      worlds.length = 0;
      for (const told of STORIES) worlds.push(await readUndisturbed(told));
    },
    *trials({ seed, size }) {
      for (const alone of worlds) {
        const pairs = forcedPairs(alone.requestCount);
        for (const turns of size === 'all' ? pairs : pick(pairs, 50, seed)) {
          yield toTrial(turns.map(describeTurn).join(', '), turns, 2, alone);
        }
      }
      const rounds = size === 'all' ? Infinity : 12;
      for (let round = 0; round < rounds; round += 1) {
        for (const alone of worlds) {
          const runs = 2 + (round % 2);
          const turns = randomTurns(seed + round, runs, alone.requestCount);
          yield toTrial(`order of chance ${seed + round}, ${runs} passes`, turns, runs, alone);
        }
      }
    },
  };
}

const STORIES: readonly Told[] = [
  { what: '', story: FEW_WRITES },
  { what: 'decisions taken back, ', story: TAKEN_BACK },
];

function forcedPairs(requestCount: number): readonly (readonly Turn[])[] {
  const counts = Array.from({ length: requestCount }, (_, index) => index + 1);
  return counts.flatMap((first) =>
    counts.map((second) => [
      { run: 0, requests: first },
      { run: 1, requests: second },
      { run: 0, requests: Infinity },
    ]),
  );
}

function describeTurn({ run, requests }: Turn): string {
  return `pass ${run} makes ${requests === Infinity ? 'the rest' : requests}`;
}

function toTrial(name: string, turns: readonly Turn[], runs: number, alone: Undisturbed): Trial {
  return {
    name: `${alone.what}${name}`,
    run: () =>
      withTortureAccount({ story: alone.story }, async (world, mailroom) => {
        const harm = new Set<string>();
        const schedule = new Schedule(turns, () => {
          for (const one of world.findHarm()) harm.add(one);
        });
        const results = await Promise.all(
          Array.from({ length: runs }, async (_, run) => {
            const result = await mailroom.pass({ transport: schedule.transportOf(run) });
            schedule.end(run);
            return result;
          }),
        );
        const ends = results.flatMap(({ exitCode, end }) =>
          exitCode === 0 && end.event === 'poll_complete'
            ? []
            : [`a pass ended in ${end.event}: ${JSON.stringify(end['error'])}`],
        );
        requireNone([...harm, ...ends, ...differences(alone.end, world.picture())]);
      }),
  };
}
