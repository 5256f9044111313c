import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/* What the user makes holds secrets, and is not for git. Asked of git itself, in a repository of its own. */

const isGitMissing = spawnSync('git', ['--version']).status !== 0;
const note = isGitMissing ? ' (skipped: it needs git)' : '';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailroom-git-'));
  if (isGitMissing) return;
  spawnSync('git', ['init', '--quiet'], { cwd: folder });
  copyFileSync(join(import.meta.dirname, '../../../.gitignore'), join(folder, '.gitignore'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(isGitMissing).each([
  ['ignored', '.env'],
  ['ignored', '.env.local'],
  ['ignored', '.env.production'],
  ['ignored', 'deploy/.env'],
  ['ignored', 'deploy/secret.yaml'],
  ['ignored', 'deploy/config.yaml'],
  ['ignored', 'accounts/anna/secret.env'],
  ['kept', '.env.example'],
  ['kept', 'deploy/config.yaml.example'],
])(`%s: %s${note}`, (expected, path) => {
  // 0: it is ignored; 1: it is not; anything else: git could not say.
  const { status } = spawnSync('git', ['check-ignore', '--quiet', path], { cwd: folder });

  expect(status).toBe(expected === 'ignored' ? 0 : 1);
});
