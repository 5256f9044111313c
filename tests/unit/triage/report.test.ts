import { describe, expect, it } from 'vitest';

import type { WriteFailure } from '../../../src/triage/model.ts';
import {
  countRepeated,
  hasFailed,
  type SenderFailure,
  type TriageReport,
} from '../../../src/triage/report.ts';
import { anAddress, anEmail } from '../../support/builders.ts';

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
    repeatedRefusals: 0,
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
    ['the only one was refused again', aReport(0, 1, { repeatedRefusals: 1 }), false],
    ['refused again beside one that failed', aReport(0, 2, { repeatedRefusals: 1 }), true],
    ['refused again beside one that was handled', aReport(1, 1, { repeatedRefusals: 1 }), false],
    ['conflicts are not tried: they do not save the pass', aReport(0, 1, { conflicts: 3 }), true],
  ])('%s', (_rule, report, failed) => {
    expect(hasFailed(report)).toBe(failed);
  });
});

describe('countRepeated: the user has been told', () => {
  const refused = { kind: 'refused', problem: 'HTTP 403' } as const;
  const failed = { kind: 'failed', problem: 'HTTP 503' } as const;
  const fail = (address: string, failure: WriteFailure): SenderFailure => ({
    sender: anAddress(address),
    step: 'contact',
    failure,
  });

  it.each<[string, readonly SenderFailure[], number]>([
    ['refused, and the error label was on', [fail('told@a.example', refused)], 1],
    ['refused for the first time', [fail('new@a.example', refused)], 0],
    ['failed this time, though it was refused before', [fail('told@a.example', failed)], 0],
    [
      'of several, only those',
      [fail('told@a.example', refused), fail('new@a.example', refused)],
      1,
    ],
  ])('%s', (_rule, failures, expected) => {
    const plans = [
      { sender: anAddress('told@a.example'), labelled: [anEmail({ in: ['error'] })] },
      { sender: anAddress('new@a.example'), labelled: [anEmail({ in: ['Screener'] })] },
    ];

    expect(countRepeated(failures, plans, 'error')).toBe(expected);
  });
});
