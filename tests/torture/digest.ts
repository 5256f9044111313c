import { readFile, writeFile } from 'node:fs/promises';

import { ageDigests, findDigests } from '../support/digests.ts';
import { builtPrograms, type Programs } from '../support/programs.ts';
import { stateAfterSuccess } from '../support/run-mailroom-on-stand-in.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';
import type { Picture, Story, TortureAccount } from '../support/torture-account.ts';
import { type Mailroom, type PassResult, withTortureAccount } from '../support/torture-run.ts';
import { type FaultRow, FAULTS } from './faults.ts';
import { killPoints, type KillPoint, runAndKill } from './killed.ts';
import { differences, misplaced } from './same-end.ts';
import { randomTurns, Schedule } from './schedule.ts';
import { FEW_WRITES } from './stories.ts';
import { type Ordeal, pick, requireNone, type Trial } from './trials.ts';

/**
 * A pass in which a digest is due: killed at each request, at the same time as another pass, and
 * with every bad answer to the digest's three requests. Mail ends where it would without digests,
 * no digest triages anybody or is lost, and everything is told, twice rather than never.
 */
export function digestsToo(): Ordeal {
  let programs: Programs;
  let alone: Alone;
  return {
    name: 'digest',
    promise:
      'A pass in which a digest is due, killed at every request, two at once, and with a bad answer to each of its requests: triage goes on as without digests, no digest is lost, and everything is told, twice rather than never',
    atOnce: 3,
    async open() {
      programs = builtPrograms();
      alone = await readAlone();
    },
    *trials({ seed, size }) {
      const points = killPoints(alone.requestCount);
      for (const point of size === 'all' ? points : pick(points, 12, seed)) {
        yield killed(point, programs, alone);
      }
      const bad = DIGEST_REQUESTS.flatMap((request) =>
        FAULTS.filter(({ on }) => on.includes(request.type)).map((fault) =>
          badAnswer(request, fault, alone),
        ),
      );
      yield* size === 'all' ? bad : pick(bad, 24, seed);
      const rounds = size === 'all' ? Infinity : 12;
      for (let round = 0; round < rounds; round += 1) yield twoAtOnce(seed + round, alone);
    },
  };
}

/** A few writes, and somebody who is waiting. */
const STORY: Story = {
  ...FEW_WRITES,
  emails: [
    ...FEW_WRITES.emails,
    { from: 'Waits <waits@t.example>', in: ['Screener'], ends: ['Screener'] },
  ],
};

const DAILY = { MAILROOM_DIGEST: 'daily' };

/** Decided on before, and not told yet. */
const UNTOLD = 'untold@t.example';

interface Alone {
  readonly requestCount: number;
  readonly end: Picture;
}

async function readAlone(): Promise<Alone> {
  return withDue(async (world, mailroom) => {
    await mailroom.pass({ env: DAILY });
    const requestCount = world.account.requests.length;
    const end = world.picture();
    requireNone([...misplaced(STORY, end), ...world.findHarm(), ...(await findUntold(world))]);
    return { requestCount, end };
  });
}

async function withDue<Result>(
  act: (world: TortureAccount, mailroom: Mailroom) => Promise<Result>,
): Promise<Result> {
  return withTortureAccount({ story: STORY }, async (world, mailroom) => {
    await writeFile(mailroom.statePath, stateAfterSuccess());
    const decided = [{ sender: UNTOLD, name: '', category: 'Feed', at: daysAgo(1) }];
    await remember(mailroom, { toldAt: daysAgo(2), decided, decidedBesides: 0 });
    return act(world, mailroom);
  });
}

async function remember({ statePath }: Mailroom, digest: object): Promise<void> {
  const state = JSON.parse(await readFile(statePath, 'utf8')) as { readonly digest: object | null };
  await writeFile(statePath, JSON.stringify({ ...state, digest: { ...state.digest, ...digest } }));
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString();
}

function killed(point: KillPoint, programs: Programs, alone: Alone): Trial {
  return {
    name: `killed ${point.when} request ${point.request}`,
    run: () =>
      withDue(async (world, mailroom) => {
        const env = { ...mailroom.env, ...DAILY };
        const signal = await runAndKill(point, programs, world, { ...mailroom, env });
        if (signal !== 'SIGKILL') throw new Error('the program ended before it was killed');
        requireNone(world.findHarm());
        await requireGoodEnd(world, mailroom, alone);
      }),
  };
}

