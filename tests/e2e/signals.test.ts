import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { type StartedRun } from '../support/run-mailroom.ts';
import {
  LAST_SUCCESS,
  type OnStandIn,
  onStandIn,
  stateAfterSuccess,
} from '../support/run-mailroom-on-stand-in.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';

/* SIGTERM and SIGINT in the midst of a pass (REFERENCE.md, exit codes). */

const programs = builtPrograms();

/** What a pod is given; a pass needs 20 s at most. */
const GRACE_MS = 20_000;
const SIGNAL_MS = 300;
const SENDERS = 12;

async function arrange({ scenario, mailroom }: OnStandIn): Promise<void> {
  await mailroom.writeState(stateAfterSuccess({ consecutiveFailures: 4 }));
  for (let n = 1; n <= SENDERS; n += 1) {
    const from = `Sender ${n} <sender-${n}@sig.example>`;
    await scenario.email({ from, in: ['Screener', '@ToFeed'] });
    await scenario.email({ from, in: ['Screener'] });
  }
}

/** Starts a run that gets the signal when that request comes in, and SIGKILL when it takes too long. */
function startAndInterrupt(
  { account, mailroom }: OnStandIn,
  signal: NodeJS.Signals,
  at: Pick<FaultRule, 'on' | 'nth' | 'when'>,
): StartedRun {
  const act = async (): Promise<void> => {
    run.kill(signal);
    // The signal is to be there before the answer is.
    await sleep(SIGNAL_MS);
  };
  account.faults.push({ ...at, fault: { kind: 'otherClient', act } });
  const run = mailroom.start();
  const overdue = setTimeout(() => run.kill('SIGKILL'), GRACE_MS);
  void run.result.finally(() => clearTimeout(overdue)).catch(() => undefined);
  return run;
}

const isFirstSender: FaultRule['when'] = ({ body }) =>
  body.toString().includes('sender-1@sig.example');
const isGroup: FaultRule['when'] = ({ body }) => /KIND:group/iu.test(body.toString());

const MOMENTS: readonly {
  readonly what: string;
  readonly at: Pick<FaultRule, 'on' | 'nth' | 'when'>;
}[] = [
  { what: 'while the session is read', at: { on: 'session' } },
  { what: 'while the groups are read', at: { on: 'report' } },
  { what: 'while the labels are read', at: { on: 'Email/get' } },
  { what: 'at the first contact', at: { on: 'put-card', nth: 1 } },
  { what: 'at the last contact', at: { on: 'put-card', nth: SENDERS } },
  { what: 'while the group is written', at: { on: 'put-card', when: isGroup } },
  { what: 'during the sweep', at: { on: 'Email/set', nth: 1 } },
  { what: 'while labels come off', at: { on: 'Email/set', nth: 2 } },
];

const ROWS = MOMENTS.flatMap((moment) =>
  (['SIGTERM', 'SIGINT'] as const).map((signal) => ({ ...moment, signal })),
);

