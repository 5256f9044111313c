import type { Http } from './http.ts';

/** What a server's clock said (RFC 9110 §6.6.1 Date), and when. */
export interface ServerTime {
  readonly host: string;
  readonly serverMs: number;
  readonly localMs: number;
}

/** Passes everything on, and gives the time of each answer that has one to `report`. */
export function watchClock(http: Http, report: (time: ServerTime) => void): Http {
  return async (url, init) => {
    const response = await http(url, init);
    const serverMs = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(serverMs)) {
      report({ host: new URL(String(url)).host, serverMs, localMs: Date.now() });
    }
    return response;
  };
}

/** By how many seconds this machine's clock is ahead of the server's; negative when behind. */
export function secondsAhead({ localMs, serverMs }: ServerTime): number {
  return Math.round((localMs - serverMs) / 1000);
}

/**
 * What is wrong with the clock and what to do, or null. Certificates, the age of the last pass and
 * the dates in notes depend on it. Health is judged in poll intervals, which are five minutes by
 * default.
 */
export function findClockProblem(time: ServerTime): string | null {
  const ahead = secondsAhead(time);
  if (Math.abs(ahead) <= TOLERATED_SECONDS) return null;
  const direction = ahead > 0 ? 'ahead of' : 'behind';
  return `${Math.abs(ahead)} s ${direction} ${time.host}: set this machine's clock`;
}

const TOLERATED_SECONDS = 120;
