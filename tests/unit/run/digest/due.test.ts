import { describe, expect, it } from 'vitest';

import { createLastDueTime, type Schedule } from '../../../../src/run/digest/due.ts';

const HOUR_MS = 60 * 60 * 1000;

function due(schedule: Partial<Schedule>, now: string): string {
  const full: Schedule = { every: 'day', hour: 6, timeZone: 'UTC', ...schedule };
  return createLastDueTime(full)(new Date(now)).toISOString();
}

describe('the latest due time', () => {
  it.each<[string, Partial<Schedule>, string, string]>([
    ['of today, from its minute on', {}, '2026-11-25T06:00:00Z', '2026-11-25T06:00:00.000Z'],
    ['of yesterday before that', {}, '2026-11-25T05:59:59Z', '2026-11-24T06:00:00.000Z'],
    ['at midnight', { hour: 0 }, '2026-11-25T00:00:00Z', '2026-11-25T00:00:00.000Z'],
    ['weekly: Monday', { every: 'week' }, '2026-11-25T12:00:00Z', '2026-11-23T06:00:00.000Z'],
    [
      'weekly, on Monday before the hour: a week ago',
      { every: 'week' },
      '2026-11-23T05:00:00Z',
      '2026-11-16T06:00:00.000Z',
    ],
    [
      'in a zone, where it is another day',
      { timeZone: 'Pacific/Auckland' },
      '2026-11-24T18:00:00Z',
      '2026-11-24T17:00:00.000Z',
    ],
    [
      'of an hour that is skipped: when the clocks jump',
      { timeZone: 'Europe/Berlin', hour: 2 },
      '2026-03-29T01:00:00Z',
      '2026-03-29T01:00:00.000Z',
    ],
    [
      'of an hour that comes twice: the first',
      { timeZone: 'Europe/Berlin', hour: 2 },
      '2026-10-25T01:30:00Z',
      '2026-10-25T00:00:00.000Z',
    ],
    [
      'where clocks jump by half an hour',
      { timeZone: 'Australia/Lord_Howe', hour: 2 },
      '2026-10-03T15:30:00Z',
      '2026-10-03T15:30:00.000Z',
    ],
  ])('is that %s', (_name, schedule, now, expected) => {
    expect(due(schedule, now)).toBe(expected);
  });
});

describe('over a year of passes, each hour', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
  const hours = [2, 23];
  const cases = zones.flatMap((timeZone) => hours.map((hour) => ({ timeZone, hour })));

  it.each(cases)('once a day in $timeZone at $hour', ({ timeZone, hour }) => {
    const days = duringAYear({ every: 'day', hour, timeZone });

    expect(days).toHaveLength(365);
    expect(new Set(days.map(({ date }) => date)).size).toBe(365);
    // But for the one day on which the hour is skipped.
    const late = days.filter((one) => one.hour !== hour);
    expect(late.length).toBeLessThanOrEqual(1);
    for (const one of late) expect(one.hour).toBe((hour + 1) % 24);
  });

  it('once a week, on Monday', () => {
    const days = duringAYear({ every: 'week', hour: 6, timeZone: 'Europe/Berlin' });

    expect(days).toHaveLength(52);
    expect(new Set(days.map(({ weekday }) => weekday))).toEqual(new Set(['Mon']));
  });
});

interface Local {
  readonly date: string;
  readonly weekday: string;
  readonly hour: number;
}

/** The local times of the passes at which a digest is due, of those at ten past each hour. */
function duringAYear(schedule: Schedule): readonly Local[] {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: schedule.timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  });
  const told: Local[] = [];
  const lastDueTime = createLastDueTime(schedule);
  // A Wednesday.
  const start = Date.UTC(2026, 0, 7, 12, 10);
  let toldAt = lastDueTime(new Date(start)).getTime();
  for (let now = start; now <= start + 365 * 24 * HOUR_MS; now += HOUR_MS) {
    const dueAt = lastDueTime(new Date(now)).getTime();
    if (dueAt <= toldAt) continue;
    toldAt = now;
    const parts = Object.fromEntries(
      format.formatToParts(now).map(({ type, value }) => [type, value]),
    );
    told.push({
      date: `${parts['year']}-${parts['month']}-${parts['day']}`,
      weekday: parts['weekday'] ?? '',
      hour: Number(parts['hour']),
    });
  }
  return told;
}
