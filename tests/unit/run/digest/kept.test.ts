import { expect, it } from 'vitest';

import { keepDecided } from '../../../../src/run/digest/kept.ts';
import { applyDigestChange } from '../../../../src/state/digest-memory.ts';
import { formatState, parseState } from '../../../../src/state/format.ts';
import { emptyState } from '../../../../src/state/state.ts';
import { cleanDisplayName } from '../../../../src/triage/sender.ts';
import { anAddress } from '../../../support/builders.ts';

it('200 of the longest names leave room in a ConfigMap for what is remembered besides', () => {
  const name = cleanDisplayName(`a${'\u0301\u0323'.repeat(900)}`);
  const done = Array.from({ length: 200 }, (_, index) => ({
    sender: anAddress(`sender${index}@shop.example`),
    displayName: name,
    category: 'Feed',
  }));

  const change = keepDecided({ done, missingSince: null, memory: null, now: new Date() });
  const digest = applyDigestChange(null, change);
  const discovery = { sessionUrl: '', cardDavUrl: '', username: '', session: {}, books: {} };
  const stored = parseState(formatState({ ...emptyState, digest, discovery }));

  expect(stored.digest?.decided).toHaveLength(200);
  expect(stored.discovery).toEqual(discovery);
});
