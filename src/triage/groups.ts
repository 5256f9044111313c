import { offerAlike } from './mailboxes.ts';
import type { ContactGroup } from './model.ts';
import { findAlikeName, isSameName } from './names.ts';

/** The group that a name stands for, or why there is none. */
export type GroupSearch =
  | {
      readonly kind: 'found';
      readonly group: ContactGroup;
      /** Further groups of that name that may be written. */
      readonly namesakes: readonly ContactGroup[];
    }
  /** `problem` follows the group's name in a sentence. */
  | { readonly kind: 'missing'; readonly problem: string };

/** Several groups at once, by their names in NFC. */
export interface FoundGroups {
  readonly hrefs: ReadonlyMap<string, string>;
  /** `Layout.namesakes`. */
  readonly namesakes: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/** The groups of these names, and every problem at once. Names are compared by `isSameName`. */
export function findGroups(groups: readonly ContactGroup[], names: readonly string[]): FoundGroups {
  const hrefs = new Map<string, string>();
  const namesakes = new Map<string, string>();
  const problems: string[] = [];
  for (const name of names) {
    const search = findGroup(groups, name);
    if (search.kind === 'found') {
      hrefs.set(name, search.group.href);
      for (const { href } of search.namesakes) namesakes.set(href, search.group.href);
    } else problems.push(`contact group "${name}" ${search.problem}`);
  }
  return { hrefs, namesakes, problems };
}

/** The group that stands for this one: itself, or the one of its name that is used. */
export function usedHref(href: string, { namesakes }: Pick<FoundGroups, 'namesakes'>): string {
  return namesakes.get(href) ?? href;
}

/** The first group of that name that may be written. */
export function findGroup(groups: readonly ContactGroup[], name: string): GroupSearch {
  const named = groups.filter((group) => isSameName(group.name, name));
  const [group, ...namesakes] = named.filter(({ isReadOnly }) => isReadOnly !== true);
  if (group !== undefined) return { kind: 'found', group, namesakes };
  const alike = findAlikeName(
    name,
    groups.map((one) => one.name),
  );
  const problem =
    named.length === 0
      ? `is missing${offer(alike)}`
      : 'is only in an address book that may not be written: one in an own address book is missing';
  return { kind: 'missing', problem };
}

/** What follows "is missing": the name that is almost the same. */
export function offer(alike: string | null): string {
  return alike === null ? '' : `: ${offerAlike(alike)}`;
}
