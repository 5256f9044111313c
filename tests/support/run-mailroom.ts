import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { accountEnvironment } from './account-environment.ts';
import { type Program, type ProgramOptions, type ProgramResult, startProgram } from './process.ts';
import type { Programs } from './programs.ts';
import { findPrivateText } from './run-mailroom-privacy.ts';
import type { StandIn } from './stand-in/stand-in.ts';
import type { TestAccount } from './test-account.ts';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Environment variables; null removes one. */
export type EnvChange = Readonly<Record<string, string | null>>;

/** Mailroom set up for one account, with a state of its own. */
export interface Installation {
  /** The folder does not exist before the first run. */
  readonly statePath: string;
  /** One run, to its end. Throws when it printed or stored anything private, or harmed an email. */
  run(options?: RunOptions): Promise<MailroomRun>;
  /** The same, but started only, so that it can be interrupted. */
  start(options?: RunOptions): StartedRun;
  /** The health check. */
  status(options?: Omit<RunOptions, 'command'>): Promise<ProgramResult>;
  /** What is stored, parsed; null if nothing is. */
  // oxlint-disable-next-line typescript/no-explicit-any -- picked apart in tests
  readState(): Promise<any>;
  writeState(content: string): Promise<void>;
  remove(): Promise<void>;
}

export interface RunOptions extends Pick<ProgramOptions, 'input' | 'unreadMs'> {
  readonly env?: EnvChange;
  readonly args?: readonly string[];
  /** Emails that the test deletes during the run. */
  readonly mayMiss?: readonly string[];
  /** Default: the bundled run-once. */
  readonly command?: readonly string[];
}

export interface StartedRun {
  readonly result: Promise<MailroomRun>;
  kill(signal: NodeJS.Signals): void;
}

export interface MailroomRun extends ProgramResult {
  readonly lines: readonly LogLine[];
  /** The events of the lines, in order. */
  readonly events: readonly string[];
  /** The last line. */
  readonly end: LogLine;
  /** All lines of one event. */
  find(event: string): readonly LogLine[];
}

export interface LogLine {
  readonly timestamp: string;
  readonly level: string;
  readonly event: string;
  readonly component: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- picked apart in tests
  readonly [field: string]: any;
}

