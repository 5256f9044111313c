import { findNearestName } from '../terminal/nearest.ts';

/** A variable that looks like a setting but is not one. */
export interface UnknownSetting {
  readonly name: string;
  /** The known name it was probably meant to be; null when none is near. */
  readonly nearest: string | null;
}

/**
 * Variables that begin with `MAILROOM_` but are not settings, sorted by name. Kubernetes makes some for
 * its Services (`MAILROOM_WEB_SERVICE_HOST`): those are not typing errors.
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

/** `MAILROOM_DRYRUN is no setting: did you mean MAILROOM_DRY_RUN?` */
export function describeUnknown({ name, nearest }: UnknownSetting): string {
  const question = nearest === null ? '' : `: did you mean ${nearest}?`;
  return `${name} is no setting${question}`;
}

const PREFIX = 'MAILROOM_';

const SERVICE_VARIABLE =
  /^MAILROOM_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/u;

/**
 * A typing error first, then a name with words left out, then the nearest one if it is near enough.
 */
function findNearest(name: string, known: readonly string[]): string | null {
  const best = findNearestName(name, known);
  if (best === null) return null;
  if (best.distance <= 2) return best.name;
  const words = wordsOf(name);
  const fuller = known.filter((candidate) =>
    [...words].every((word) => wordsOf(candidate).has(word)),
  );
  if (fuller.length === 1) return fuller[0] ?? null;
  // The prefix is always the same, so it does not count.
  const length = Math.max(name.length, best.name.length) - PREFIX.length;
  return best.distance <= Math.floor(length * 0.4) ? best.name : null;
}

function wordsOf(name: string): ReadonlySet<string> {
  return new Set(name.slice(PREFIX.length).split('_'));
}
