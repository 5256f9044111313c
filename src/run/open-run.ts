import { SettingsError } from '../errors.ts';
import type { Around } from '../http/transport.ts';
import { createBudget, type RequestBudget } from '../http/budget.ts';
import type { LogEvent } from '../log/events.ts';
import { createLogger, type Logger, type RootLogger } from '../log/logger.ts';
import { createRedact, type Redact } from '../log/redaction.ts';
import { type Environment, findSecrets } from '../settings/environment.ts';
import { parseSettings, type Settings } from '../settings/settings.ts';
import {
  parseDryRun,
  parsePingUrl,
  parseStateSettings,
  type StateSettings,
} from '../settings/state-settings.ts';
import { findUnknownSettings, type UnknownSetting } from '../settings/unknown.ts';
import { settingNames } from '../settings/table.ts';
import { createStateStore } from '../state/place.ts';
import type { StateStore } from '../state/store.ts';
import { isColorWanted, isDumb } from '../terminal/color.ts';
import { noProgress } from '../terminal/no-progress.ts';
import type { Progress } from '../terminal/progress.ts';
import type { SenderAddress } from '../triage/model.ts';

/** What the process hands to a run. */
export interface RunOptions {
  readonly version: string;
  readonly env: Environment;
  /** `--dry-run`; the setting asks for it too. */
  readonly isDryRun: boolean;
  /** `--only`: addresses of the senders to be handled; none: all of them. */
  readonly only: readonly string[];
  readonly output: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  /** For the log, if `output` is for a person. */
  readonly errorOutput: NodeJS.WritableStream;
  /** With `isTerminal`: one screen shows both. */
  readonly isErrorTerminal: boolean;
  /** `--format text`: for a person also in a pipe. */
  readonly isText: boolean;
  /** `--verbose`: for a person, all log lines; else from `warning` on. */
  readonly isVerbose: boolean;
  /** Aborted by SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
  /** Does nothing where there is no such place; throws where it cannot be written. */
  readonly writeTerminationMessage: (text: string) => void;
  /** As in HttpOptions; for tests. */
  readonly around?: Around;
}

/** A run that has begun: what its parts share. */
export interface Run {
  readonly options: RunOptions;
  /** `--only`; null: all senders. */
  readonly only: ReadonlySet<SenderAddress> | null;
  readonly startedAt: Date;
  readonly startedMs: number;
  /** The settings, or what is wrong with them. */
  readonly settings: Settings | SettingsError;
  readonly isDryRun: boolean;
  /** Standard output is for a person: a report in place of the log. */
  readonly isForPerson: boolean;
  /** `MAILROOM_PING_URL`, also where other settings are invalid. */
  readonly pingUrl: string | null;
  readonly log: RootLogger;
  readonly redact: Redact;
  readonly progress: Progress;
  /** Null where there is no place for the state. */
  readonly store: StateStore | null;
  /**
   * For the state's requests. They have time of their own, so that a pass that timed out is counted
   * too.
   */
  readonly stateBudget: RequestBudget;
}

/** What the report on the same screen tells anyway, in its own words. */
const TOLD: ReadonlySet<LogEvent> = new Set<LogEvent>([
  'conflict_detected',
  'contact_kept',
  'email_missing_sender',
  'name_mismatch_warning',
  'poll_failed',
  'sender_processing_failed',
  'startup_failed',
  'would_warn_of_name',
]);

const NOTHING: ReadonlySet<LogEvent> = new Set();

/** After a signal, writes under way have this long; state and log have what is left of 20 s. */
export const STOP_GRACE_MS = 12_000;

/** For reading and writing the state, on top of what the pass takes. */
const STATE_TIME_MS = 30_000;

/** Settings, log and state store; `run_started` is logged, nothing is sent yet. */
export async function openRun(
  options: RunOptions,
  only: ReadonlySet<SenderAddress> | null,
): Promise<Run> {
  const startedAt = new Date();
  const startedMs = performance.now();
  const { env, stop, version } = options;
  const { settings, unknown } = trySettings(env);
  const areValid = !(settings instanceof SettingsError);
  const isForPerson = options.isTerminal || options.isText;
  const isTerminal = options.isTerminal && !isDumb(env);
  const progress = await openProgress(options.output, isTerminal);
  const secrets = findSecrets(env);
  const log = createLogger({
    level: isForPerson && !options.isVerbose ? 'warning' : areValid ? settings.logLevel : 'info',
    component: 'run',
    secrets,
    stream: isForPerson ? progress.around(options.errorOutput) : options.output,
    isTerminal: isForPerson,
    held: options.isTerminal && options.isErrorTerminal && !options.isVerbose ? TOLD : NOTHING,
    useColor: isColorWanted(env, options.isErrorTerminal),
  });
  const stateBudget = createBudget({
    passTimeoutMs: (areValid ? settings.passTimeoutMs : 0) + STATE_TIME_MS,
    stop,
    stopGraceMs: STOP_GRACE_MS + 5_000,
  });
  const store = openStateStore(areValid ? settings : parseStateSettings(env), stateBudget, log);
  const isDryRun = options.isDryRun || parseDryRun(env);
  const state_store = store?.description ?? 'none';
  log.info('run_started', { version, dry_run: isDryRun, state_store });
  for (const { name, nearest } of unknown) {
    log.warning('unknown_setting', { name, did_you_mean: nearest });
  }
  const redact = createRedact(secrets);
  const pingUrl = parsePingUrl(env);
  const shared = { isForPerson, pingUrl, log, redact, progress, store, stateBudget };
  return { options, only, startedAt, startedMs, settings, isDryRun, ...shared };
}

interface TriedSettings {
  readonly settings: Settings | SettingsError;
  readonly unknown: readonly UnknownSetting[];
}

function trySettings(env: Environment): TriedSettings {
  try {
    return parseSettings(env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { settings: error, unknown: findUnknownSettings(env, settingNames) };
  }
}

/** Null if there is no place for the state, which is logged. */
function openStateStore(
  settings: StateSettings,
  budget: RequestBudget,
  log: Logger,
): StateStore | null {
  try {
    return createStateStore({ ...settings, budget });
  } catch (error) {
    log.error('state_write_failed', { error });
    return null;
  }
}

/** A pass of the CronJob has no use for what measures columns. */
async function openProgress(stream: NodeJS.WritableStream, isTerminal: boolean): Promise<Progress> {
  if (!isTerminal) return noProgress(stream);
  const { createProgress } = await import('../terminal/progress.ts');
  return createProgress(stream);
}
