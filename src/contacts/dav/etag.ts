/** Null if it is missing, weak or not an ETag (RFC 9110 §8.8.3): `If-Match` needs a strong one. */
export function strongEtag(text: string | null | undefined): string | null {
  const etag = text?.trim() ?? '';
  return /^"[\u0021\u0023-\u007E\u0080-\u00FF]*"$/u.test(etag) ? etag : null;
}
