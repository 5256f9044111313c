import type { Http } from '../http/http.ts';
import type { Check } from './check.ts';

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

/** Certificates, the age of the last pass and the dates in notes rest on this machine's clock. */
export function checkClock(time: ServerTime | null): Check {
  const item = { area: 'clock', name: 'local clock' } as const;
  if (time === null) {
    return { ...item, status: 'failed', detail: 'not checked: no server told its time' };
  }
  const aheadSeconds = Math.round((time.localMs - time.serverMs) / 1000);
  const difference = Math.abs(aheadSeconds);
  if (difference <= TOLERATED_SECONDS) {
    return { ...item, status: 'exists', detail: `within ${difference} s of ${time.host}` };
  }
  const direction = aheadSeconds > 0 ? 'ahead of' : 'behind';
  const detail = `${difference} s ${direction} ${time.host}: set this machine's clock`;
  return { ...item, status: 'failed', detail };
}

/** Health is judged in poll intervals, of five minutes by default. */
const TOLERATED_SECONDS = 120;
