import { dryRunContactStore, dryRunLogger, dryRunMailStore } from '../pass/dry-run.ts';
import { SettingsError, StoppedError } from '../errors.ts';
import { createBudget, type RequestBudget } from '../http/budget.ts';
import { createHttpClients } from '../http/clients.ts';
import { runTriagePass } from '../pass/triage-pass.ts';
import type { DoneSender, PassClock, World } from '../pass/world.ts';
import { type Settings, triageNames } from '../settings/settings.ts';
import type { DigestChange } from '../state/digest-memory.ts';
import type { FinishedRun, RunState, Schedule } from '../state/state.ts';
import { showContacts, showMail } from '../terminal/progress-stores.ts';
import type { TriageNames } from '../triage/layout.ts';
import type { SenderAddress } from '../triage/model.ts';
import { hasFailed } from '../triage/report.ts';
import { connect, type Connection } from './connect.ts';
import { keepDecided } from './digest/kept.ts';
import { digestSettings, type DigestStep, tellDigest } from './digest/step.ts';
import { type Run, STOP_GRACE_MS } from './open-run.ts';
import type { PassResult } from './outcome.ts';
import { askWhenTold } from './digest/when-told.ts';

/** How a run's one triage pass went. */
export interface Attempt extends Pick<FinishedRun, 'known' | 'digest'> {
  readonly result: PassResult;
  readonly requestCount: number;
}

/** Broken settings are one way for a pass to be broken. The pass's time begins here. Never throws. */
export async function attemptPass(run: Run, state: RunState): Promise<Attempt> {
  const { settings, options, log } = run;
  if (settings instanceof SettingsError) {
    const result = { kind: 'broken', error: settings } as const;
    return { result, known: null, requestCount: 0 };
  }
  const { passTimeoutMs } = settings;
  // Reads leave nothing half done, so they get no grace.
  const grace = { stop: options.stop, stopGraceMs: STOP_GRACE_MS, readGraceMs: 0 };
  const budget = createBudget({ passTimeoutMs, ...grace });
  const names = triageNames(settings);
  const connection = connect(
    settings,
    createHttpClients({ ...settings, around: options.around }, budget, log),
    state,
    log,
  );
  const isAsking = settings.digest !== 'off' && (state.digest?.toldAt ?? null) === null;
  const asking = isAsking ? askWhenTold(connection.mail) : null;
  const mail = asking?.mail ?? connection.mail;
  const done: DoneSender[] = [];
  const world = createWorld(run, { ...connection, mail }, budget);
  const result = await tryPass(
    names,
    { ...world, onDone: (sender) => done.push(sender) },
    run.only,
  );
  const digest = await digestAfter(run, state, result, {
    done,
    mail: connection.mail,
    readNotes: (pick) => connection.contacts.readNotes(pick),
    newest: asking?.newestDigest(),
  });
  budget.end();
  const known = {
    discovery: connection.remember(),
    schedule: scheduleOf(settings),
    account: settings.cardDavUsername,
  };
  return { result, known, ...digest, requestCount: budget.requestCount };
}

/**
 * Only a pass that succeeded is followed by a digest; what another one decided before it failed is
 * kept for the next.
 */
async function digestAfter(
  { settings, startedAt, isDryRun, log, redact, options }: Run,
  { digest: memory, lastRun }: RunState,
  result: PassResult,
  read: Pick<DigestStep, 'done' | 'mail' | 'readNotes' | 'newest'>,
): Promise<{ readonly digest?: DigestChange }> {
  if (settings instanceof SettingsError) return {};
  const wanted = digestSettings(settings);
  const missingSince = findMissingSince(lastRun, startedAt, settings);
  const kept = { ...read, missingSince, memory, now: new Date() };
  if (result.kind === 'broken' || hasFailed(result.report) || options.stop.aborted) {
    const isNews = read.done.length > 0 || (missingSince !== null && memory !== null);
    return wanted === null || !isNews ? {} : { digest: keepDecided(kept) };
  }
  if (wanted === null) return { digest: 'forget' };
  const { report } = result;
  const step = { settings: wanted, names: triageNames(settings), report, log: log.child('digest') };
  return { digest: await tellDigest({ ...kept, ...step, redact, isDryRun }) };
}

/** A run later than expected by more than half an interval means that one is missing. */
function findMissingSince(
  lastRun: RunState['lastRun'],
  startedAt: Date,
  { pollIntervalSeconds }: Settings,
): string | null {
  if (lastRun === null) return null;
  const sinceMs = startedAt.getTime() - Date.parse(lastRun.startedAt);
  return sinceMs > 1.5 * pollIntervalSeconds * 1000 ? lastRun.startedAt : null;
}

function scheduleOf(settings: Settings): Schedule {
  const { pollIntervalSeconds, maxConsecutiveFailures: maxFailures } = settings;
  return { pollIntervalSeconds, maxFailures };
}

async function tryPass(
  names: TriageNames,
  world: World,
  only: ReadonlySet<SenderAddress> | null,
): Promise<PassResult> {
  try {
    return { kind: 'report', report: await runTriagePass(names, world, only) };
  } catch (error) {
    return { kind: 'broken', error };
  }
}

/** What a pass acts on, with what is read and written shown on the terminal. */
function createWorld(
  { isDryRun, log, progress }: Run,
  connection: Pick<Connection, 'contacts'> & Pick<World, 'mail'>,
  budget: RequestBudget,
): World {
  const passLog = log.child('triage');
  const mail = isDryRun ? dryRunMailStore(connection.mail) : connection.mail;
  const contacts = isDryRun ? dryRunContactStore(connection.contacts) : connection.contacts;
  return {
    mail: showMail(mail, progress),
    contacts: showContacts(contacts, progress),
    log: isDryRun ? dryRunLogger(passLog) : passLog,
    clock: createClock(budget),
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
