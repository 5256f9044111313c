/**
 * A content line folded at 75 octets (RFC 6350 §3.2), its line end included, as octets. `content`
 * is octets too; no fold is inside a UTF-8 sequence, since some readers cannot repair that.
 */
export function foldLine(content: string, lineEnd: string): string {
  let folded = '';
  let start = 0;
  let room = MAX_OCTETS;
  while (content.length - start > room) {
    let cut = start + room;
    while (cut > start + 1 && isContinuation(content.charCodeAt(cut))) cut -= 1;
    folded += `${content.slice(start, cut)}${lineEnd} `;
    start = cut;
    // The space counts.
    room = MAX_OCTETS - 1;
  }
  return folded + content.slice(start) + lineEnd;
}

/** Line ends not counted. */
export const MAX_OCTETS = 75;

function isContinuation(octet: number): boolean {
  return (octet & 0xc0) === 0x80;
}