/** Sets Mailroom up for the account; `settings` are added to the required ones. */
export async function install(
  programs: Programs,
  account: TestAccount,
  settings: EnvChange = {},
): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-state-'));
  const statePath = join(folder, 'state', 'state.json');
  const environment = (change: EnvChange = {}): Readonly<Record<string, string>> =>
    definedOnly({
      ...accountEnvironment(account, folder, statePath),
      ...settings,
      ...change,
    });

  const readStateText = (): Promise<string> => readFile(statePath, 'utf8').catch(() => '');

  const startIt = (options: RunOptions = {}): { program: Program; env: EnvChange } => {
    const { env: change, args = [], command = programs.runOnce, input, unreadMs } = options;
    const env = environment(change);
    const program = startProgram([...command, ...args], {
      env,
      // A folder without a developer's `.env`. So the sources are named by their full path.
      cwd: command === programs.runOnce ? folder : PROJECT,
      ...(input === undefined ? {} : { input }),
      ...(unreadMs === undefined ? {} : { unreadMs }),
    });
    return { program, env };
  };

  const examine = async (
    program: Program,
    env: EnvChange,
    emailIds: readonly string[],
  ): Promise<MailroomRun> => {
    const result = await program.result;
    requireNothingPrivate({ ...result, state: await readStateText() }, env, account);
    if (isStandIn(account)) requireUnharmed(account, emailIds);
    return toRun(result);
  };

  const start = (options?: RunOptions): StartedRun => {
    const { mayMiss = [] } = options ?? {};
    const emailIds = isStandIn(account)
      ? [...account.mail.emails.keys()].filter((id) => !mayMiss.includes(id))
      : [];
    const { program, env } = startIt(options);
    return { result: examine(program, env, emailIds), kill: (signal) => program.kill(signal) };
  };

  return {
    statePath,
    start,
    run: (options) => start(options).result,
    async status(options) {
      const { program, env } = startIt({ ...options, command: programs.status });
      const result = await program.result;
      requireNothingPrivate({ ...result, state: '' }, env, account);
      return result;
    },
    async readState() {
      const text = await readStateText();
      return text === '' ? null : JSON.parse(text);
    },
    async writeState(content) {
      await mkdir(dirname(statePath), { recursive: true });
      await writeFile(statePath, content);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export function isStandIn(account: TestAccount): account is StandIn {
  return account.kind === 'stand-in';
}

/**
 * The writes that the stand-in recorded. A real server keeps no record, so there its cards are
 * compared.
 */
export function recordedWrites(account: TestAccount): readonly string[] {
  if (!isStandIn(account)) return [];
  return account.requests
    .filter(
      ({ kind, jmapMethods }) =>
        kind === 'put-card' ||
        kind === 'delete-card' ||
        kind === 'other' ||
        jmapMethods.some((name) => name.endsWith('/set') || name.endsWith('/import')),
    )
    .map(({ method, path, jmapMethods }) => [method, path, ...jmapMethods].join(' '));
}

/** ETags by href, sorted. They change with every write, even one of the same bytes. */
export async function readEtags(account: TestAccount): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries([...(await account.cards())].map(([href, { etag }]) => [href, etag]));
}

/** Lines of JSON, each with the fields that every line has (REFERENCE.md, log events). */
export function parseLogLines(stdout: string): readonly LogLine[] {
  if (stdout === '') return [];
  if (!stdout.endsWith('\n')) throw new Error(`the last line is cut: ${stdout.slice(-200)}`);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const { timestamp, level, event, component } = JSON.parse(line) as LogLine;
      const isRight =
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u.test(timestamp) &&
        ['debug', 'info', 'warning', 'error'].includes(level) &&
        [event, component].every((name) => typeof name === 'string' && name !== '');
      if (!isRight) throw new Error(`not a log line: ${line}`);
      return JSON.parse(line) as LogLine;
    });
}

function toRun(result: ProgramResult): MailroomRun {
  // Help and version are text.
  const lines = result.stdout.startsWith('{') ? parseLogLines(result.stdout) : [];
  const nothing = { timestamp: '', level: '', event: 'nothing was logged', component: '' };
  return {
    ...result,
    lines,
    events: lines.map(({ event }) => event),
    end: lines.at(-1) ?? nothing,
    find: (event) => lines.filter((line) => line.event === event),
  };
}

function requireNothingPrivate(
  texts: Pick<ProgramResult, 'stdout' | 'stderr'> & { readonly state: string },
  env: EnvChange,
  account: TestAccount,
): void {
  const { stdout, stderr, state } = texts;
  for (const [where, text] of Object.entries({ stdout, stderr, state })) {
    const found = findPrivateText(text, [account.token, env['MAILROOM_JMAP_TOKEN'] ?? ''], {
      username: env['MAILROOM_CARDDAV_USERNAME'] ?? '',
      passwords: [account.password, env['MAILROOM_CARDDAV_PASSWORD'] ?? ''],
    });
    if (found !== null) throw new Error(`${where} has ${found}: ${text}`);
  }
}

/** Throws if an email is gone or in no mailbox, or if anybody tried to bring that about. */
function requireUnharmed({ mail }: StandIn, idsBefore: readonly string[]): void {
  if (mail.lastMailboxRemovals.length > 0) {
    throw new Error(`emails out of their last mailbox: ${mail.lastMailboxRemovals.join(', ')}`);
  }
  const gone = idsBefore.filter((id) => (mail.emails.get(id)?.mailboxIds.size ?? 0) === 0);
  if (gone.length > 0) throw new Error(`emails gone: ${gone.join(', ')}`);
}

function definedOnly(env: EnvChange): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}
