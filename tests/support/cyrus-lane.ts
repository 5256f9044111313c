import { type CyrusInstall, NEWEST_CYRUS, PACKAGED_CYRUS } from './cyrus-install.ts';
import { isRequired, skipNote } from './required.ts';

export const isCyrusSkipped = isLaneSkipped(PACKAGED_CYRUS);
export const cyrusNote = skipNote(isCyrusSkipped, PACKAGED_CYRUS.needs, 'cyrus');

export const isNewestCyrusSkipped = isLaneSkipped(NEWEST_CYRUS);
export const newestCyrusNote = skipNote(isNewestCyrusSkipped, NEWEST_CYRUS.needs, 'cyrus-new');

/** Tests on a Cyrus are skipped if it is not installed, unless its lane is required. */
function isLaneSkipped(install: CyrusInstall): boolean {
  return !install.isThere() && !isRequired(install.kind);
}