describe.concurrent('a signal ends the pass, and is neither failure nor success', () => {
  test.each(ROWS)('$signal $what', async ({ signal, at }) => {
    await onStandIn(programs, {}, async (world) => {
      const { account, scenario, mailroom } = world;
      await arrange(world);

      const run = await startAndInterrupt(world, signal, at).result;

      expect(run).toMatchObject({ exitCode: 0, signal: null, stderr: '' });
      expect(run.end).toMatchObject({ event: 'run_stopped', reason: 'shutdown_signal' });
      expect(await mailroom.readState()).toMatchObject({
        consecutiveFailures: 4,
        lastSuccessfulRun: LAST_SUCCESS,
        lastFailure: null,
        lastRun: { outcome: 'run_stopped' },
      });
      await requireConsistent(world);

      account.faults.length = 0;
      const next = await mailroom.run();

      expect(next).toMatchObject({ exitCode: 0, end: { event: 'poll_complete', failed: 0 } });
      expect(new Set((await scenario.whereabouts()).values())).toEqual(new Set(['Feed']));
      expect((await scenario.groups()).get('Feed')).toHaveLength(SENDERS);
      expect(await scenario.contacts()).toHaveLength(SENDERS);
      expect(await mailroom.readState()).toMatchObject({ consecutiveFailures: 0 });
    });
  });

  test.each([
    ['a read is not waited for', { on: 'report' }, 'ended unanswered', []],
    ['a write is', { on: 'put-card', when: isFirstSender }, 'answered', ['sender-1@sig.example']],
  ] as const)('%s', async (_name, at, expected, saved) => {
    await onStandIn(programs, {}, async (world) => {
      const { account, mailroom } = world;
      await arrange(world);
      const order = Promise.withResolvers<string>();
      const act = async (): Promise<void> => {
        run.kill('SIGTERM');
        // The answer is held back for less than the grace of a write.
        const ended = run.result.then(() => 'ended unanswered');
        order.resolve(await Promise.race([ended, sleep(4000, 'answered')]));
      };
      account.faults.push({ ...at, fault: { kind: 'otherClient', act } });
      const run = mailroom.start();

      const result = await run.result;

      expect(result).toMatchObject({ exitCode: 0, end: { event: 'run_stopped' } });
      expect(await order.promise).toBe(expected);
      const senders = result.find('contact_upserted').map((line) => line['sender']);
      expect(senders).toEqual(expect.arrayContaining([...saved]));
    });
  });

  test('SIGTERM while a write is not answered: the grace ends it', async () => {
    await onStandIn(programs, {}, async (world) => {
      const { account, mailroom } = world;
      await arrange(world);
      account.faults.push({ on: 'put-card', times: Infinity, fault: { kind: 'stall' } });

      const run = await startAndInterrupt(world, 'SIGTERM', { on: 'put-card', nth: 3 }).result;

      expect(run).toMatchObject({ exitCode: 0, signal: null, end: { event: 'run_stopped' } });
      expect(await mailroom.readState()).toMatchObject({
        consecutiveFailures: 4,
        lastRun: { outcome: 'run_stopped' },
      });
    });
  }, 40_000);

  test('a signal during the wait before a retry ends the wait', async () => {
    await onStandIn(programs, {}, async (world) => {
      const { account, mailroom } = world;
      await arrange(world);
      const headers = { 'retry-after': '100' };
      account.faults.push({
        on: 'report',
        times: Infinity,
        fault: { kind: 'status', status: 503, headers },
      });

      const run = await startAndInterrupt(world, 'SIGTERM', { on: 'report' }).result;

      expect(run).toMatchObject({ exitCode: 0, signal: null, end: { event: 'run_stopped' } });
      expect(await mailroom.readState()).toMatchObject({ consecutiveFailures: 4 });
    });
  });
});

test('a reader that reads nothing does not keep the process alive after SIGTERM', async () => {
  const unknown = Array.from({ length: 2000 }, (_, n) => [`MAILROOM_Q${n}`, 'x']);
  const [file = '', ...args] = programs.runOnce;
  // Far more than a pipe holds.
  const child = spawn(file, args, { env: Object.fromEntries(unknown), stdio: 'pipe' });
  const stderr = text(child.stderr);
  // A little is taken out of the pipe, and no more.
  await once(child.stdout, 'readable');
  await sleep(1000);
  expect(child.exitCode).toBeNull();

  child.kill('SIGTERM');
  const overdue = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  clearTimeout(overdue);

  expect(exitCode).toBe(1);
  child.stdout.destroy();
  expect(await stderr).toMatch(/^There is no file \.env in .*\n.*\n$/u);
});

/** A label is off only where all is done, and a swept email's sender is in the group. */
async function requireConsistent({ account, scenario }: OnStandIn): Promise<void> {
  const whereabouts = await scenario.whereabouts();
  const uids = new Map(
    (await scenario.contacts()).map((contact) => [contact.value('EMAIL'), contact.value('UID')]),
  );
  const members = (await scenario.groups()).get('Feed') ?? [];
  for (const [id, { from }] of await account.emails()) {
    const place = whereabouts.get(id);
    expect(['@ToFeed + Screener', 'Screener', 'Feed']).toContain(place);
    const uid = uids.get(from?.[0]?.email ?? '') ?? 'no contact';
    expect(place === 'Feed' ? members : [uid]).toContain(uid);
  }
}
