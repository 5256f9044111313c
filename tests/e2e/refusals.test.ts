import { expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { recordedWrites } from '../support/run-mailroom.ts';
import {
  type OnStandIn,
  onStandIn,
  stateAfterSuccess,
} from '../support/run-mailroom-on-stand-in.ts';
import type { FaultRule } from '../support/stand-in/faults.ts';

/* One sender's trouble: what the server refuses, what it puts off, and what others do meanwhile. */

const programs = builtPrograms();

const GOOD = 'good@r.example';
const BAD = 'bad@r.example';

interface Emails {
  readonly good: string;
  readonly bad: string;
  readonly badBacklog: string;
}

/** Two senders for Feed with a labelled email each, and one of the second's in the backlog. */
async function arrangeTwo({ scenario, mailroom }: OnStandIn): Promise<Emails> {
  await mailroom.writeState(stateAfterSuccess());
  return {
    good: await scenario.email({ from: GOOD, in: ['Screener', '@ToFeed'] }),
    bad: await scenario.email({ from: BAD, in: ['Screener', '@ToFeed'] }),
    badBacklog: await scenario.email({ from: BAD, in: ['Screener'] }),
  };
}

interface RefusalRow {
  readonly what: string;
  readonly step: string;
  readonly fault: (emails: Emails, world: OnStandIn) => FaultRule;
  /** Where the second sender's labelled email and its backlog are after the pass. */
  readonly places: readonly [labelled: string, backlog: string];
}

const isGroup: FaultRule['when'] = ({ body }) => /KIND:group/iu.test(body.toString());
const forBadCard: FaultRule['when'] = ({ body }) => body.includes(BAD);
const ERROR_PLACE = '@MailroomError + @ToFeed + Screener';
const LABELLED_PLACE = '@ToFeed + Screener';

const ROWS: readonly RefusalRow[] = [
  {
    what: 'the card is refused: 403',
    step: 'contact',
    fault: () => ({
      on: 'put-card',
      times: Infinity,
      when: forBadCard,
      fault: { kind: 'status', status: 403 },
    }),
    places: [ERROR_PLACE, 'Screener'],
  },
  {
    what: 'the card is refused: 507',
    step: 'contact',
    fault: () => ({
      on: 'put-card',
      times: Infinity,
      when: forBadCard,
      fault: { kind: 'status', status: 507 },
    }),
    places: [LABELLED_PLACE, 'Screener'],
  },
  {
    what: 'the card is refused: 415',
    step: 'contact',
    fault: () => ({
      on: 'put-card',
      times: Infinity,
      when: forBadCard,
      fault: { kind: 'status', status: 415 },
    }),
    places: [ERROR_PLACE, 'Screener'],
  },
  {
    what: 'the card is put off: 423',
    step: 'contact',
    fault: () => ({
      on: 'put-card',
      times: Infinity,
      when: forBadCard,
      fault: { kind: 'status', status: 423 },
    }),
    places: [LABELLED_PLACE, 'Screener'],
  },
  {
    what: 'a log-in page instead of the card’s 201',
    step: 'contact',
    fault: () => ({ on: 'put-card', times: Infinity, when: forBadCard, fault: { kind: 'html' } }),
    places: [LABELLED_PLACE, 'Screener'],
  },
  {
    what: 'an email of the backlog is refused for good: forbidden',
    step: 'sweep',
    fault: ({ badBacklog }) => ({
      on: 'Email/set',
      times: Infinity,
      fault: { kind: 'setError', emailIds: [badBacklog], type: 'forbidden' },
    }),
    places: [ERROR_PLACE, 'Screener'],
  },
  {
    what: 'an email of the backlog is put off: rateLimit',
    step: 'sweep',
    fault: ({ badBacklog }) => ({
      on: 'Email/set',
      times: Infinity,
      fault: { kind: 'setError', emailIds: [badBacklog], type: 'rateLimit' },
    }),
    places: [LABELLED_PLACE, 'Screener'],
  },
  {
    what: 'the labelled email is put off: rateLimit',
    step: 'finish',
    fault: ({ bad }) => ({
      on: 'Email/set',
      times: Infinity,
      fault: { kind: 'setError', emailIds: [bad], type: 'rateLimit' },
    }),
    places: [LABELLED_PLACE, 'Feed'],
  },
];

test.concurrent.each(ROWS)('$what: the other sender is handled', async (row) => {
  await onStandIn(programs, {}, async (world) => {
    const { account, scenario, mailroom } = world;
    const emails = await arrangeTwo(world);
    account.faults.push(row.fault(emails, world));

    const run = await mailroom.run();

    expect(run.exitCode).toBe(0);
    expect(run.end).toMatchObject({
      event: 'poll_complete',
      triaged_senders: 2,
      processed: 1,
      failed: 1,
    });
    expect(run.find('sender_processing_failed')).toMatchObject([
      { level: 'error', sender: BAD, step: row.step },
    ]);
    const whereabouts = await scenario.whereabouts();
    expect(whereabouts.get(emails.good)).toBe('Feed');
    expect([emails.bad, emails.badBacklog].map((id) => whereabouts.get(id))).toEqual(row.places);
    expect(await mailroom.readState()).toMatchObject({ consecutiveFailures: 0 });

    // The next pass meets the same, and changes nothing that it did not have to.
    const cards = await account.cards();
    await mailroom.run();
    expect(await scenario.whereabouts()).toEqual(whereabouts);
    expect(await account.cards()).toEqual(cards);

    account.faults.length = 0;
    const healed = await mailroom.run();

    expect(healed.end).toMatchObject({ event: 'poll_complete', processed: 1, failed: 0 });
    expect(new Set((await scenario.whereabouts()).values())).toEqual(new Set(['Feed']));
    expect(await scenario.contacts()).toHaveLength(2);
  });
});

test.concurrent('the group is refused: error label on all its senders, poll_failed; then healed', async () => {
  await onStandIn(programs, {}, async (world) => {
    const { account, scenario, mailroom } = world;
    const { good, bad, badBacklog } = await arrangeTwo(world);
    const fault = { kind: 'status', status: 403 } as const;
    account.faults.push({ on: 'put-card', times: Infinity, when: isGroup, fault });

    const run = await mailroom.run();

    expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_failed' } });
    const failed = run.find('sender_processing_failed');
    expect(failed.map(({ sender, step }) => [sender, step] as unknown)).toEqual([
      [BAD, 'join group'],
      [GOOD, 'join group'],
    ]);
    const whereabouts = await scenario.whereabouts();
    expect([good, bad, badBacklog].map((id) => whereabouts.get(id))).toEqual([
      ERROR_PLACE,
      ERROR_PLACE,
      'Screener',
    ]);

    account.clearRequests();
    await mailroom.run();
    // The refused write is tried again; nothing else is written, the error label least of all.
    expect(recordedWrites(account).map((write) => write.split(' ')[0])).toEqual(['PUT']);

    account.faults.length = 0;
    const healed = await mailroom.run();

    expect(healed.end).toMatchObject({ event: 'poll_complete', processed: 2 });
    expect(new Set((await scenario.whereabouts()).values())).toEqual(new Set(['Feed']));
  });
});

test.concurrent('another client adds a member just before our write: both are in', async () => {
  await onStandIn(programs, {}, async (world) => {
    const { account, scenario, mailroom } = world;
    await arrangeTwo(world);
    account.faults.push({
      on: 'put-card',
      when: isGroup,
      fault: { kind: 'otherClient', act: () => scenario.addMember('Feed', 'from-the-phone') },
    });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ event: 'poll_complete', processed: 2 });
    const members = (await scenario.groups()).get('Feed');
    expect(members).toHaveLength(3);
    expect(members).toContain('from-the-phone');
  });
});

