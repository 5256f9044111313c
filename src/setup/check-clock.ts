import { findClockProblem, secondsAhead, type ServerTime } from '../http/clock.ts';
import type { Check } from './check.ts';

/** Whether this machine's clock agrees with a server's; null where none gave its time. */
export function checkClock(time: ServerTime | null): Check {
  const item = { area: 'clock', name: 'local clock' } as const;
  if (time === null) {
    return { ...item, status: 'failed', detail: 'not checked: no server gave its time' };
  }
  const problem = findClockProblem(time);
  if (problem !== null) return { ...item, status: 'failed', detail: problem };
  const difference = Math.abs(secondsAhead(time));
  return { ...item, status: 'exists', detail: `within ${difference} s of ${time.host}` };
}
