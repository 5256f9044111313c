import { isCyrusInstalled } from './cyrus.ts';
import { isRadicaleInstalled } from './radicale.ts';
import { isRequired, skipNote } from './required.ts';

/** Whether tests that need a Radicale, with the mail of a Cyrus, are left out. */
export const isRadicaleSkipped =
  !(isRadicaleInstalled() && isCyrusInstalled()) && !isRequired('radicale');

export const radicaleNote = skipNote(isRadicaleSkipped, 'Radicale and Cyrus', 'radicale');
