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
    // A `=` at the end would be a soft line break, should the line be in quoted-printable.
    if (cut > start + 1 && content.charAt(cut - 1) === '=') cut -= 1;
    folded += `${content.slice(start, cut)}${lineEnd} `;
    start = cut;
    // The space counts.
    room = MAX_OCTETS - 1;
  }
  return folded + content.slice(start) + lineEnd;
}

/**
 * A line in quoted-printable with soft line breaks (RFC 2045 §6.7), as vCard 2.1 has them; none is
 * inside an octet written `=E2`. Otherwise as `foldLine`.
 */
export function foldQuotedPrintable(content: string, lineEnd: string): string {
  let folded = '';
  let start = 0;
  while (content.length - start > MAX_OCTETS) {
    // The `=` of the line break counts.
    let cut = start + MAX_OCTETS - 1;
    const octet = content.lastIndexOf('=', cut - 1);
    if (octet > cut - 3 && octet > start) cut = octet;
    folded += `${content.slice(start, cut)}=${lineEnd}`;
    start = cut;
  }
  return folded + content.slice(start) + lineEnd;
}

/** Line ends not counted. */
export const MAX_OCTETS = 75;

function isContinuation(octet: number): boolean {
  return (octet & 0xc0) === 0x80;
}
