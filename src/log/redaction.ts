import { escapeXml } from './escape-xml.ts';

/** Takes secrets out of a text; everything that is logged goes through one of these. */
export type Redact = (text: string) => string;

/** Stands where a secret was. */
export const REDACTED = '[redacted]';

/**
 * Replaces the secrets wherever they appear, in every form in which they travel: as they are, in a
 * URL, in a form, in base64, inside JSON or XML. Whatever the secrets are, it also replaces the value
 * of Authorization and Cookie headers, Bearer and Basic credentials, and user info in URLs. A secret
 * of fewer than four characters would be found in every second word, so it is replaced only where it
 * is the whole text.
 */
export function createRedact(secrets: readonly string[]): Redact {
  const forms = [...new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf))];
  const short = new Set(forms.filter((form) => form.length < SHORTEST_SEARCHED));
  const searched = forms
    .filter((form) => form.length >= SHORTEST_SEARCHED)
    // The longest first: one secret may be the beginning of another.
    .toSorted((a, b) => b.length - a.length);
  const pattern =
    searched.length === 0 ? null : new RegExp(searched.map(escapePattern).join('|'), 'gu');

  return (text) => {
    if (short.has(text.trim())) return REDACTED;
    const known = pattern === null ? text : text.replaceAll(pattern, REDACTED);
    return redactPatterns(known);
  };
}

/** Whether a field of this name holds a credential, whatever its value looks like. */
export function isSecretName(name: string): boolean {
  return /^(?:proxy-)?authorization$|^(?:set-)?cookie$|password|passwd|secret$|(?:^|[_-])token$|[a-z]Token$/iu.test(
    name,
  );
}

const SHORTEST_SEARCHED = 4;

function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret, 'utf8').toString('base64');
  const inUrl = encodeURIComponent(secret.toWellFormed());
  return [
    secret,
    base64,
    base64.replace(/=+$/u, ''),
    Buffer.from(secret, 'utf8').toString('base64url'),
    inUrl,
    lowerCaseEscapes(inUrl),
    new URLSearchParams([['', secret]]).toString().slice(1),
    encodeURI(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    escapeXml(secret),
  ];
}

function lowerCaseEscapes(text: string): string {
  return text.replaceAll(/%[0-9A-F]{2}/gu, (escape) => escape.toLowerCase());
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
}

function redactPatterns(text: string): string {
  return text
    .replaceAll(
      /\b((?:proxy-)?authorization|(?:set-)?cookie)("?\s*[:=]\s*"?)[^\r\n"']+/giu,
      `$1$2${REDACTED}`,
    )
    .replaceAll(/\b(bearer)\s+(?=[^\s"',;]*[\d._~+/=-])[^\s"',;[\]]{8,}/giu, `$1 ${REDACTED}`)
    .replaceAll(
      /\b(basic)\s+([a-z0-9+/_-]{4,}={0,2})/giu,
      (all: string, scheme: string, value: string) =>
        isUserAndPassword(value) ? `${scheme} ${REDACTED}` : all,
    )
    .replaceAll(/\b(https?|wss?|ftp):\/\/[^\s/?#"'<>]*@/giu, `$1://${REDACTED}@`);
}

/** "Basic settings" is no credential: only `user:password` in base64 is. */
function isUserAndPassword(base64: string): boolean {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  return text.includes(':') && !/[\p{Cc}\uFFFD]/u.test(text);
}
