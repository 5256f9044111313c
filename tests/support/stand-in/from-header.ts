export interface Address {
  readonly name: string | null;
  readonly email: string;
}

/**
 * RFC 8621 §4.1.2.3 `from` of a raw From value, with what Cyrus makes of the odd ones: null without
 * anything in it, `[]` where there is text but no address, raw 8-bit turned into X.
 */
export function parseFromHeader(value: string | null): readonly Address[] | null {
  if (value === null || value.trim() === '') return null;
  const ascii = Buffer.from(value, 'utf8')
    .toString('latin1')
    .replace(/[\u0080-\u00FF]/gu, 'X');
  return splitAddresses(ascii).flatMap((text) => parseAddress(text) ?? []);
}

/** At commas outside quotes, angle brackets and comments; a group's name and its `:` `;` are dropped. */
function splitAddresses(value: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value.charAt(at);
    if (character === '\\') {
      part += value.slice(at, at + 2);
      at += 1;
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    if (!isQuoted && (character === '(' || character === '<')) depth += 1;
    if (!isQuoted && (character === ')' || character === '>')) depth -= 1;
    if (isQuoted || depth > 0 || !',:;'.includes(character)) {
      part += character;
      continue;
    }
    if (character !== ':') parts.push(part);
    part = '';
  }
  return [...parts, part].map((text) => text.trim());
}

function parseAddress(text: string): Address | null {
  const angled = /^(?<name>.*?)<(?<email>[^<>]*)>?[^<>]*$/su.exec(text)?.groups;
  if (angled !== undefined) return makeAddress(angled['name'] ?? '', angled['email'] ?? '');
  const commented = /^(?<email>[^(]*)\((?<name>[^)]*)\)$/su.exec(text)?.groups;
  if (commented !== undefined)
    return makeAddress(commented['name'] ?? '', commented['email'] ?? '');
  return makeAddress('', text);
}

function makeAddress(name: string, email: string): Address | null {
  const address = unquote(email.trim());
  if (!address.includes('@') || address.endsWith('@')) return null;
  const display = decodeWords(unquote(name.trim()));
  return { name: display === '' ? null : display, email: address };
}

function unquote(text: string): string {
  return text.replace(/"((?:[^"\\]|\\.)*)"/gu, (_, inner: string) =>
    inner.replace(/\\(.)/gu, '$1'),
  );
}

/** RFC 2047 encoded words, UTF-8 only. */
function decodeWords(text: string): string {
  return text
    .replace(/\?=\s+=\?/gu, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/giu, (_, encoding: string, data: string) =>
      encoding.toLowerCase() === 'b'
        ? Buffer.from(data, 'base64').toString('utf8')
        : decodeQuotedPrintable(data),
    );
}

function decodeQuotedPrintable(data: string): string {
  const bytes = data
    .replace(/_/gu, ' ')
    .replace(/=([0-9a-f]{2})/giu, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