function twoAtOnce(seed: number, alone: Alone): Trial {
  return {
    name: `two at once, order of chance ${seed}`,
    run: () =>
      withDue(async (world, mailroom) => {
        const schedule = new Schedule(randomTurns(seed, 2, alone.requestCount), () => undefined);
        const results = await Promise.all(
          [0, 1].map(async (run) => {
            const transport = schedule.transportOf(run);
            const result = await mailroom.pass({ env: DAILY, transport });
            schedule.end(run);
            return result;
          }),
        );
        requireNone([...results.flatMap(findBadPass), ...world.findHarm()]);
        await requireGoodEnd(world, mailroom, alone);
      }),
  };
}

interface DigestRequest {
  readonly name: string;
  readonly type: 'jmap' | 'email-set';
  readonly on: FaultRule['on'];
  /** What is in the body of this request, and of no other. */
  readonly mark: string;
}

const DIGEST_REQUESTS: readonly DigestRequest[] = [
  { name: 'mailboxes and digests', type: 'jmap', on: 'Email/query', mark: 'hasKeyword' },
  { name: 'emails with subjects', type: 'jmap', on: 'Email/get', mark: '"subject"' },
  { name: 'digest', type: 'email-set', on: 'Email/set', mark: '"mailroom-digest"' },
];

function badAnswer({ name, on, mark }: DigestRequest, fault: FaultRow, alone: Alone): Trial {
  return {
    name: `${name}: ${fault.name}`,
    run: () =>
      withDue(async (world, mailroom) => {
        let struck = 0;
        for (const one of fault.faults) {
          world.account.faults.push({
            on,
            times: fault.isOnce === true ? 1 : Infinity,
            when({ body }) {
              const isStruck = body.includes(mark);
              if (isStruck) struck += 1;
              return isStruck;
            },
            fault: one,
          });
        }
        const seconds = fault.timeoutSeconds;
        const timeout = seconds === undefined ? {} : { MAILROOM_REQUEST_TIMEOUT: String(seconds) };
        const result = await mailroom.pass({ env: { ...DAILY, ...timeout } });
        requireNone([
          ...(struck === 0 ? ['the request was never made'] : []),
          ...findBadPass(result),
          ...world.findHarm(),
        ]);
        world.account.faults.length = 0;
        await requireGoodEnd(world, mailroom, alone);
      }),
  };
}

/** The pass is done, whatever happens to the digest. */
function findBadPass({ exitCode, end }: PassResult): readonly string[] {
  return exitCode === 0 && end.event === 'poll_complete' && end['failed'] === 0
    ? []
    : [`the pass ended in ${JSON.stringify(end)}`];
}

/** After one more pass, and after the next digest. */
async function requireGoodEnd(
  world: TortureAccount,
  mailroom: Mailroom,
  { end }: Alone,
): Promise<void> {
  const { account } = world;
  const next = await mailroom.pass({ env: DAILY });
  requireNone([...findBadPass(next), ...differences(end, world.picture()), ...world.findHarm()]);
  requireNone(await findUntold(world));
  const { length: made } = await findDigests(account);
  await ageDigests(account);
  await remember(mailroom, { toldAt: daysAgo(2) });
  const last = await mailroom.pass({ env: DAILY });
  const inbox = await account.mailboxId('Inbox');
  const digests = await findDigests(account);
  const inInbox = digests.filter(({ mailboxIds }) => mailboxIds.includes(inbox));
  requireNone([
    ...findBadPass(last),
    ...differences(end, world.picture()),
    ...(digests.length === made + 1 ? [] : [`${made} digests became ${digests.length}`]),
    ...(inInbox.length === 1 ? [] : [`${inInbox.length} digests are in Inbox`]),
  ]);
}

/** What no digest has told yet. */
async function findUntold({ account }: TortureAccount): Promise<readonly string[]> {
  const texts = (await findDigests(account)).map(({ text }) => text);
  return [UNTOLD, 'waits@t.example']
    .filter((address) => !texts.some((text) => text.includes(address)))
    .map((address) => `${address} is in none of ${texts.length} digests`);
}
