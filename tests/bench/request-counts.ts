import type { RecordedRequest } from '../support/stand-in/exchange.ts';

/** How many requests of each kind there were, sorted by kind: `Email/query+Email/get`, `PUT`, … */
export function countByKind(
  requests: readonly RecordedRequest[],
): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { kind, method, jmapMethods } of requests) {
    const name = kind === 'jmap' ? jmapMethods.join('+') : `${method} ${SERVERS.get(kind) ?? kind}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const SERVERS: ReadonlyMap<string, string> = new Map([
  ['session', 'session'],
  ['well-known', 'well-known'],
  ['propfind', 'discovery'],
  ['report', 'cards'],
  ['get-card', 'card'],
  ['put-card', 'card'],
]);
