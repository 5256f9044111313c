/**
 * Text of servers and senders as one harmless line: what could move a terminal's cursor, forge a
 * line or turn the reading direction becomes a space.
 */
export function toPlainLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]+/gu, ' ')
    .trimEnd();
}
