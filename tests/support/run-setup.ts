import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

import { accountEnvironment } from './account-environment.ts';
import { type ProgramResult, startProgram } from './process.ts';
import type { Programs } from './programs.ts';
import { findPrivateText } from './run-mailroom-privacy.ts';
import { type StandIn, startStandIn } from './stand-in/stand-in.ts';
import type { TestAccount } from './test-account.ts';

export interface SetupRun extends ProgramResult {
  /** What `--json` printed. */
  readonly report: JsonReport;
  /** `area name` → status. */
  readonly statuses: ReadonlyMap<string, string>;
  /** The detail of the first item of this name, or of this `area name`. */
  readonly detail: (item: string) => string;
}

interface JsonReport {
  readonly ok: boolean;
  readonly applied: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly items: readonly {
    readonly area: string;
    readonly name: string;
    readonly status: string;
    readonly detail: string | null;
  }[];
  readonly rules: readonly { readonly condition: string; readonly actions: readonly string[] }[];
  readonly warnings: readonly string[];
  /** Instead of everything else, if the settings are not valid. */
  readonly problems?: readonly string[];
}

/** The environment of setup for an account; its state is in a folder that does not exist. */
export async function setupEnvironment(account: TestAccount): Promise<{
  readonly env: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-setup-'));
  return {
    env: accountEnvironment(account, folder, join(folder, 'state', 'state.json')),
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Makes a fresh account and setup's environment for it, and hands both to `use`. */
export function useSetupAccount(
  use: (prepared: {
    readonly account: StandIn;
    readonly env: Readonly<Record<string, string>>;
  }) => void,
): void {
  let account: StandIn;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    account = await startStandIn();
    const environment = await setupEnvironment(account);
    ({ remove } = environment);
    use({ account, env: environment.env });
  });
  afterEach(async () => {
    await remove();
    await account.close();
  });
}

/** Runs the real program. Throws when it printed a secret. */
export async function runSetup(
  { setup }: Programs,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<ProgramResult> {
  const { result: ended } = startProgram([...setup, ...args], { env });
  const result = await ended;
  const found = findPrivateText(
    `${result.stdout}${result.stderr}`,
    [env['MAILROOM_JMAP_TOKEN'] ?? ''],
    {
      username: env['MAILROOM_CARDDAV_USERNAME'] ?? '',
      passwords: [env['MAILROOM_CARDDAV_PASSWORD'] ?? ''],
    },
  );
  if (found !== null) throw new Error(`setup printed ${found}`);
  return result;
}

/** The same with `--json`. */
export async function runSetupJson(
  programs: Programs,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<SetupRun> {
  const result = await runSetup(programs, env, '--json', ...args);
  const report = JSON.parse(result.stdout) as JsonReport;
  const items = report.items ?? [];
  return {
    ...result,
    report,
    statuses: new Map(items.map(({ area, name, status }) => [`${area} ${name}`, status])),
    detail: (wanted) =>
      items.find(({ area, name }) => [name, `${area} ${name}`].includes(wanted))?.detail ?? '',
  };
}
