import { offerAlike } from './mailboxes.ts';
import type { ContactGroup } from './model.ts';
import { findAlikeName, isSameName } from './names.ts';

export type GroupSearch =
  | { readonly kind: 'found'; readonly group: ContactGroup }
  /** `problem` follows the group's name in a sentence. */
  | { readonly kind: 'missing'; readonly problem: string };

/** The first group of that name that may be written. */
export function findGroup(groups: readonly ContactGroup[], name: string): GroupSearch {
  const named = groups.filter((group) => isSameName(group.name, name));
  const group = named.find(({ isReadOnly }) => isReadOnly !== true);
  if (group !== undefined) return { kind: 'found', group };
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
