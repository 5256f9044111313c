import { expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { onStandIn, stateAfterSuccess } from '../support/run-mailroom-on-stand-in.ts';

/* One state for two accounts: the successes of one would hide the failures of the other. */

const programs = builtPrograms();

const BENS = stateAfterSuccess({ account: 'ben@mail.example', consecutiveFailures: 4 });

test('the state of another account is a warning, and counts as none', async () => {
  await onStandIn(programs, {}, async ({ account, mailroom }) => {
    await mailroom.writeState(BENS);

    const run = await mailroom.run();

    expect(run).toMatchObject({ exitCode: 0, end: { event: 'poll_complete' } });
    expect(run.find('state_of_other_account')).toMatchObject([
      { level: 'warning', account: 'ben@mail.example' },
    ]);
    expect(await mailroom.readState()).toMatchObject({
      account: account.username,
      consecutiveFailures: 0,
    });
  });
});

test('so any failure is that of a new installation, and ends with 1', async () => {
  await onStandIn(programs, {}, async ({ account, mailroom }) => {
    await mailroom.writeState(BENS);
    account.faults.push({ on: 'any', times: Infinity, fault: { kind: 'status', status: 400 } });

    const run = await mailroom.run();

    expect(run).toMatchObject({ exitCode: 1, end: { event: 'startup_failed' } });
    expect(await mailroom.readState()).toMatchObject({
      consecutiveFailures: 1,
      lastSuccessfulRun: null,
    });
  });
});
