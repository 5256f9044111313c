import { type CardLine, hasParameter } from './lines.ts';

/**
 * The value as text: transfer encoding, character set and the escapes of TEXT (RFC 6350 §3.4)
 * undone.
 */
export function decodeText(line: CardLine): string {
  if (isBase64(line)) return decodeOctets(Buffer.from(line.value, 'base64'), line);
  if (isQuotedPrintable(line)) {
    return decodeOctets(decodeQuotedPrintable(line.value), line).replace(
      /\\(?<kept>[\\;,])/gu,
      '$<kept>',
    );
  }
  return unescapeText(decodeOctets(Buffer.from(line.value, 'latin1'), line));
}

/** The value as it is written, as Unicode; for UID and other values that are not TEXT. */
export function decodeRaw(line: CardLine): string {
  return Buffer.from(line.value, 'latin1').toString('utf8').trim();
}

/** Whether the value is written in quoted-printable, as vCard 2.1 does. */
export function isQuotedPrintable(line: CardLine): boolean {
  return hasParameter(line, 'ENCODING', 'QUOTED-PRINTABLE');
}

/** Whether the value is binary, written in base64. */
export function isBase64(line: CardLine): boolean {
  return hasParameter(line, 'ENCODING', 'BASE64', 'B');
}

/** Whether what is added to the value in UTF-8 is read as such (`CHARSET` of vCard 2.1). */
export function isUtf8({ parameters }: CardLine): boolean {
  return parameters
    .filter(({ name }) => name === 'CHARSET')
    .every(({ values }) => /^UTF-?8$/u.test(values[0] ?? ''));
}

/**
 * Text for a value of the card's version. Control characters never get in; a line end becomes `\n`.
 */
export function escapeText(text: string, version: string): string {
  const clean = cleanText(text);
  // vCard 2.1 knows one escape, and no line ends outside quoted-printable.
  if (version === '2.1') return clean.replaceAll('\n', ' ').replaceAll(';', '\\;');
  return clean.replace(/[\\;,]/gu, '\\$&').replaceAll('\n', '\\n');
}

/** RFC 2045 §6.7, of UTF-8; without soft line breaks. */
export function encodeQuotedPrintable(text: string): string {
  return Buffer.from(cleanText(text).replaceAll('\n', '\r\n'), 'utf8').reduce((encoded, octet) => {
    const isPlain = octet >= 0x20 && octet < 0x7f && octet !== 0x3d;
    const hex = octet.toString(16).toUpperCase().padStart(2, '0');
    return encoded + (isPlain ? String.fromCharCode(octet) : `=${hex}`);
  }, '');
}

/** UTF-8 text as octets, one per character. */
export function toOctets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Text fit for a value of one line, such as a name; empty if there is nothing to see in it. */
export function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/gu, ' ').trim();
}

/** Line ends as LF; other control characters and lone surrogates taken out. */
function cleanText(text: string): string {
  return text
    .replace(/\r\n?/gu, '\n')
    .toWellFormed()
    .replace(/[^\P{Cc}\n]/gu, '');
}

function unescapeText(text: string): string {
  return text.replace(/\\(?<escaped>[\s\S])/gu, (match, escaped: string) => {
    if (escaped === 'n' || escaped === 'N') return '\n';
    // A backslash before anything else stands for itself.
    return ['\\', ';', ',', ':'].includes(escaped) ? escaped : match;
  });
}

function decodeQuotedPrintable(value: string): Buffer {
  const octets = value.replace(/=(?<hex>[\da-f]{2})/giu, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(octets, 'latin1');
}

function decodeOctets(octets: Buffer, line: CardLine): string {
  const charset = line.parameters.find(({ name }) => name === 'CHARSET')?.values[0];
  if (charset === undefined || charset === 'UTF-8') return octets.toString('utf8');
  try {
    return new TextDecoder(charset).decode(octets);
  } catch {
    return octets.toString('utf8');
  }
}
