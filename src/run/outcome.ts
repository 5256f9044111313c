import { EverySenderFailedError, runFailureKind } from '../errors.ts';
import { hasSucceededOrAssumeSo, type RunState } from '../state/state.ts';
import { hasFailed, type TriageReport } from '../triage/report.ts';

/** How a run ended: REFERENCE.md, exit codes. */
export type RunOutcome =
  | { readonly event: 'poll_complete' }
  | { readonly event: 'poll_failed' | 'startup_failed'; readonly error: unknown }
  | { readonly event: 'run_stopped' };

/** What the pass did: a report, or what broke it. */
export type PassResult =
  | { readonly kind: 'report'; readonly report: TriageReport }
  | { readonly kind: 'broken'; readonly error: unknown };

/**
 * The table from what happened to its outcome. Before an installation's first successful pass every
 * failure is one of its startup: nobody has seen it work yet.
 */
export function judgeRun(result: PassResult, state: RunState, isStopping: boolean): RunOutcome {
  const error = findError(result);
  if (error === null) return { event: 'poll_complete' };
  const kind = runFailureKind(error);
  if (kind === 'stopped' || (isStopping && kind === 'transient')) return { event: 'run_stopped' };
  const isStartup = kind === 'startup' || !hasSucceededOrAssumeSo(state);
  return { event: isStartup ? 'startup_failed' : 'poll_failed', error };
}

function findError(result: PassResult): unknown {
  if (result.kind === 'broken') return result.error;
  const { failures } = result.report;
  if (!hasFailed(result.report)) return null;
  const [first] = failures;
  return new EverySenderFailedError(
    `every sender that was tried failed (${failures.length}); the first: ${first?.sender}, ${first?.step}: ${first?.failure.problem}`,
  );
}
