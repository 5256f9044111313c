import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PROJECT } from './programs.ts';

/** Puts the table between README's two marks. Throws where they are missing. */
export async function replaceReadmeTable(table: string): Promise<void> {
  const file = join(PROJECT, 'README.md');
  const readme = await readFile(file, 'utf8');
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  const before = readme.slice(0, begin + BEGIN.length);
  await writeFile(file, `${before}\n\n${table}\n\n${readme.slice(end)}`);
}

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';
