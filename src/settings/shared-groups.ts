import { findChain } from '../triage/chain.ts';
import type { Category } from '../triage/model.ts';
import { isSameName } from '../triage/names.ts';

/** Two categories with one contact group, of which neither is above the other: a sentence each. */
export function findSharedGroups(categories: readonly Category[]): readonly string[] {
  const problems: string[] = [];
  // With an unknown parent nobody can tell yet which categories it is related to.
  const judged = categories.filter(
    (one) =>
      one.contactGroup !== '' &&
      findChain(one, categories).every(
        ({ parent }) => parent === null || categories.some(({ name }) => isSameName(name, parent)),
      ),
  );
  for (const [index, one] of judged.entries()) {
    for (const other of judged.slice(index + 1)) {
      if (!isSameName(one.contactGroup, other.contactGroup)) continue;
      // Neither of two siblings is the other's old place, so mail would stay in both.
      const isRelated =
        findChain(one, categories).includes(other) || findChain(other, categories).includes(one);
      if (!isRelated) {
        problems.push(
          `has ${one.name} and ${other.name} with one contact group (${one.contactGroup}), though neither is the other's parent`,
        );
      }
    }
  }
  return problems;
}
