/** What became of one thing that a pass needs. */
export type CheckStatus =
  /** There, and as it has to be. */
  | 'exists'
  /** Not there; `--apply` would create it. */
  | 'missing'
  /** Not there, and not needed; `--apply` would create it. */
  | 'optional'
  /** Was not there, and is now. */
  | 'created'
  /** Not as it has to be, or it could not be checked; the detail says why. */
  | 'failed';

/** The parts of the report, in the order in which they are shown. */
export const AREAS = [
  'credential',
  'server limits',
  'mailbox',
  'triage label',
  'error label',
  'warning label',
  'digest',
  'contact group',
  'categories',
  'state',
  'clock',
] as const;

/** The part of the report in which a line stands. */
export type CheckArea = (typeof AREAS)[number];

/** One line of the report. */
export interface Check {
  readonly area: CheckArea;
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found, or the reason of a failure; for people, without secrets. */
  readonly detail: string | null;
}

/** Whether a pass would find all that it needs. */
export function isReady(checks: readonly Check[]): boolean {
  return checks.every(({ status }) => status !== 'missing' && status !== 'failed');
}

/** How many lines of the report have each status. */
export function countStatuses(checks: readonly Check[]): Readonly<Record<CheckStatus, number>> {
  const count = (wanted: CheckStatus): number =>
    checks.filter(({ status }) => status === wanted).length;
  return {
    exists: count('exists'),
    missing: count('missing'),
    optional: count('optional'),
    created: count('created'),
    failed: count('failed'),
  };
}

/** It could not be checked, because something before it failed. */
export function isNotChecked({ status, detail }: Check): boolean {
  return status === 'failed' && detail?.startsWith('not checked') === true;
}
