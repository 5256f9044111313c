/**
 * Plays histories in memory and prints, as JSON, what none of them met: kinds of steps, events and
 * outcomes (`unseen`), and branches of carrying out (`unreached`).
 *
 *   node tests/history/branches.ts --seed=N --histories=N --steps=N
 *
 * It has to be a Node of its own, which takes the types out of the sources and leaves every character
 * where it is, so that what V8 counts can be found in them.
 */
import { readFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    histories: { type: 'string', default: '500' },
    steps: { type: 'string', default: '60' },
  },
});

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
// What is loaded before that is not counted.
const { findUnseen, playHistories } = await import('./histories.ts');
const { Sightings } = await import('./story.ts');

const sightings = new Sightings();
await playHistories(
  {
    seed: Number(values.seed),
    histories: Number(values.histories),
    mostSteps: Number(values.steps),
  },
  sightings,
);
const { result } = await session.post('Profiler.takePreciseCoverage');
const unreached: string[] = [];
for (const { url, functions } of result) {
  const file = /\/src\/(?<file>pass\/.+)$/u.exec(url)?.groups?.['file'];
  if (file === undefined) continue;
  const source = await readFile(new URL(url), 'utf8');
  const empty = functions
    .flatMap(({ functionName, ranges }) => ranges.map((range) => ({ functionName, ...range })))
    .filter(({ count }) => count === 0)
    .toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  let end = 0;
  for (const { functionName, startOffset, endOffset } of empty) {
    // Within another one.
    if (endOffset <= end) continue;
    end = endOffset;
    const text = source.slice(startOffset, endOffset).replaceAll(/\s+/gu, ' ').trim();
    unreached.push(`${file}, ${functionName}: ${text}`);
  }
}
process.stdout.write(`${JSON.stringify({ unseen: findUnseen(sightings), unreached }, null, 1)}\n`);
