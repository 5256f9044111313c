import type * as NodeDns from 'node:dns';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { LookupFunction } from 'node:net';

import { errorCodeOf } from '../errors.ts';

/** How long to look, and where. */
export interface LookupOptions {
  /** Aborted when the run has no more time: lookups end at once. */
  readonly signal: AbortSignal;
  /** Name servers, for tests. Default: those of the machine. */
  readonly servers?: readonly string[];
}

/**
 * Looks up names as the machine does, but only once its name server has answered a query that can be
 * cancelled. The machine's own lookup runs in a thread that nothing can stop: with a silent name
 * server it would keep the process alive for up to a minute after its end.
 */
export function createLookup(options: LookupOptions): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    void (async () => {
      try {
        await waitForNameServer(hostname, options);
      } catch (error) {
        callback(error as Error, '');
        return;
      }
      loadDns().lookup(hostname, lookupOptions, callback);
    })();
  };
}

/** Loaded late: an address that needs no lookup does not need it. */
function loadDns(): typeof NodeDns {
  return load('node:dns') as typeof NodeDns;
}

const load = createRequire(import.meta.filename);

const QUERY_TIMEOUT_MS = 5000;

const QUERIES = 3;

/** Any answer will do, even that there is no such name. Throws EAI_AGAIN if none comes. */
async function waitForNameServer(
  hostname: string,
  { signal, servers }: LookupOptions,
): Promise<void> {
  if (hostname === 'localhost' || isInHostsFile(hostname)) return;
  const resolver = new (loadDns().promises.Resolver)({ timeout: QUERY_TIMEOUT_MS, tries: QUERIES });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    if (signal.aborted) throw noAnswer(hostname);
    await resolver.resolve4(hostname);
  } catch (error) {
    if (isSilence(error)) throw noAnswer(hostname);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** The machine's own lookup reads it before it asks anybody. */
function isInHostsFile(hostname: string): boolean {
  try {
    const lines = readFileSync('/etc/hosts', 'utf8').split('\n');
    const names = lines.flatMap((line) => line.replace(/#.*/u, '').trim().split(/\s+/u).slice(1));
    return names.some((name) => name.toLowerCase() === hostname.toLowerCase());
  } catch {
    return false;
  }
}

function isSilence(error: unknown): boolean {
  return ['ETIMEOUT', 'ECANCELLED', 'EAI_AGAIN'].includes(errorCodeOf(error) ?? '');
}

function noAnswer(hostname: string): Error {
  return Object.assign(new Error(`no name server answers for ${hostname}`), { code: 'EAI_AGAIN' });
}
