import { describe, expect, it } from 'vitest';

import type { ServerTime } from '../../../src/http/clock.ts';
import { checkClock } from '../../../src/setup/check-clock.ts';

const SERVER_MS = Date.UTC(2026, 10, 1, 12);
const aheadBy = (seconds: number): ServerTime => ({
  host: 'api.example.com',
  serverMs: SERVER_MS,
  localMs: SERVER_MS + seconds * 1000,
});

describe('the clock', () => {
  it.each([
    ['is right', aheadBy(0), 'exists', 'within 0 s of api.example.com'],
    ['is a little late', aheadBy(-90), 'exists', 'within 90 s of api.example.com'],
    ['is ahead', aheadBy(600), 'failed', '600 s ahead of api.example.com'],
    ['is behind', aheadBy(-7200), 'failed', '7200 s behind api.example.com'],
    ['is not known to be right', null, 'failed', 'no server gave its time'],
  ] as const)('%s', (_name, time, status, detail) => {
    expect(checkClock(time)).toMatchObject({ status, detail: expect.stringContaining(detail) });
  });
});
