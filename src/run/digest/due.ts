/** When digests are due: at an hour of a time zone, every day or every Monday. */
export interface Schedule {
  readonly every: 'day' | 'week';
  /** 0 to 23. */
  readonly hour: number;
  /** IANA name. */
  readonly timeZone: string;
}

/**
 * Gives the latest due time that is not after `now`. An hour that the clocks skip is due when they
 * jump; of one that comes twice, the first counts.
 */
export function createLastDueTime({ every, hour, timeZone }: Schedule): (now: Date) => Date {
  const offsetAt = createOffsetAt(timeZone);
  return (now) => {
    const nowMs = now.getTime();
    const local = new Date(nowMs + offsetAt(nowMs));
    const today = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate());
    const sinceMonday = (local.getUTCDay() + 6) % 7;
    const step = every === 'day' ? DAY_MS : 7 * DAY_MS;
    let day = every === 'day' ? today : today - sinceMonday * DAY_MS;
    for (;;) {
      const dueMs = instantOf(day + hour * HOUR_MS, offsetAt);
      if (dueMs <= nowMs) return new Date(dueMs);
      day -= step;
    }
  };
}

const HOUR_MS = 60 * 60 * 1000;

const DAY_MS = 24 * HOUR_MS;

/** The instant at which the zone's clocks first show `localMs`, written as if it were UTC. */
function instantOf(localMs: number, offsetAt: (ms: number) => number): number {
  const before = offsetAt(localMs - DAY_MS);
  const after = offsetAt(localMs + DAY_MS);
  const candidates = [localMs - before, localMs - after].toSorted((a, b) => a - b);
  const shown = candidates.find((ms) => ms + offsetAt(ms) === localMs);
  // Skipped: as if the clocks had not jumped, which is at the jump or soon after.
  return shown ?? localMs - before;
}

/** How far the zone's clocks are ahead of UTC at an instant, in milliseconds. */
function createOffsetAt(timeZone: string): (ms: number) => number {
  if (timeZone === 'UTC') return () => 0;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return local - Math.floor(ms / 1000) * 1000;
  };
}
