import { PACKAGED_CYRUS } from './cyrus-install.ts';
import { isRadicaleInstalled } from './radicale.ts';
import { isRequired, skipNote } from './required.ts';

/** Whether tests that need Radicale, and Cyrus for the mail, are skipped. */
export const isRadicaleSkipped =
  !(isRadicaleInstalled() && PACKAGED_CYRUS.isThere()) && !isRequired('radicale');

export const radicaleNote = skipNote(isRadicaleSkipped, 'Radicale and Cyrus', 'radicale');
