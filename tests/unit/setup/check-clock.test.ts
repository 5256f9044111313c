import { describe, expect, it } from 'vitest';

import { checkClock, type ServerTime, watchClock } from '../../../src/setup/check-clock.ts';

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
    ['is not known to be right', null, 'failed', 'no server told its time'],
  ] as const)('%s', (_name, time, status, detail) => {
    expect(checkClock(time)).toMatchObject({ status, detail: expect.stringContaining(detail) });
  });

  it('is compared with the Date of answers; one without it says nothing', async () => {
    const times: ServerTime[] = [];
    const dates = ['Sun, 01 Nov 2026 12:00:00 GMT', 'soon', null];
    const http = watchClock(
      async () => {
        const date = dates.shift() ?? null;
        return new Response('', { headers: date === null ? {} : { date } });
      },
      (time) => times.push(time),
    );

    for (let index = 0; index < 3; index += 1) await http('https://api.example.com/jmap');

    expect(times).toEqual([
      { host: 'api.example.com', serverMs: SERVER_MS, localMs: expect.any(Number) },
    ]);
  });
});
