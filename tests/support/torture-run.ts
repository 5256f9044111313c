import '../../src/http/install.ts';

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { accountEnvironment } from './account-environment.ts';
import { runOnce } from '../../src/run/once.ts';
import { runOptions } from './run-options.ts';
import { type EnvChange, type LogLine, parseLogLines } from './run-mailroom.ts';
import { findPrivateText } from './run-mailroom-privacy.ts';
import type { StandInOptions } from './stand-in/options.ts';
import type { TestAccount } from './test-account.ts';
import { openTortureAccount, type Story, type TortureAccount } from './torture-account.ts';

/** Sends a request for one run. The test decides what happens to it. */
export type Transport = (
  send: () => Promise<Response>,
  request: { readonly url: URL; readonly method: string },
) => Promise<Response>;

export interface PassResult {
  readonly exitCode: 0 | 1;
  readonly lines: readonly LogLine[];
  readonly events: readonly string[];
  /** The last line but `too_many_consecutive_failures`. */
  readonly end: LogLine;
  readonly stdout: string;
  readonly termination: string;
}

export interface PassOptions {
  readonly env?: EnvChange;
  readonly transport?: Transport;
  /** Coloured text for people; then there are no log lines to read. */
  readonly isTerminal?: boolean;
}

/**
 * Mailroom inside this process, which is thirty times faster than a process of its own. It does the
 * same as `src/run-once.ts`.
 */
export interface Mailroom {
  readonly folder: string;
  readonly statePath: string;
  readonly env: Readonly<Record<string, string>>;
  /** One run, to its end. Throws when it printed or stored anything private. */
  pass(options?: PassOptions): Promise<PassResult>;
  remove(): Promise<void>;
}

/** Sets Mailroom up for the account, with a state of its own. */
export async function setUpMailroom(account: TestAccount): Promise<Mailroom> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-torture-'));
  const statePath = join(folder, 'state.json');
  const env = accountEnvironment(account, folder, statePath);
  return {
    folder,
    statePath,
    env,
    pass: (options = {}) => runPass(options, withChanges(env, options.env ?? {}), account),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Tells a story up to where Mailroom comes in, lets the test act, and cleans up. */
export async function withTortureAccount<Result>(
  { story, ...options }: StandInOptions & { readonly story: Story },
  act: (world: TortureAccount, mailroom: Mailroom) => Promise<Result>,
): Promise<Result> {
  const world = await openTortureAccount(story, options);
  const mailroom = await setUpMailroom(world.account);
  try {
    return await act(world, mailroom);
  } finally {
    // Each trial counts for itself whether its faults were met, and says more when they were not.
    world.account.faults.length = 0;
    await world.account.close();
    await mailroom.remove();
  }
}

async function runPass(
  { transport = (send) => send(), isTerminal = false }: PassOptions,
  env: Readonly<Record<string, string>>,
  account: TestAccount,
): Promise<PassResult> {
  let stdout = '';
  let termination = '';
  let isAsked = false;
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      stdout += chunk.toString('utf8');
      done();
    },
  });
  const exitCode = await runOnce(
    runOptions(output, {
      env,
      isTerminal,
      isErrorTerminal: isTerminal,
      isVerbose: true,
      writeTerminationMessage: (text) => (termination += text),
      around: (send) => (url, init) => {
        isAsked = true;
        return transport(() => send(url, init), { url, method: init.method ?? 'GET' });
      },
    }),
  );
  // Otherwise a test that holds requests up, or breaks them off, would test nothing.
  if (!isAsked) throw new Error('no request went through the transport of the test');
  const state = await readFile(env['MAILROOM_STATE_FILE'] ?? '', 'utf8').catch(() => '');
  for (const text of [stdout, termination, state]) {
    const found = findPrivateText(text, [account.token], {
      username: account.username,
      passwords: [account.password],
    });
    if (found !== null) throw new Error(`it printed ${found}: ${text}`);
  }
  const lines = isTerminal ? [NOTHING_READ] : parseLogLines(stdout);
  const end = lines.findLast(({ event }) => event !== 'too_many_consecutive_failures');
  if (end === undefined) throw new Error('nothing was logged');
  return { exitCode, lines, events: lines.map(({ event }) => event), end, stdout, termination };
}

const NOTHING_READ: LogLine = { timestamp: '', level: '', event: 'text', component: '' };

function withChanges(
  env: Readonly<Record<string, string>>,
  change: EnvChange,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries({ ...env, ...change }).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    ),
  );
}
