import type { Category } from './model.ts';
import { isSameName } from './names.ts';

/** The category, its parent, and so on up; never empty. */
export function findChain(
  category: Category,
  all: readonly Category[],
): readonly [Category, ...Category[]] {
  const chain: [Category, ...Category[]] = [category];
  for (let next = findParent(category, all); next !== undefined; next = findParent(next, all)) {
    if (chain.includes(next)) break;
    chain.push(next);
  }
  return chain;
}

function findParent({ parent }: Category, all: readonly Category[]): Category | undefined {
  return parent === null ? undefined : all.find(({ name }) => isSameName(name, parent));
}
