import { createAddressBook, parseRememberedBooks } from './contacts/address-book.ts';
import { createBudget } from './budget.ts';
import { version } from './command-line.ts';
import { createDryRunPlan, type DryRunPlan } from './dry-run-plan.ts';
import { dryRunAddressBook, dryRunLogger, dryRunMailStore } from './dry-run.ts';
import { SettingsError, StoppedError } from './errors.ts';
import type { RequestBudget } from './http.ts';
import { createLogger, isColorWanted, type Logger, type RootLogger } from './logger.ts';
import { createMailStore } from './mail/mail-store.ts';
import { parseRememberedSession } from './mail/jmap-session.ts';
import { applyOutcome, openStateStore, readState, saveState } from './run-state.ts';
import { countsOf, endRun } from './run-end.ts';
import { judgeRun, type PassResult } from './outcome.ts';
import { createProgress, type Progress } from './progress.ts';
import { showContacts, showMail } from './progress-stores.ts';
import { createRedact } from './redaction.ts';
import { createHttpClients, triageNames } from './servers.ts';
import {
  type Environment,
  findSecrets,
  readSettings,
  readStateSettings,
  type Settings,
  type StateSettings,
  type UnknownSetting,
} from './settings.ts';
import { type Discovery, findDiscovery, type RunState } from './state/state.ts';
import type { TriageNames } from './triage/layout.ts';
import { type PassClock, runTriagePass, type World } from './triage-pass.ts';

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
  const plan =
    run === null || !isDryRun || !options.isTerminal ? null : createDryRunPlan(run.names);
  const result: PassResult =
    run === null
      ? { kind: 'broken', error: read.error }
      : await tryPass(run.names, lookOn(run.world, progress, plan));
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
  if (plan !== null && report !== null) await write(options.output, redact(plan.render()));
  return end.exitCode;
}

/** The same world, with what is read and written shown on the terminal. */
function lookOn(world: World, progress: Progress, plan: DryRunPlan | null): World {
  return {
    ...world,
    mail: showMail(plan?.watchMail(world.mail) ?? world.mail, progress),
    contacts: showContacts(plan?.watchContacts(world.contacts) ?? world.contacts, progress),
  };
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

/** A pass made ready, and what is to be remembered of the servers after it. */
interface Run {
  readonly names: TriageNames;
  readonly world: World;
  remember(): Discovery;
}

function createRun(
  settings: Settings,
  state: RunState,
  budget: RequestBudget,
  log: Logger,
  isDryRun: boolean,
): Run {
  const keys = {
    sessionUrl: settings.jmapSessionUrl,
    cardDavUrl: settings.cardDavUrl,
    username: settings.cardDavUsername,
  };
  const discovery = findDiscovery(state, keys);
  const { mail: mailHttp, contacts: contactsHttp } = createHttpClients(settings, budget, log);
  const mail = createMailStore({
    http: mailHttp,
    sessionUrl: settings.jmapSessionUrl,
    remembered: parseRememberedSession(discovery?.session),
    log: log.child('mail'),
  });
  const contacts = createAddressBook({
    http: contactsHttp,
    serverUrl: settings.cardDavUrl,
    remembered: parseRememberedBooks(discovery?.books),
    log: log.child('contacts'),
  });
  const passLog = log.child('triage');
  return {
    names: triageNames(settings),
    world: {
      mail: isDryRun ? dryRunMailStore(mail) : mail,
      contacts: isDryRun ? dryRunAddressBook(contacts) : contacts,
      log: isDryRun ? dryRunLogger(passLog) : passLog,
      clock: createClock(budget),
    },
    remember: () => ({ ...keys, session: mail.remember(), books: contacts.remember() }),
  };
}

function createClock(budget: RequestBudget): PassClock {
  return {
    today: new Date().toISOString().slice(0, 10),
    beginWrites: () => budget.beginWrites(),
    isStopping: () => budget.isStopping() || budget.signal.aborted,
    checkpoint() {
      if (budget.isStopping()) throw new StoppedError('the run was told to stop');
      if (budget.signal.aborted) throw budget.signal.reason;
    },
  };
}

async function tryPass(names: TriageNames, world: World): Promise<PassResult> {
  try {
    return { kind: 'report', report: await runTriagePass(names, world) };
  } catch (error) {
    return { kind: 'broken', error };
  }
}
