import { messageOf, SettingsError } from '../errors.ts';
import { findProxy } from '../http/proxy.ts';
import type { Settings } from '../settings/settings.ts';
import { afterPing, type Counts, type RunState } from '../state/state.ts';
import { widthOf } from '../terminal/width.ts';
import type { TriageReport } from '../triage/report.ts';
import type { Attempt } from './attempt.ts';
import type { Run } from './open-run.ts';
import type { RunOutcome } from './outcome.ts';
import { sendPing } from './ping.ts';
import { afterOutcome, ownState, saveState } from './stored-state.ts';

/**
 * Saves the state, pings the monitoring service, logs how the run ended, and returns the exit code
 * once all lines are out.
 */
export async function endRun(
  run: Run,
  state: RunState,
  attempt: Attempt,
  outcome: RunOutcome,
): Promise<0 | 1> {
  const { options, settings, log, redact, progress } = run;
  const report = attempt.result.kind === 'report' ? attempt.result.report : null;
  const finished = {
    startedAt: run.startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    counts: countsOf(report),
    known: attempt.known,
    ...(attempt.digest === undefined ? {} : { digest: attempt.digest }),
  };
  const saved = await saveState(run, state, (stored) =>
    afterOutcome(ownState(stored, settings), outcome, finished, redact),
  );
  const ending = judgeEnding(outcome, finished.counts, saved.consecutiveFailures, settings);
  const summary = redact(ending.summary).slice(0, MAX_SUMMARY_LENGTH);
  const pinged = await ping(run, saved, outcome, summary);
  const counts = {
    ...finished.counts,
    http_requests: attempt.requestCount + run.stateBudget.requestCount + pinged,
    duration_ms: Math.round(performance.now() - run.startedMs),
  };
  // No report tells then what became of single senders before the pass broke off.
  if (report === null) log.release();
  logEnding(run, outcome, ending, counts);
  try {
    options.writeTerminationMessage(summary);
  } catch (error) {
    log.debug('termination_message_failed', { error });
  }
  progress.end();
  await log.flush(options.stop);
  if (run.isForPerson) await tellPerson(run, report, outcome);
  return ending.exitCode;
}

/** On standard output, where a pass of the CronJob has its log. */
async function tellPerson(
  run: Run,
  report: TriageReport | null,
  outcome: RunOutcome,
): Promise<void> {
  const { options, isDryRun, redact } = run;
  // A pass of the CronJob has no use for it.
  const { renderFailure, renderReport } = await import('../terminal/pass-report.ts');
  const width = widthOf(options.output);
  const text =
    report === null ? renderFailure(outcome, width) : renderReport(report, { isDryRun, width });
  await write(options.output, redact(text));
}

/** Kubernetes cuts a termination message at 4096 bytes. */
const MAX_SUMMARY_LENGTH = 4000;

/** What the outcome means outside the process. */
interface Ending {
  readonly exitCode: 0 | 1;
  /** One line for people. */
  readonly summary: string;
  /** Runs that failed since the last success, including this one. */
  readonly failures: number;
  /** The limit, once they have reached it; else null. */
  readonly limit: number | null;
}

function judgeEnding(
  outcome: RunOutcome,
  counts: Counts,
  failures: number,
  settings: Settings | SettingsError,
): Ending {
  const end = { failures, limit: null };
  switch (outcome.event) {
    case 'poll_complete': {
      const summary = `poll_complete: ${counts['processed']} of ${counts['triaged_senders']} senders handled, ${counts['emails_swept']} emails swept`;
      return { ...end, exitCode: 0, summary };
    }
    case 'run_stopped':
      return { ...end, exitCode: 0, summary: 'run_stopped: shutdown_signal' };
    case 'startup_failed':
      return { ...end, exitCode: 1, summary: `startup_failed: ${messageOf(outcome.error)}` };
    case 'poll_failed': {
      const summary = `poll_failed: ${messageOf(outcome.error)}`;
      const limit = settings instanceof SettingsError ? null : settings.maxConsecutiveFailures;
      if (limit === null || failures < limit) return { ...end, exitCode: 0, summary };
      const tooMany = `too_many_consecutive_failures (${failures}): ${summary}`;
      return { failures, limit, exitCode: 1, summary: tooMany };
    }
    default:
      return outcome satisfies never;
  }
}

/** How many requests it took. A failure is a warning, and changes nothing but what status says. */
async function ping(
  run: Run,
  state: RunState,
  { event }: RunOutcome,
  summary: string,
): Promise<number> {
  const { pingUrl: url, isDryRun, log, redact } = run;
  if (isDryRun) return 0;
  const { stop, env } = run.options;
  const proxy = findProxy(env);
  const proxyEnv = proxy.kind === 'used' ? proxy.env : null;
  const { problem, requests } =
    url === null ? NO_PING : await sendPing({ url, outcome: event, summary, proxyEnv, stop });
  if (problem !== null) log.warning('ping_failed', { problem });
  const isKnown = requests > 0 && !stop.aborted;
  if (url !== null && !isKnown) return requests;
  const trouble =
    problem === null ? null : { since: new Date().toISOString(), problem: redact(problem) };
  // The state is written before the ping, so that one that fails costs one more write, once.
  if (afterPing(state, trouble) !== null) {
    await saveState(run, state, (stored) => afterPing(stored, trouble) ?? stored);
  }
  return requests;
}

const NO_PING = { problem: null, requests: 0 } as const;

/** The log's last line. */
function logEnding(
  { isDryRun, log }: Run,
  outcome: RunOutcome,
  { failures, limit }: Ending,
  counts: Counts,
): void {
  const fields = { ...counts, ...(isDryRun ? { dry_run: true } : {}) };
  switch (outcome.event) {
    case 'poll_complete':
      log.info('poll_complete', fields);
      break;
    case 'run_stopped':
      log.info('run_stopped', { reason: 'shutdown_signal', ...fields });
      break;
    case 'startup_failed':
      log.error('startup_failed', { error: outcome.error, ...fields });
      break;
    case 'poll_failed':
      log.error('poll_failed', {
        error: outcome.error,
        consecutive_failures: failures,
        ...fields,
      });
      if (limit !== null) {
        log.error('too_many_consecutive_failures', {
          consecutive_failures: failures,
          maximum: limit,
        });
      }
      break;
    default:
      outcome satisfies never;
  }
}

/** The numbers of `poll_complete`, by name; none if the pass was broken off. */
function countsOf(report: TriageReport | null): Counts {
  if (report === null) return {};
  return {
    triaged_senders: report.triagedSenders,
    processed: report.processed,
    failed: report.failures.length,
    refused: report.failures.filter(({ failure }) => failure.kind === 'refused').length,
    conflicts: report.conflicts,
    emails_swept: report.emailsSwept,
    emails_without_sender: report.emailsWithoutSender,
  };
}

function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
