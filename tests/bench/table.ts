import type { BenchResult } from './bench-scenario.ts';
import type { Machine } from './machine.ts';
import type { Spread } from './statistics.ts';

/** A Markdown table that is readable as plain text too. */
export function renderTable(results: readonly BenchResult[], machine: Machine): string {
  const rows = results.map((result) => [
    result.scenario,
    result.program,
    `${result.latencyMs} ms`,
    showCount(result.requests),
    result.bytes === null ? '–' : `${showCount(Math.round(result.bytes / 1024))} KiB`,
    showMs(result.durationMs),
    showMs(result.wallMs),
    showMs(result.cpuMs),
    showSpread(result.cpuRatio, (value) => value.toFixed(1)),
    showSpread(result.memoryMebibytes, (value) => String(Math.round(value))),
  ]);
  return [
    `Measured on ${machine.date} against ${machine.server === 'Cyrus' ? 'a real Cyrus server' : 'the stand-in server'}: ` +
      `${machine.cores} cores (${machine.processor}), ${machine.memoryGibibytes} GiB, Node ${machine.node}. ` +
      'Median, and in brackets least and most.',
    '',
    ...alignedTable(HEAD, rows),
  ].join('\n');
}

const HEAD = [
  'senders × emails',
  'program',
  'added per request',
  'requests',
  'bodies',
  '`duration_ms`',
  'process, ms',
  'CPU, ms',
  'CPU ÷ `node -e 0`',
  'peak memory, MiB',
];

/** The first two columns are names, the others numbers. */
function alignedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)];
}

function showMs(spread: Spread): string {
  return showSpread(spread, (value) => showCount(Math.round(value)));
}

function showSpread({ median, min, max }: Spread, show: (value: number) => string): string {
  const ends = [min, max].map(show).join('–');
  return min === max ? show(median) : `${show(median)} (${ends})`;
}

function showCount(value: number): string {
  return value.toLocaleString('en');
}
