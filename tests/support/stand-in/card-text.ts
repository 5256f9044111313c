/*
 * Cards are bytes, and not always UTF-8: here they are binary strings, one character per byte, so that
 * what a client sent and what it gets back can be compared to the byte.
 */

/** One unfolded line of a vCard. */
export interface CardLine {
  /** `item1` in `item1.EMAIL`, or null. */
  readonly group: string | null;
  /** As written. */
  readonly name: string;
  /** Parameters as written, each without its `;`. */
  readonly parameters: readonly string[];
  readonly value: string;
}

/** Unfolds (RFC 2426 §5.8.1). Null if a line is not a vCard line. */
export function parseCardLines(card: string): readonly CardLine[] | null {
  const lines = card
    .replace(/\r?\n[ \t]/gu, '')
    .split(/\r?\n/u)
    .filter((line) => line !== '')
    .map(parseLine);
  return lines.every((line) => line !== null) ? lines : null;
}

function parseLine(line: string): CardLine | null {
  const found =
    /^(?:(?<group>[\w-]+)\.)?(?<name>[\w-]+)(?<parameters>(?:;(?:"[^"]*"|[^:;"])*)*):(?<value>.*)$/su.exec(
      line,
    )?.groups;
  if (found === undefined) return null;
  const parameters = found['parameters'] ?? '';
  return {
    group: found['group'] ?? null,
    name: found['name'] ?? '',
    parameters: parameters.match(/(?:"[^"]*"|[^;"])+/gu) ?? [],
    value: found['value'] ?? '',
  };
}

/** Why a server refuses these lines, or null. It insists on what RFC 2426 requires. */
export function findCardProblem(lines: readonly CardLine[] | null): string | null {
  const [first] = lines ?? [];
  const last = lines?.at(-1);
  if (lines === null || !isLine(first, 'BEGIN', 'VCARD') || !isLine(last, 'END', 'VCARD')) {
    return 'Resource is not a vCard object';
  }
  const count = (name: string): number => lines.filter((line) => hasName(line, name)).length;
  const cards = count('BEGIN');
  if (count('END') !== cards) return 'Resource is not a vCard object';
  if (count('UID') === 0) return 'Missing mandatory UID property';
  const isVersion4 = lines.some((line) => isLine(line, 'VERSION', '4.0'));
  const required = isVersion4 ? ['VERSION', 'FN'] : ['VERSION', 'FN', 'N'];
  return required.some((name) => count(name) < cards) ? 'Failed restriction checks' : null;
}

export function findUid(lines: readonly CardLine[]): string {
  return decodeText(lines.find((line) => hasName(line, 'UID'))?.value ?? '');
}

/** The text of a binary string. */
export function decodeText(binary: string): string {
  return Buffer.from(binary, 'latin1').toString('utf8');
}

export function hasName(line: CardLine, name: string): boolean {
  return line.name.toUpperCase() === name.toUpperCase();
}

function isLine(line: CardLine | undefined, name: string, value: string): boolean {
  return line !== undefined && hasName(line, name) && line.value.toUpperCase() === value;
}

/**
 * The card as Cyrus would write it: TYPE lists split up, bare parameters named, commas and
 * semicolons in text values escaped, lines folded again.
 */
export function rewriteLines(lines: readonly CardLine[]): readonly CardLine[] {
  return lines.map((line) => ({
    ...line,
    parameters: line.parameters.flatMap(rewriteParameter),
    value: rewriteValue(line),
  }));
}

/** The card as Cyrus serves it in this version, whatever version it is stored in. */
export function convertLines(
  lines: readonly CardLine[],
  version: '3.0' | '4.0',
): readonly CardLine[] {
  const other = version === '3.0' ? '4.0' : '3.0';
  if (!lines.some((line) => isLine(line, 'VERSION', other))) return lines;
  const names = version === '3.0' ? VERSION_3_NAMES : VERSION_4_NAMES;
  return lines.map((line) => ({
    ...line,
    name: names.get(line.name.toUpperCase()) ?? line.name,
    value: isLine(line, 'VERSION', other) ? version : line.value,
  }));
}

/** The lines as text, folded at 75 octets. */
export function renderCard(lines: readonly CardLine[]): string {
  return lines.map((line) => `${fold(renderLine(line))}\r\n`).join('');
}

const VERSION_3_NAMES: ReadonlyMap<string, string> = new Map([
  ['KIND', 'x-addressbookserver-kind'],
  ['MEMBER', 'x-addressbookserver-member'],
]);

const VERSION_4_NAMES: ReadonlyMap<string, string> = new Map([
  ['X-ADDRESSBOOKSERVER-KIND', 'KIND'],
  ['X-ADDRESSBOOKSERVER-MEMBER', 'MEMBER'],
]);

function rewriteParameter(parameter: string): readonly string[] {
  const [name = '', ...rest] = parameter.split('=');
  if (rest.length === 0) return [`type=${parameter}`];
  if (name.toUpperCase() !== 'TYPE') return [parameter];
  const values = rest.join('=').replaceAll('"', '').split(',');
  return values.map((value) => `${name}=${value}`);
}

function rewriteValue(line: CardLine): string {
  const name = line.name.toUpperCase();
  if (RAW_VALUES.has(name) || isUri(line)) return line.value;
  if (STRUCTURED_VALUES.has(name)) {
    return splitUnescaped(line.value, ';').map(escapeAll).join(';');
  }
  if (LIST_VALUES.has(name)) return splitUnescaped(line.value, ',').map(escapeAll).join(',');
  return escapeAll(line.value);
}

/** Whether the value is a URI, in which nothing is escaped. */
export function isUri({ parameters }: CardLine): boolean {
  return parameters.some((parameter) => /^VALUE=uri$/iu.test(parameter));
}

function escapeAll(text: string): string {
  return text.replace(
    /(?<escaped>\\[\s\S])|(?<bare>[,;])/gu,
    (match, escaped: string | undefined) =>
      escaped === undefined ? `\\${match}` : normalizeEscape(escaped),
  );
}

/** `\:` and its like lose their backslash, `\N` is `\n`. */
function normalizeEscape(escaped: string): string {
  const character = escaped.charAt(1);
  if (character === 'n' || character === 'N') return '\\n';
  return '\\,;'.includes(character) ? escaped : character;
}

const RAW_VALUES = new Set([
  'URL',
  'PHOTO',
  'LOGO',
  'KEY',
  'SOUND',
  'BDAY',
  'REV',
  'UID',
  'VERSION',
  'GEO',
  'IMPP',
  'SOURCE',
]);
const STRUCTURED_VALUES = new Set(['N', 'ORG', 'ADR']);
const LIST_VALUES = new Set(['CATEGORIES', 'NICKNAME']);

function splitUnescaped(text: string, separator: ',' | ';'): readonly string[] {
  const parts = [''];
  for (const [token] of text.matchAll(/\\[\s\S]|[\s\S]/gu)) {
    if (token === separator) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}

function renderLine({ group, name, parameters, value }: CardLine): string {
  const prefix = group === null ? '' : `${group}.`;
  return `${prefix}${name}${parameters.map((parameter) => `;${parameter}`).join('')}:${value}`;
}

/** A fold never splits a UTF-8 character: it waits for the last byte. */
function fold(line: string): string {
  let folded = '';
  let width = 0;
  for (const byte of line) {
    if (width >= 75 && !/[\u0080-\u00BF]/u.test(byte)) {
      folded += '\r\n ';
      width = 1;
    }
    folded += byte;
    width += 1;
  }
  return folded;
}
