import type { Breakage } from './breakages.ts';

/** Markdown: each breakage, the file that it breaks, and the tests of which one must fail. */
export function renderTable(breakages: readonly Breakage[]): string {
  const rows = breakages.map(({ name, file, noticedBy }) => {
    const tests = noticedBy.map((test) => `\`${test}\``).join(', ');
    return `| ${name} | \`${file}\` | ${tests} |`;
  });
  return [
    '| a program that … | in | must be noticed by one of |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}
