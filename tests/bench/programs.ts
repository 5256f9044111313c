import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { builtPrograms } from '../support/programs.ts';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A way to start the triage pass. */
export interface BenchProgram {
  readonly name: 'bundle' | 'tsx';
  readonly command: readonly string[];
}

/**
 * The bundle that `npm run build` makes, started as the image starts it, and the source through
 * tsx.
 */
export async function benchPrograms(): Promise<readonly [BenchProgram, BenchProgram]> {
  const nodeFlags = await readImageFlags();
  const [node = '', ...bundle] = builtPrograms().runOnce;
  return [
    { name: 'bundle', command: [node, ...nodeFlags, ...bundle] },
    { name: 'tsx', command: ['npx', 'tsx', 'src/run-once.ts'] },
  ];
}

/** The CronJob's limit, in MiB. */
export const MEMORY_LIMIT_MEBIBYTES = 128;

/**
 * Node's flags in the image, with which memory is measured. Outside a container, the heap's share
 * of the limit is given as the number that it is in the CronJob.
 */
async function readImageFlags(): Promise<readonly string[]> {
  const containerfile = await readFile(join(PROJECT, 'Containerfile'), 'utf8');
  const flags = /^ENV NODE_OPTIONS="(?<flags>[^"]+)"$/mu.exec(containerfile)?.groups?.['flags'];
  if (flags === undefined) throw new Error('Containerfile sets no NODE_OPTIONS');
  return flags.split(' ').map((flag) =>
    flag.replace(/^--max-old-space-size-percentage=(?<percent>\d+)$/u, (_, percent: string) => {
      const mebibytes = Math.floor((MEMORY_LIMIT_MEBIBYTES * Number(percent)) / 100);
      return `--max-old-space-size=${mebibytes}`;
    }),
  );
}
