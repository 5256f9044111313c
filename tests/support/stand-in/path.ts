/** One spelling for all the ways in which a path may be escaped (RFC 3986 §6.2.2). */
export function normalizePath(path: string): string {
  return path.split('/').map(normalizeSegment).join('/');
}

/** The normalized path of an href, which may be a whole URL. */
export function pathOfHref(href: string): string {
  return normalizePath(new URL(href, 'http://stand-in.invalid/').pathname);
}

function normalizeSegment(segment: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(segment));
  } catch {
    return segment;
  }
}
