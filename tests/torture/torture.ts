/**
 * Tries to break Mailroom's promises, at length; `npm test` runs a sample of it.
 *
 *   npm run torture -- [--seed=N] [--minutes=M] [--only=TEXT] [--trial=TEXT] [--readme]
 *
 * The seed is printed. With it, `--only` (part of an ordeal's name) and `--trial` (part of a trial's
 * name) a single trial can be repeated. `--readme` puts the table into tests/README.md.
 */
import { parseArgs } from 'node:util';

import { replaceTable } from '../support/page-table.ts';
import { buildPrograms } from '../support/programs.ts';
import { ORDEALS } from './ordeals.ts';
import { renderTable } from './table.ts';
import { type OrdealResult, runTrials } from './trials.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    trial: { type: 'string', default: '' },
    readme: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const seed = Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !(minutes > 0)) throw new Error('--seed and --minutes are numbers');
say(`seed ${seed}, ${minutes} minutes`);

const remove = await buildPrograms();
const ordeals = ORDEALS.filter(({ name }) => name.includes(values.only));
const results: OrdealResult[] = [];
const startedMs = performance.now();
const endMs = startedMs + minutes * 60_000;
for (const [index, ordeal] of ordeals.entries()) {
  // Time that one ordeal does not use goes to those after it.
  const nowMs = performance.now();
  const untilMs = nowMs + (endMs - nowMs) / (ordeals.length - index);
  const result = await runTrials(ordeal, { seed, size: 'all', untilMs, only: values.trial });
  results.push(result);
  say(`${ordeal.name}: ${result.tried} tried, ${result.broken.length} broken`);
  for (const broken of result.broken) say(`  ${broken}`);
}
await remove();
const tookMinutes = (performance.now() - startedMs) / 60_000;
const table = renderTable(results, { seed, minutes: tookMinutes, date: new Date() });
process.stdout.write(`${table}\n`);
if (values.readme) await replaceTable('torture', table);
if (results.some(({ tried, broken }) => tried === 0 || broken.length > 0)) process.exitCode = 1;
