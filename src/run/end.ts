import { messageOf } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Counts } from '../state/state.ts';
import type { TriageReport } from '../triage/report.ts';
import type { RunOutcome } from './outcome.ts';

/** Says how the run ended, in the log's last line and in a summary, and gives the exit code. */
export function endRun(
  outcome: RunOutcome,
  counts: Counts,
  failures: number,
  maxFailures: number,
  isDryRun: boolean,
  log: Logger,
): { readonly exitCode: 0 | 1; readonly summary: string } {
  const dryRun = isDryRun ? { dry_run: true } : {};
  switch (outcome.event) {
    case 'poll_complete':
      log.info('poll_complete', { ...counts, ...dryRun });
      return {
        exitCode: 0,
        summary: `poll_complete: ${counts['processed']} of ${counts['triaged_senders']} senders handled, ${counts['emails_swept']} emails swept`,
      };
    case 'run_stopped':
      log.info('run_stopped', { reason: 'shutdown_signal', ...counts, ...dryRun });
      return { exitCode: 0, summary: 'run_stopped: shutdown_signal' };
    case 'startup_failed':
      log.error('startup_failed', { error: outcome.error, ...counts, ...dryRun });
      return { exitCode: 1, summary: `startup_failed: ${messageOf(outcome.error)}` };
    case 'poll_failed': {
      const summary = `poll_failed: ${messageOf(outcome.error)}`;
      log.error('poll_failed', {
        error: outcome.error,
        consecutive_failures: failures,
        ...counts,
        ...dryRun,
      });
      if (failures < maxFailures) return { exitCode: 0, summary };
      log.error('too_many_consecutive_failures', {
        consecutive_failures: failures,
        maximum: maxFailures,
      });
      return { exitCode: 1, summary: `too_many_consecutive_failures (${failures}): ${summary}` };
    }
    default:
      return outcome satisfies never;
  }
}

/** The numbers of `poll_complete`, by name; none where the pass was broken off. */
export function countsOf(report: TriageReport | null): Counts {
  if (report === null) return {};
  return {
    triaged_senders: report.triagedSenders,
    processed: report.processed,
    failed: report.failures.length,
    conflicts: report.conflicts,
    emails_swept: report.emailsSwept,
    emails_without_sender: report.emailsWithoutSender,
  };
}
