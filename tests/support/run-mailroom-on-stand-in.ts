import type { Programs } from './programs.ts';
import { install, type EnvChange, type Installation } from './run-mailroom.ts';
import { arrangeScenario, type Scenario } from './scenario.ts';
import type { StandInOptions } from './stand-in/options.ts';
import { type StandIn, startStandIn } from './stand-in/stand-in.ts';

export interface OnStandIn {
  readonly account: StandIn;
  readonly scenario: Scenario;
  readonly mailroom: Installation;
}

export interface OnStandInOptions {
  readonly standIn?: StandInOptions;
  readonly settings?: EnvChange;
}

/** A stand-in for one test, set up for Mailroom; it is closed when the test ends. */
export async function onStandIn(
  programs: Programs,
  { standIn, settings }: OnStandInOptions,
  act: (world: OnStandIn) => Promise<void>,
): Promise<void> {
  const account = await startStandIn(standIn);
  const scenario = await arrangeScenario(account);
  const mailroom = await install(programs, account, settings);
  try {
    await act({ account, scenario, mailroom });
  } finally {
    await mailroom.remove();
    await account.close();
  }
}

/**
 * The stored state of an installation that has worked before and remembers nothing about the
 * servers.
 */
export function stateAfterSuccess(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    version: 1,
    consecutiveFailures: 0,
    lastSuccessfulRun: LAST_SUCCESS,
    lastRun: null,
    lastFailure: null,
    discovery: null,
    ...changes,
  });
}

export const LAST_SUCCESS = '2026-11-01T12:00:00.000Z';
