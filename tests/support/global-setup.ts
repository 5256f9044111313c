import { buildPrograms } from './programs.ts';

/** Vitest calls this before the first file, and the function that it returns after the last. */
export const setup = buildPrograms;
