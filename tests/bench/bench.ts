/**
 * What a pass costs: the real program against a server, scenario by scenario.
 *
 *   npm run bench -- [--scenario=TEXT]... [--program=bundle|tsx]... [--latency=MS]... [--runs=N]
 *                    [--cyrus] [--json=FILE] [--readme]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { PACKAGED_CYRUS } from '../support/cyrus-install.ts';
import { startCyrus } from '../support/cyrus.ts';
import { replaceTable } from '../support/page-table.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';
import { benchScenario, type BenchResult } from './bench-scenario.ts';
import { describeMachine } from './machine.ts';
import { buildPrograms } from '../support/programs.ts';
import { type BenchProgram, benchPrograms } from './programs.ts';
import { type BenchScenario, SCENARIOS } from './scenarios.ts';
import { renderTable } from './table.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: [''] },
    program: { type: 'string', multiple: true, default: ['bundle', 'tsx'] },
    latency: { type: 'string', multiple: true, default: ['0', '40'] },
    runs: { type: 'string' },
    cyrus: { type: 'boolean', default: false },
    json: { type: 'string' },
    readme: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);
if (values.cyrus && !PACKAGED_CYRUS.isThere()) throw new Error('Cyrus is not installed');
const remove = await buildPrograms();
const programs = await benchPrograms();
const results: BenchResult[] = [];
try {
  for (const scenario of SCENARIOS) {
    if (!values.scenario.some((text) => scenario.name.includes(text.replace('x', '×')))) continue;
    for (const latencyMs of values.cyrus ? [0] : values.latency.map(Number)) {
      for (const program of programs.filter(({ name }) => values.program.includes(name))) {
        say(`${scenario.name}, ${latencyMs} ms, ${program.name}`);
        const result = await benchScenario({
          scenario: { ...scenario, runs: runsOf(scenario, program) },
          program,
          latencyMs,
          openServer: () => (values.cyrus ? startCyrus() : startStandIn()),
        });
        results.push(result);
      }
    }
  }
} finally {
  await remove();
}
/** npx and tsx are for trying things out: what they cost need not be known as well. */
function runsOf({ runs }: BenchScenario, { name }: BenchProgram): number {
  if (values.runs !== undefined) return Number(values.runs);
  return name === 'bundle' ? runs : Math.ceil(runs / 3);
}

const machine = describeMachine(values.cyrus ? 'Cyrus' : 'stand-in');
const table = renderTable(results, machine);
process.stdout.write(`${table}\n`);
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}
if (values.readme) await replaceTable('bench', table);
