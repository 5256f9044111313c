import { describe, expect, it } from 'vitest';

import { findClockProblem, type ServerTime, watchClock } from '../../../src/http/clock.ts';

const SERVER_MS = Date.UTC(2026, 10, 1, 12);

describe('the clock', () => {
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

  it.each([
    ['121 s ahead', 121, "121 s ahead of api.example.com: set this machine's clock"],
    ['a day behind', -86_400, "86400 s behind api.example.com: set this machine's clock"],
    ['two minutes ahead', 120, null],
    ['two minutes behind', -120, null],
  ])('%s', (_name, seconds, problem) => {
    const time = { host: 'api.example.com', serverMs: SERVER_MS };

    expect(findClockProblem({ ...time, localMs: SERVER_MS + seconds * 1000 })).toBe(problem);
  });
});
