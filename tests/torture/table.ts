import type { OrdealResult } from './trials.ts';

export interface TortureCircumstances {
  readonly seed: number;
  readonly minutes: number;
  readonly date: Date;
}

/** Markdown: what was tried, how often, and what came of it. */
export function renderTable(
  results: readonly OrdealResult[],
  { seed, minutes, date }: TortureCircumstances,
): string {
  const rows = results.map(({ ordeal, tried, broken }) => [
    ordeal.promise,
    tried.toLocaleString('en'),
    broken.length === 0 ? 'held' : `broken ${broken.length} times`,
  ]);
  const all = [['what was tried, and what must come of it', 'times', 'result'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [head = [], ...body] = all;
  return [
    line(head),
    rule,
    ...body.map(line),
    '',
    `\`npm run torture -- --seed=${seed}\`, ${date.toISOString().slice(0, 10)}, ${minutes.toFixed(1)} minutes.`,
  ].join('\n');
}
