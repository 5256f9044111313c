/**
 * Would the tests notice? Breaks one rule of the program after the other, in a copy of the project,
 * and runs the tests that must fail then.
 *
 *   npm run mutate -- [--only=TEXT] [--seconds=S] [--readme]
 *
 * `--only` takes a part of a breakage's name. With `--seconds` none is begun after that time, and
 * each day begins with another part of the list. `--readme` puts the table into tests/README.md.
 */
import { parseArgs } from 'node:util';

import { replaceTable } from '../support/page-table.ts';
import { type Breakage, BREAKAGES } from './breakages.ts';
import { findMisfits, openCopy, type Verdict } from './copy.ts';
import { renderTable } from './table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '3600' },
    readme: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const problems: string[] = [];
for (const misfit of await findMisfits(BREAKAGES)) problems.push(misfit);

const chosen = BREAKAGES.filter(({ name }) => name.includes(values.only));
if (chosen.length === 0) problems.push(`no breakage is named like ${values.only}`);
// A sample begins at another place each day, so that over time all are tried.
const start = values.seconds === '3600' ? 0 : (new Date().getDate() * 7) % chosen.length;
const queue = [...chosen.slice(start), ...chosen.slice(0, start)];
const endMs = performance.now() + Number(values.seconds) * 1000;
const verdicts = new Map<Breakage, Verdict>();

const copies = await Promise.all([openCopy(), openCopy()]);
try {
  if (problems.length === 0) {
    const work = async (copy: (typeof copies)[number]): Promise<void> => {
      while (performance.now() < endMs) {
        const breakage = queue.shift();
        if (breakage === undefined) return;
        const verdict = await copy.judge(breakage);
        verdicts.set(breakage, verdict);
        say(`${verdict.kind === 'noticed' ? 'noticed ' : 'SURVIVED'}  ${breakage.name}`);
        if (verdict.kind !== 'noticed') problems.push(`${breakage.name}: ${verdict.why}`);
      }
    };
    await Promise.all(copies.map(work));
  }
} finally {
  for (const copy of copies) await copy.remove();
}

say(`${verdicts.size} of ${BREAKAGES.length} breakages tried, ${problems.length} problems`);
for (const problem of problems) say(`  ${problem}`);
if (values.readme && problems.length === 0) {
  const date = new Date().toISOString().slice(0, 10);
  await replaceTable(
    'mutate',
    `${renderTable(BREAKAGES)}\n\n\`npm run mutate\`, ${date}: ${verdicts.size} breakages.`,
  );
}
if (problems.length > 0 || verdicts.size === 0) process.exitCode = 1;
