import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';

import { AREAS, type Check, type CheckStatus } from '../../../src/setup/check.ts';
import { planFastmailRules } from '../../../src/triage/fastmail-rules.ts';
import { renderSetupText, type SetupReport } from '../../../src/setup/report.ts';
import { aCategory, triageNames } from '../../support/builders.ts';

const LONG =
  'a reason of many words that explains what is wrong, where it is wrong, and what to do';

/** Everything that can be said, with names that are long in columns, not in letters. */
function aReport(statuses: readonly CheckStatus[]): SetupReport {
  const names = triageNames({
    categories: [
      ...triageNames().categories,
      aCategory('週刊ニュースレター', {
        parent: 'Paper Trail',
        destinationMailbox: 'Letters that come each week',
        addToInbox: true,
      }),
    ],
  });
  const checks = AREAS.flatMap((area): readonly Check[] =>
    statuses.map((status) => ({ area, name: '週刊ニュースレター', status, detail: LONG })),
  );
  return {
    version: '0.0.0-test',
    isApplied: true,
    checks,
    categories: names.categories,
    rules: planFastmailRules(names),
    warnings: [LONG],
  };
}

describe('what setup prints', () => {
  it.each([60, 80, 140])('%i columns: no line is longer', (width) => {
    for (const statuses of [
      ['exists'],
      ['exists', 'created', 'missing', 'optional', 'failed'],
    ] as const) {
      const options = { useColor: false, width, areRulesWanted: true };

      const text = renderSetupText(aReport(statuses), options);

      expect(text.split('\n').filter((line) => stringWidth(line) > width)).toEqual([]);
      expect(text.replaceAll(/\s+/gu, ' ')).toContain('Continue to apply other rules');
    }
  });
});
