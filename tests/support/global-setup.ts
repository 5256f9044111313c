import { buildPrograms } from './programs.ts';

/** Vitest calls it before the first file, and what it returns after the last. */
export const setup = buildPrograms;
