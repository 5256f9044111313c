/**
 * Text from servers and senders as one harmless line: characters that could move a terminal's
 * cursor, forge a line or turn the reading direction become a space, and at the beginning they are
 * taken out. Joiners inside emoji and words stay. What is longer than `maxLength` (UTF-16 code units) ends in `…`.
 */
export function toPlainLine(text: string, maxLength = Infinity): string {
  const line = text.replaceAll(RUN, (_, at) => (at === 0 ? '' : ' ')).trimEnd();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}

/** What may act on a terminal, and what cannot be seen, but for joiners. */
export const HARMFUL =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu;

const RUN = new RegExp(`${HARMFUL.source}+`, 'gu');
