import { SettingsError } from '../errors.ts';
import { createBudget } from '../http/budget.ts';
import { createLogger, type Logger, type RootLogger } from '../log/logger.ts';
import { createRedact } from '../log/redaction.ts';
import { runTriagePass } from '../pass/triage-pass.ts';
import type { World } from '../pass/world.ts';
import { type Environment, findSecrets } from '../settings/environment.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { readStateSettings, type StateSettings } from '../settings/state-settings.ts';
import type { UnknownSetting } from '../settings/unknown.ts';
import { isColorWanted } from '../terminal/color.ts';
import { version } from '../terminal/command-line.ts';
import { renderReport } from '../terminal/pass-report.ts';
import { createProgress } from '../terminal/progress.ts';
import type { TriageNames } from '../triage/layout.ts';
import { countsOf, endRun } from './end.ts';
import { judgeRun, type PassResult } from './outcome.ts';
import { createRun, lookOn } from './pass-world.ts';
import { applyOutcome, openStateStore, readState, saveState } from './stored-state.ts';

/** What a run has of its process. */
export interface RunOptions {
  readonly env: Environment;
  /** `--dry-run`; the setting asks for it too. */
  readonly isDryRun: boolean;
  readonly output: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  /** Aborted by SIGTERM and SIGINT. */
  readonly stop: AbortSignal;
  /** Does nothing where there is no such place; throws where it cannot be written. */
  readonly writeTerminationMessage: (text: string) => void;
}

/** After a signal, writes under way have this long; state and log have what is left of 20 s. */
const STOP_GRACE_MS = 12_000;

/** State is saved after the pass, in time of its own: a pass that timed out is to be counted. */
const STATE_TIME_MS = 20_000;

/**
 * One run: settings, state, one triage pass, state, log. Returns the exit code (CONTRACT section 4)
 * after every log line is with the operating system. Never throws.
 */
export async function runOnce(options: RunOptions): Promise<0 | 1> {
  const startedAt = new Date();
  const startedMs = performance.now();
  const read = tryReadSettings(options.env);
  const progress = createProgress({
    stream: options.output,
    isTerminal: options.isTerminal && options.env['TERM'] !== 'dumb',
  });
  const { log, redact } = createRunLogger({ ...options, output: progress.output }, read);
  const settings = read.kind === 'valid' ? read.settings : null;
  const passTimeoutMs = settings?.passTimeoutMs ?? 0;
  const { stop } = options;
  // Reads, of which nothing is left behind, have no grace.
  const budget = createBudget({ passTimeoutMs, stop, stopGraceMs: STOP_GRACE_MS, readGraceMs: 0 });
  const stateBudget = createBudget({
    passTimeoutMs: passTimeoutMs + STATE_TIME_MS,
    stop,
    stopGraceMs: STOP_GRACE_MS + 5_000,
  });
  const isDryRun = options.isDryRun || settings?.isDryRun === true;

  const store = openStateStore(read.stateSettings, stateBudget, log);
  log.info('run_started', {
    version,
    dry_run: isDryRun,
    state_store: store?.description ?? 'none',
  });
  if (read.kind === 'valid') warnOfUnknown(read.unknown, log);
  const state = await readState(store, log);
  const run = settings === null ? null : createRun(settings, state, budget, log, isDryRun);
  const result: PassResult =
    run === null
      ? { kind: 'broken', error: read.error }
      : await tryPass(run.names, lookOn(run.world, progress));
  budget.end();
  const outcome = judgeRun(result, state, options.stop.aborted);

  const finishedAt = new Date();
  const report = result.kind === 'report' ? result.report : null;
  const finished = {
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    counts: countsOf(report),
    discovery: run === null ? ('keep' as const) : run.remember(),
  };
  const saved = isDryRun
    ? applyOutcome(state, outcome, finished, redact)
    : await saveState(
        store,
        state,
        (stored) => applyOutcome(stored, outcome, finished, redact),
        log,
      );
  const counts = {
    ...finished.counts,
    http_requests: budget.requestCount + stateBudget.requestCount,
    duration_ms: Math.round(performance.now() - startedMs),
  };
  const maxFailures = settings?.maxConsecutiveFailures ?? Infinity;
  const end = endRun(outcome, counts, saved.consecutiveFailures, maxFailures, isDryRun, log);
  try {
    options.writeTerminationMessage(redact(end.summary).slice(0, 4000));
  } catch (error) {
    log.debug('termination_message_failed', { error });
  }
  progress.end();
  await log.flush();
  if (isDryRun && options.isTerminal && report !== null) {
    await write(options.output, redact(renderReport(report, { isDryRun, width: 80 })));
  }
  return end.exitCode;
}

function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}

type SettingsResult = { readonly stateSettings: StateSettings } & (
  | {
      readonly kind: 'valid';
      readonly settings: Settings;
      readonly unknown: readonly UnknownSetting[];
      readonly error: null;
    }
  | { readonly kind: 'invalid'; readonly error: SettingsError }
);

function tryReadSettings(env: Environment): SettingsResult {
  try {
    const { settings, unknown } = readSettings(env);
    return { kind: 'valid', settings, unknown, stateSettings: settings, error: null };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { kind: 'invalid', error, stateSettings: readStateSettings(env) };
  }
}

function createRunLogger(
  options: RunOptions,
  read: SettingsResult,
): { readonly log: RootLogger; readonly redact: (text: string) => string } {
  const secrets = findSecrets(options.env);
  const log = createLogger({
    level: read.kind === 'valid' ? read.settings.logLevel : 'info',
    component: 'run',
    secrets,
    stream: options.output,
    isTerminal: options.isTerminal,
    useColor: isColorWanted(options.env, options.isTerminal),
  });
  return { log, redact: createRedact(secrets) };
}

function warnOfUnknown(unknown: readonly UnknownSetting[], log: Logger): void {
  for (const { name, nearest } of unknown) {
    log.warning('unknown_setting', { name, did_you_mean: nearest });
  }
}

async function tryPass(names: TriageNames, world: World): Promise<PassResult> {
  try {
    return { kind: 'report', report: await runTriagePass(names, world) };
  } catch (error) {
    return { kind: 'broken', error };
  }
}
