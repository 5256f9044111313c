import { expect, it } from 'vitest';

import { COMMANDS } from '../../../src/terminal/commands.ts';
import { findKeptByNpm } from '../../../src/terminal/kept-by-npm.ts';

const { pass } = COMMANDS;

it.each<
  [rule: string, env: Readonly<Record<string, string>>, args: readonly string[], isKept: boolean]
>([
  ['npm run pass --dry-run', { npm_lifecycle_event: 'pass', npm_config_dry_run: 'true' }, [], true],
  ['npm run pass -- --dry-run', { npm_lifecycle_event: 'pass' }, ['--dry-run'], false],
  ['both', { npm_lifecycle_event: 'pass', npm_config_dry_run: 'true' }, ['--dry-run'], false],
  [
    'npm run pass --only=a@b.example',
    { npm_lifecycle_event: 'pass', npm_config_only: 'a@b.example' },
    [],
    true,
  ],
  [
    'npm run pass --no-dry-run',
    { npm_lifecycle_event: 'pass', npm_config_dry_run: 'false' },
    [],
    false,
  ],
  ['npx mailroom pass, where npm is configured so', { npm_config_dry_run: 'true' }, [], false],
  [
    'a test that npm runs with that flag',
    { npm_lifecycle_event: 'test', npm_config_dry_run: 'true' },
    [],
    false,
  ],
])('%s: kept by npm %j', (_typed, env, args, isKept) => {
  expect(findKeptByNpm(env, pass, args) !== null).toBe(isKept);
});

it('says what was meant', () => {
  const env = { npm_lifecycle_event: 'setup', npm_config_apply: 'true' };

  expect(findKeptByNpm(env, COMMANDS.setup, [])).toBe(
    'npm kept --apply for itself, so nothing was done.\nDid you mean npm run setup -- --apply?\n',
  );
});
