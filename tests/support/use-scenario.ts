import { afterAll, beforeAll } from 'vitest';

import { builtPrograms } from './programs.ts';
import { type EnvChange, install, type Installation } from './run-mailroom.ts';
import { arrangeScenario, type Scenario } from './scenario.ts';
import type { TestAccount } from './test-account.ts';

/** An account on a server, set up for Mailroom, and Mailroom set up for it. */
export interface ArrangedScenario {
  readonly account: TestAccount;
  readonly scenario: Scenario;
  readonly mailroom: Installation;
}

/** One for all tests of a suite: there from its first `beforeAll` on, gone after its last test. */
export function useScenario(
  open: () => Promise<TestAccount>,
  settings: EnvChange = {},
): ArrangedScenario {
  let arranged: ArrangedScenario | undefined;
  beforeAll(async () => {
    arranged = await arrange(open, settings);
  });
  afterAll(async () => {
    if (arranged !== undefined) await clearAway(arranged);
  });
  const part = <Name extends keyof ArrangedScenario>(name: Name): ArrangedScenario[Name] =>
    later(() => arranged?.[name]);
  return { account: part('account'), scenario: part('scenario'), mailroom: part('mailroom') };
}

/** One of its own for a single test. */
export async function withScenario(
  open: () => Promise<TestAccount>,
  settings: EnvChange,
  act: (arranged: ArrangedScenario) => Promise<void>,
): Promise<void> {
  const arranged = await arrange(open, settings);
  try {
    await act(arranged);
  } finally {
    await clearAway(arranged);
  }
}

async function arrange(
  open: () => Promise<TestAccount>,
  settings: EnvChange,
): Promise<ArrangedScenario> {
  const account = await open();
  const scenario = await arrangeScenario(account);
  return { account, scenario, mailroom: await install(builtPrograms(), account, settings) };
}

async function clearAway({ account, mailroom }: ArrangedScenario): Promise<void> {
  await mailroom.remove();
  await account.close();
}

/** Stands in for an object of functions that a `beforeAll` will make. */
function later<Value extends object>(find: () => Value | undefined): Value {
  return new Proxy({} as Value, {
    get(_, name) {
      const value = find();
      if (value === undefined) throw new Error('used before beforeAll has arranged it');
      const found: unknown = Reflect.get(value, name);
      // Bound, because methods of a class may need its private fields.
      return typeof found === 'function' ? found.bind(value) : found;
    },
  });
}