test.concurrent('an email that comes in during the sweep is swept in the same pass', async () => {
  await onStandIn(programs, {}, async (world) => {
    const { account, scenario, mailroom } = world;
    await arrangeTwo(world);
    let late = '';
    account.faults.push({
      on: 'Email/set',
      fault: {
        kind: 'otherClient',
        async act() {
          late = await scenario.email({ from: BAD, in: ['Screener'] });
        },
      },
    });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ processed: 2, emails_swept: 4 });
    expect((await scenario.whereabouts()).get(late)).toBe('Feed');
  });
});

test.concurrent('an email that the user deletes during the pass is no failure', async () => {
  await onStandIn(programs, {}, async (world) => {
    const { account, scenario, mailroom } = world;
    const { badBacklog } = await arrangeTwo(world);
    account.faults.push({
      on: 'Email/set',
      fault: { kind: 'otherClient', act: () => account.deleteEmail(badBacklog) },
    });

    const run = await mailroom.run({ mayMiss: [badBacklog] });

    expect(run.end).toMatchObject({ event: 'poll_complete', processed: 2, failed: 0 });
    expect(new Set((await scenario.whereabouts()).values())).toEqual(new Set(['Feed']));
  });
});

test.concurrent('a sender who is refused again counts neither way: the user has been told', async () => {
  await onStandIn(programs, {}, async (world) => {
    const { account, scenario, mailroom } = world;
    await mailroom.writeState(stateAfterSuccess());
    await scenario.email({ from: BAD, in: ['Screener', '@ToFeed'] });
    account.faults.push({
      on: 'put-card',
      times: Infinity,
      fault: { kind: 'status', status: 403 },
    });

    const first = await mailroom.run();
    const again = await mailroom.run();

    expect(first.end).toMatchObject({ event: 'poll_failed', failed: 1, refused: 1 });
    expect(again.end).toMatchObject({ event: 'poll_complete', failed: 1, refused: 1 });
    expect(await mailroom.readState()).toMatchObject({ consecutiveFailures: 0 });
    const health = JSON.parse((await mailroom.status()).stdout) as unknown;
    expect(health).toMatchObject({ status: 'ok', waiting: { conflicts: 0, refused: 1 } });
  });
});
