import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';

import { measureOnce } from '../bench/bench-scenario.ts';
import { type BenchProgram, benchPrograms } from '../bench/programs.ts';
import { type BenchScenario, SCENARIOS } from '../bench/scenarios.ts';
import { readTable } from '../support/page-table.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';

/** How many requests of each kind a pass sends: exactly this many. */
type Budget = Readonly<Record<string, number>>;

let program: BenchProgram;
let budgets: Readonly<Record<string, Budget>>;

beforeAll(async () => {
  [program] = await benchPrograms();
  budgets = JSON.parse(await readFile(new URL('requests.json', import.meta.url), 'utf8'));
});

describe('requests of one pass, by kind', () => {
  it.each(SCENARIOS)(
    '$name',
    async (scenario) => {
      const pass = await runPass(scenario);

      expect(pass.requestsByKind).toStrictEqual(budgets[scenario.name]);
      expect(pass.requests, 'as the program counts them').toBe(sum(pass.requestsByKind));
    },
    300_000,
  );

  it('no budget is left without a scenario', () => {
    expect(Object.keys(budgets)).toStrictEqual(SCENARIOS.map(({ name }) => name));
  });

  it('tests/README.md has as many, for every scenario and both programs', async () => {
    const { rows } = await readTable('bench');
    const table = rows.map(([scenario, program, , requests]) => [scenario, program, requests]);

    expect(new Set(table.map((row) => row.join(' | ')))).toEqual(
      new Set(
        SCENARIOS.flatMap(({ name }) =>
          ['bundle', 'tsx'].map((one) => [name, one, sumOf(name).toLocaleString('en')].join(' | ')),
        ),
      ),
    );
  });
});

describe('the budgets keep the bounds of tests/README.md, the two requests for the state added', () => {
  it.each([
    ['idle, remembered', 4],
    ['idle, fresh', 9],
  ])('%s: at most %i', (name, most) => {
    expect(sumOf(name) + STATE_REQUESTS).toBeLessThanOrEqual(most);
  });

  it('10 senders, 50 emails each, out of an Inbox of 400,000: at most 40', () => {
    const requests = sumOf('10 × 50 of 400,000 in Inbox');

    expect(requests + STATE_REQUESTS).toBeLessThanOrEqual(40);
  });

  it.each(SCENARIOS.filter(({ senders, inboxSize }) => senders > 0 && inboxSize === null))(
    '$name: S + 22 + 2⌈E/set⌉ + 2⌈E/get⌉',
    ({ name, senders, emailsPerSender, otherEmails }) => {
      const emails = senders * emailsPerSender + otherEmails;
      const most = senders + 22 + 4 * Math.ceil(emails / MAX_OBJECTS);

      expect(sumOf(name) + STATE_REQUESTS).toBeLessThanOrEqual(most);
    },
  );
});

/**
 * In a cluster the ConfigMap is read and patched; the measured passes keep their state in a file.
 */
const STATE_REQUESTS = 2;

/** The stand-in's maxObjectsInGet and maxObjectsInSet, which are Fastmail's. */
const MAX_OBJECTS = 4096;

async function runPass(scenario: BenchScenario): ReturnType<typeof measureOnce> {
  if (program === undefined) throw new Error('no program was built');
  return measureOnce({ scenario, program, latencyMs: 0, openServer: () => startStandIn() });
}

function sumOf(name: string): number {
  const budget = budgets[name];
  if (budget === undefined) throw new Error(`no budget ${name}`);
  return sum(budget);
}

function sum(counts: Budget | null | undefined): number {
  return Object.values(counts ?? {}).reduce((total, count) => total + count, 0);
}
