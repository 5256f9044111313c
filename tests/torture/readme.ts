import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PROJECT } from '../support/run-mailroom.ts';

/** Puts the table between README's two marks; where they are missing, in a section before the last. */
export async function replaceReadmeTable(table: string): Promise<void> {
  const file = join(PROJECT, 'README.md');
  const readme = withMarks(await readFile(file, 'utf8'));
  const begin = readme.indexOf(BEGIN) + BEGIN.length;
  const end = readme.indexOf(END);
  if (end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  await writeFile(file, `${readme.slice(0, begin)}\n\n${table}\n\n${readme.slice(end)}`);
}

const BEGIN = '<!-- torture:begin -->';
const END = '<!-- torture:end -->';

function withMarks(readme: string): string {
  if (readme.includes(BEGIN)) return readme;
  const last = readme.lastIndexOf('\n## ') + 1;
  const section =
    '## What was tried\n\n`npm run torture` tries to break the promises above, and makes this table; a sample of it is in `npm test`.\n\n';
  return `${readme.slice(0, last)}${section}${BEGIN}\n${END}\n\n${readme.slice(last)}`;
}
