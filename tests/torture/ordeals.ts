import { killedAnywhere } from './killed.ts';
import type { Ordeal } from './trials.ts';

/** In the order of README's table. */
export const ORDEALS: readonly Ordeal[] = [killedAnywhere()];
