import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { PROJECT } from '../support/run-mailroom.ts';

/** Branches of carrying out that no history can reach, as they are written, and why. */
const OUT_OF_REACH: readonly (readonly [branch: RegExp, why: string])[] = [
  [/: \?\? /u, 'for the type checker: what is asked for is there'],
  [/^pass\/ledger\.ts, : \? id$/u, 'the same'],
  [/^pass\/patches\.ts, : \? \[\]$/u, 'the same'],
  [/^pass\/finish-step\.ts, finish: \?\.\(/u, 'what a terminal shows'],
  [/^pass\/contact-steps\.ts, writeUnlessBroken: /u, 'more than eight writes at once'],
  [/^pass\/known-emails\.ts, catchUp: return;$/u, 'nothing was read, and somebody is swept'],
  [/^pass\/known-emails\.ts, patch: continue;$/u, 'an answer for what nobody asked about'],
  [
    /^pass\/known-emails\.ts, patch: this\.#emails\.delete\(id\);$/u,
    'gone, although it is in the state of which it was read',
  ],
];

test('any history of an account: mail of each sender arrives where it was decided, and nothing is lost', async () => {
  // A failure shows the shortest story, on standard error.
  const args = ['tests/history/branches.ts', '--seed=1', '--histories=800', '--steps=60'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PROJECT });
  const { unseen, unreached } = JSON.parse(stdout) as Record<string, readonly string[]>;

  expect(unseen, 'no history meets these').toEqual([]);
  expect(
    unreached?.filter((branch) => OUT_OF_REACH.every(([written]) => !written.test(branch))),
    'no history reaches these branches of carrying out',
  ).toEqual([]);
}, 240_000);
