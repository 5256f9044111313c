import { isDeepStrictEqual } from 'node:util';

import type { Picture, Story } from '../support/torture-account.ts';

/** The differences between two pictures, in words; empty if there are none. */
export function differences(expected: Picture, actual: Picture): readonly string[] {
  return [
    ...expected.emails.flatMap((place, index) =>
      place === actual.emails[index]
        ? []
        : [`email ${index} is in ${actual.emails[index]}, not in ${place}`],
    ),
    ...compareKeys('card', expected.cards, actual.cards),
    ...compareKeys('group', expected.groups, actual.groups),
  ];
}

/** The emails that are not where the story ends for them. */
export function misplaced({ emails }: Story, picture: Picture): readonly string[] {
  return emails.flatMap(({ ends }, index) => {
    const place = ends.toSorted().join(' + ');
    return picture.emails[index] === place
      ? []
      : [`email ${index} is in ${picture.emails[index]}, not in ${place}`];
  });
}

function compareKeys(
  what: string,
  expected: Readonly<Record<string, readonly string[]>>,
  actual: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys]
    .filter((key) => !isDeepStrictEqual(expected[key], actual[key]))
    .map((key) => `${what} ${key} is ${show(actual[key])}, not ${show(expected[key])}`);
}

function show(lines: readonly string[] | undefined): string {
  return lines === undefined ? 'not there' : lines.join(' | ');
}
