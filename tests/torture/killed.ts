import { once } from 'node:events';
import { spawn } from 'node:child_process';

import { builtPrograms, type Programs } from '../support/programs.ts';
import { PROJECT } from '../support/run-mailroom.ts';
import { type TortureAccount } from '../support/torture-account.ts';
import { type Mailroom, withTortureAccount } from '../support/torture-run.ts';
import { differences } from './same-end.ts';
import { EVERY_WRITE, TAKEN_BACK } from './stories.ts';
import { type Ordeal, pick, requireNone, type Trial } from './trials.ts';
import { readUndisturbed, type Told, type Undisturbed } from './undisturbed.ts';

/**
 * Kills the real program (SIGKILL) at each of its requests in turn, before and after the server
 * carries it out. Some are killed a second time, in the next pass. One undisturbed pass later
 * everything is as if nothing had happened.
 */
export function killedAnywhere(): Ordeal {
  let programs: Programs;
  const worlds: Undisturbed[] = [];
  return {
    name: 'killed',
    promise:
      'Killed (SIGKILL) before and after every request, in a pass with every kind of write and in one that takes decisions back: nothing is lost on the way, and after the next pass everything is as if nothing had happened',
    atOnce: 3,
    async open() {
      programs = builtPrograms();
      worlds.length = 0;
      for (const told of STORIES) worlds.push(await readUndisturbed(told));
    },
    *trials({ seed, size }) {
      for (const world of worlds) {
        const points = killPoints(world.requestCount);
        const most = size === 'all' ? Infinity : world.story === EVERY_WRITE ? 45 : 20;
        for (const point of pick(points, most, seed)) {
          yield toTrial([point], programs, world);
        }
      }
      if (size === 'sample') return;
      for (let round = 0; ; round += 1) {
        for (const world of worlds) {
          const twice = pick(killPoints(world.requestCount), 2, seed + round);
          yield toTrial(twice, programs, world, ` (round ${round})`);
        }
      }
    },
  };
}

/** The n-th request, in the order in which they reach the server. */
export interface KillPoint {
  readonly request: number;
  readonly when: 'before' | 'after';
}

const STORIES: readonly Told[] = [
  { what: '', story: EVERY_WRITE },
  { what: 'decisions taken back, ', story: TAKEN_BACK },
];

export function killPoints(requestCount: number): readonly KillPoint[] {
  return Array.from({ length: requestCount }, (_, index) => index + 1).flatMap((request) => [
    { request, when: 'before' as const },
    { request, when: 'after' as const },
  ]);
}

function toTrial(
  points: readonly KillPoint[],
  programs: Programs,
  { what, story, end }: Undisturbed,
  suffix = '',
): Trial {
  return {
    name: `${what}killed ${points.map(({ when, request }) => `${when} request ${request}`).join(', then ')}${suffix}`,
    run: () =>
      withTortureAccount({ story }, async (world, mailroom) => {
        const signals: (string | null)[] = [];
        for (const point of points) {
          signals.push(await runAndKill(point, programs, world, mailroom));
          requireNone(world.findHarm());
        }
        // The second pass may have so little left to do that it never sends the request to be
        // killed at.
        if (signals[0] !== 'SIGKILL') throw new Error('the program ended before it was killed');
        await mailroom.pass();
        requireNone([...differences(end, world.picture()), ...world.findHarm()]);
      }),
  };
}

/** The server kills the program, so that the moment is exact. */
export async function runAndKill(
  { request, when }: KillPoint,
  programs: Programs,
  { account }: TortureAccount,
  { env }: Mailroom,
): Promise<NodeJS.Signals | null> {
  const [file = '', ...args] = programs.runOnce;
  const child = spawn(file, args, { env, cwd: PROJECT, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const rules = account.faults.length;
  account.faults.push(
    {
      on: 'any',
      nth: request,
      fault: {
        kind: 'otherClient',
        act() {
          if (when === 'before') child.kill('SIGKILL');
          // From here on the server does not pause, so it is done when the kill arrives.
          else setImmediate(() => child.kill('SIGKILL'));
        },
      },
    },
    {
      on: 'any',
      nth: request,
      fault: when === 'before' ? { kind: 'resetBefore' } : { kind: 'stall', isDone: true },
    },
  );
  const [, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  account.faults.splice(rules);
  return signal;
}
