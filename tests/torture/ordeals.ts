import { badAnswers } from './bad-answers.ts';
import { digestsToo } from './digest.ts';
import { emptyIsNotNothing } from './empty.ts';
import { hostileInput } from './hostile-input.ts';
import { installations, longHistories } from './histories.ts';
import { killedAnywhere } from './killed.ts';
import { editedOnAPhone } from './phone.ts';
import { keysStayHome } from './keys.ts';
import { strangers } from './strangers.ts';
import type { Ordeal } from './trials.ts';
import { twoAtOnce } from './two-at-once.ts';

/** In the order of the table of tests/README.md. */
export const ORDEALS: readonly Ordeal[] = [
  killedAnywhere(),
  twoAtOnce(),
  editedOnAPhone(),
  badAnswers(),
  digestsToo(),
  hostileInput(),
  strangers(),
  keysStayHome(),
  emptyIsNotNothing(),
  longHistories(),
  installations(),
];
