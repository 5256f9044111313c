import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PROJECT } from './run-mailroom.ts';

const PAGE = join(PROJECT, 'tests/README.md');

type TableName = 'bench' | 'torture' | 'mutate';

/** Puts a table between its two marks in tests/README.md. Throws where they are missing. */
export async function replaceTable(name: TableName, table: string): Promise<void> {
  const { before, after } = await splitPage(name);
  await writeFile(PAGE, `${before}\n\n${table}\n\n${after}`);
}

/**
 * What is between the two marks: the cells of the table's rows (without its head), and the text
 * below.
 */
export async function readTable(
  name: TableName,
): Promise<{ readonly rows: readonly (readonly string[])[]; readonly text: string }> {
  const { between } = await splitPage(name);
  const lines = between.trim().split('\n');
  const rows = lines.filter((line) => line.startsWith('|')).slice(2);
  return {
    rows: rows.map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    ),
    text: lines.filter((line) => !line.startsWith('|')).join('\n'),
  };
}

async function splitPage(
  name: TableName,
): Promise<{ readonly before: string; readonly between: string; readonly after: string }> {
  const page = await readFile(PAGE, 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${PAGE} has no ${begin} … ${end}`);
  const inside = from + begin.length;
  return { before: page.slice(0, inside), between: page.slice(inside, to), after: page.slice(to) };
}
