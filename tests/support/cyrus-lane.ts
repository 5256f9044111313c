import { CYRUS_NEEDS, isCyrusInstalled } from './cyrus.ts';
import { isRequired, skipNote } from './required.ts';

/** Whether tests on a real Cyrus are skipped: it is not installed, and nobody insists on it. */
export const isCyrusSkipped = !isCyrusInstalled() && !isRequired('cyrus');

export const cyrusNote = skipNote(isCyrusSkipped, CYRUS_NEEDS, 'cyrus');
