import { describe, expect, it } from 'vitest';

import { hasFailed, type TriageReport } from '../../../src/triage/report.ts';
import { anAddress } from '../../support/builders.ts';

function aReport(
  processed: number,
  failed: number,
  others: Partial<TriageReport> = {},
): TriageReport {
  return {
    triagedSenders: processed + failed,
    processed,
    failures: Array.from({ length: failed }, () => ({
      sender: anAddress(),
      step: 'contact' as const,
      failure: { kind: 'failed' as const, problem: 'HTTP 503' },
    })),
    conflicts: 0,
    emailsWithoutSender: 0,
    emailsSwept: 0,
    details: { senders: [], conflicts: [], withoutSender: [] },
    ...others,
  };
}

describe('hasFailed: every sender that was tried failed', () => {
  it.each([
    ['nothing to do', aReport(0, 0), false],
    ['every sender handled', aReport(3, 0), false],
    ['some failed and others did not', aReport(1, 9), false],
    ['the only one failed', aReport(0, 1), true],
    ['all failed', aReport(0, 5), true],
    ['conflicts alone are no failure', aReport(0, 0, { conflicts: 3 }), false],
    ['nor are emails without a sender', aReport(0, 0, { emailsWithoutSender: 3 }), false],
    ['conflicts are not tried: they do not save the pass', aReport(0, 1, { conflicts: 3 }), true],
  ])('%s', (_rule, report, failed) => {
    expect(hasFailed(report)).toBe(failed);
  });
});
