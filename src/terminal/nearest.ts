import leven from 'leven';

/** A known name, and how many letters have to change to get there. */
export interface NearName {
  readonly name: string;
  readonly distance: number;
}

/** The known name that is nearest to `text`; null where none is known. */
export function findNearestName(text: string, known: readonly string[]): NearName | null {
  const ranked = known
    .map((name) => ({ name, distance: leven(text, name) }))
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0] ?? null;
}
