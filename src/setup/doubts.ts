import type { JmapSession } from '../mail/jmap/session.ts';
import { findNearestName, type NearName } from '../terminal/nearest.ts';
import type { Category } from '../triage/model.ts';
import { findAlikeName } from '../triage/names.ts';

/* What is not a failure, but probably not what the user wants. One sentence each. */

/** Names in MAILROOM_CATEGORIES that are almost the name of a default category. */
export function findCategoryDoubts(categories: readonly Category[]): readonly string[] {
  return categories.flatMap(({ name, label }) => {
    if (DEFAULT_NAMES.includes(name)) return [];
    const nearest = findNearestName(name.toLowerCase(), LOWER_CASE_NAMES);
    const near =
      findAlikeName(name, DEFAULT_NAMES) ??
      (nearest !== null && isTypingError(name.toLowerCase(), nearest)
        ? DEFAULT_NAMES[LOWER_CASE_NAMES.indexOf(nearest.name)]
        : undefined);
    return near === undefined
      ? []
      : [
          `"${name}" in MAILROOM_CATEGORIES is a category of your own, with the label ${label}: did you mean "${near}"?`,
        ];
  });
}

/** Contact groups and mailboxes that a person, and many a server, takes for one. */
export function findAlikeDoubts(categories: readonly Category[]): readonly string[] {
  return (['contactGroup', 'destinationMailbox'] as const).flatMap((key) => {
    const names = [...new Set(categories.map((category) => category[key]))];
    return names.flatMap((name, index) => {
      const alike = findAlikeName(name, names.slice(index + 1));
      const what = key === 'contactGroup' ? 'contact groups' : 'mailboxes';
      return alike === null
        ? []
        : [
            `The ${what} "${name}" and "${alike}" in the settings are nearly the same: are they one?`,
          ];
    });
  });
}

/** One letter is wrong, or all are there in another order. */
function isTypingError(text: string, { name, distance }: NearName): boolean {
  return distance === 1 || (distance === 2 && inOrder(text) === inOrder(name));
}

function inOrder(word: string): string {
  return word.split('').toSorted().join('');
}

const DEFAULT_NAMES = ['Imbox', 'Feed', 'Paper Trail', 'Jail', 'Person'];

const LOWER_CASE_NAMES = DEFAULT_NAMES.map((name) => name.toLowerCase());

/**
 * Token and app password belong to two accounts: mail of one would be sorted by contacts of the
 * other.
 */
export function findAccountDoubt(
  { username, accountName }: Pick<JmapSession, 'username' | 'accountName'>,
  cardDavUsername: string,
): readonly string[] {
  const mailUser = [username, accountName].find((name) => name.includes('@'));
  if (mailUser === undefined || !cardDavUsername.includes('@')) return [];
  if (mailUser.toLowerCase() === cardDavUsername.toLowerCase()) return [];
  return [
    `The token is for the mail of ${mailUser}, the app password for the contacts of ${cardDavUsername}: do both belong to one account?`,
  ];
}
