import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PROJECT } from './run-mailroom.ts';

const PAGE = 'tests/README.md';

/** Puts a table between its two marks in tests/README.md. Throws where they are missing. */
export async function replaceTable(
  name: 'bench' | 'torture' | 'mutate',
  table: string,
): Promise<void> {
  const file = join(PROJECT, PAGE);
  const page = await readFile(file, 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${PAGE} has no ${begin} … ${end}`);
  const before = page.slice(0, from + begin.length);
  await writeFile(file, `${before}\n\n${table}\n\n${page.slice(to)}`);
}
