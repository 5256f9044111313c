import type { Category } from './model.ts';
import { isSameName } from './names.ts';

/** The category, its parent, and so on up. */
export function findChain(category: Category, all: readonly Category[]): readonly Category[] {
  const chain: Category[] = [];
  let next: Category | undefined = category;
  while (next !== undefined && !chain.includes(next)) {
    chain.push(next);
    const parent: string | null = next.parent;
    next = parent === null ? undefined : all.find(({ name }) => isSameName(name, parent));
  }
  return chain;
}
