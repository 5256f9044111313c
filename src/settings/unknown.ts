/** A variable that looks like a setting and is none. */
export interface UnknownSetting {
  readonly name: string;
  /** The known name it was probably meant to be; null when none is near. */
  readonly nearest: string | null;
}

/**
 * Variables that begin with `MAILROOM_` and are no setting, sorted by name. Kubernetes makes some for
 * its Services (`MAILROOM_WEB_SERVICE_HOST`): those are no typing errors.
 */
export function findUnknownSettings(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): readonly UnknownSetting[] {
  return Object.keys(env)
    .filter((name) => name.toUpperCase().startsWith(PREFIX) && !known.includes(name))
    .filter((name) => (env[name] ?? '') !== '' && !SERVICE_VARIABLE.test(name))
    .toSorted()
    .map((name) => ({ name, nearest: findNearest(name.toUpperCase(), known) }));
}

const PREFIX = 'MAILROOM_';

const SERVICE_VARIABLE =
  /^MAILROOM_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/u;

/** A typing error first, then a name with words left out, then the nearest one if it is near enough. */
function findNearest(name: string, known: readonly string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  if (best === undefined) return null;
  if (best.distance <= 2) return best.candidate;
  const words = wordsOf(name);
  const fuller = known.filter((candidate) =>
    [...words].every((word) => wordsOf(candidate).has(word)),
  );
  if (fuller.length === 1) return fuller[0] ?? null;
  // The prefix is always the same, so it does not count.
  const length = Math.max(name.length, best.candidate.length) - PREFIX.length;
  return best.distance <= Math.floor(length * 0.4) ? best.candidate : null;
}

function wordsOf(name: string): ReadonlySet<string> {
  return new Set(name.slice(PREFIX.length).split('_'));
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const costs = [
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
      ];
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) costs.push(at(beforeLast, column - 2) + 1);
      current.push(Math.min(...costs));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
