/*
 * vCards as they are in the wild, read without ever giving up. Text is octets: each character of a
 * RawCard is one byte of the resource ("latin1", "binary"), because folds may cut UTF-8 sequences,
 * and what is not understood has to go back unchanged. Values become UTF-8 text only after
 * unfolding.
 */

/** A resource of an address book, one character per octet. */
export type RawCard = string & { readonly __brand: 'RawCard' };

/** The bytes of a resource as text, one character for each. `toBytes` gives them back. */
export function toRawCard(bytes: Uint8Array): RawCard {
  return asRawCard(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'),
  );
}

/** The bytes of the resource, to be sent. */
export function toBytes(raw: RawCard): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(raw.length);
  for (let index = 0; index < raw.length; index += 1) bytes[index] = raw.charCodeAt(index);
  return bytes;
}

/** Octets that make up a card; each character has to be one octet. */
export function asRawCard(octets: string): RawCard {
  return octets as RawCard;
}

/** One content line (RFC 6350 §3.3), unfolded, with its place in the resource. */
export interface CardLine {
  /** `ITEM1` in `item1.EMAIL`, upper-cased; empty where there is none. */
  readonly group: string;
  /** Upper-cased; empty if this is not a line of a vCard. */
  readonly name: string;
  readonly parameters: readonly CardParameter[];
  /** Octets after the colon, folds and soft line breaks taken out. */
  readonly value: string;
  /** Where the line begins. */
  readonly start: number;
  /** After the last octet of its last physical line, before the line end. */
  readonly end: number;
  /** After the line end: where the next line begins. */
  readonly next: number;
  /** Where its last physical line begins; equals `start` when it is not folded. */
  readonly lastStart: number;
}

/** `TYPE=HOME,WORK`, or the bare `HOME` of vCard 2.1, whose name is empty. Both upper-cased. */
interface CardParameter {
  readonly name: string;
  readonly values: readonly string[];
}

/** One vCard of a resource, which may hold several. */
export interface CardPart {
  /** Between BEGIN and END, without the lines of cards nested in it (AGENT of vCard 2.1). */
  readonly lines: readonly CardLine[];
  readonly begin: CardLine;
  /** END:VCARD; null when the card is cut short: it may be read, but not edited. */
  readonly finish: CardLine | null;
  /** The line before END, whosever it is. */
  readonly beforeFinish: CardLine;
  /** `2.1`, `3.0`, `4.0`; empty where the card does not say. */
  readonly version: string;
  /** The line end of its first line. */
  readonly lineEnd: string;
}

/** The vCards of a resource, in order. Never throws; what is around and between them is left out. */
export function parseCardParts(raw: RawCard): readonly CardPart[] {
  const parts: CardPart[] = [];
  let begin: CardLine | null = null;
  let own: CardLine[] = [];
  let all: CardLine[] = [];
  let depth = 0;
  const close = (finish: CardLine | null): void => {
    if (begin === null) return;
    // A missing END makes the next card look nested; in a card that is cut short every line counts.
    const lines = finish === null ? all : own;
    parts.push({
      lines,
      begin,
      finish,
      beforeFinish: all.at(-1) ?? begin,
      version: lines.find(({ name }) => name === 'VERSION')?.value.trim() ?? '',
      lineEnd: raw.slice(begin.end, begin.next),
    });
    begin = null;
    own = [];
    all = [];
  };
  for (const line of parseCardLines(raw)) {
    const isBegin = isMark(line, 'BEGIN');
    const isEnd = isMark(line, 'END');
    if (isBegin) depth += 1;
    if (isBegin && depth === 1) {
      begin = line;
      continue;
    }
    if (isEnd && depth === 1) close(line);
    if (isEnd && depth > 0) depth -= 1;
    if (begin === null) continue;
    all.push(line);
    if (depth === 1 && !isEnd) own.push(line);
  }
  close(null);
  return parts;
}

/** All content lines of a text, whatever it is. */
export function parseCardLines(raw: RawCard): readonly CardLine[] {
  const physical = splitPhysicalLines(raw);
  const lines: CardLine[] = [];
  for (let index = 0; index < physical.length;) {
    const first = physical[index];
    if (first === undefined) break;
    const texts = [raw.slice(first.start, first.end)];
    let last = first;
    for (index += 1; index < physical.length; index += 1) {
      const next = physical[index];
      if (next === undefined) break;
      const text = raw.slice(next.start, next.end);
      if (isSoftBroken(texts) && !MARK.test(text)) {
        texts.push((texts.pop() ?? '').slice(0, -1), text);
      } else if (/^[ \t]/u.test(text)) texts.push(text.slice(1));
      else break;
      last = next;
    }
    lines.push({
      ...parseContent(texts.join('')),
      start: first.start,
      end: last.end,
      next: last.next,
      lastStart: last.start,
    });
  }
  return lines;
}

/** Whether a parameter has this value, as in `ENCODING=b`, `TYPE=HOME` or bare `HOME`. */
export function hasParameter(line: CardLine, name: string, ...values: readonly string[]): boolean {
  return line.parameters.some(
    (parameter) =>
      (parameter.name === name || parameter.name === '') &&
      parameter.values.some((value) => values.includes(value)),
  );
}

interface PhysicalLine {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

/** Line ends are CRLF, LF, and what bad gateways make of them (CR CR LF); CR where there is no LF. */
function splitPhysicalLines(raw: RawCard): readonly PhysicalLine[] {
  const terminator = raw.includes('\n') ? '\n' : '\r';
  const lines: PhysicalLine[] = [];
  for (let start = 0; start < raw.length;) {
    const found = raw.indexOf(terminator, start);
    const next = found === -1 ? raw.length : found + 1;
    let end = next;
    if (found !== -1) {
      end = found;
      while (end > start && raw.charAt(end - 1) === '\r') end -= 1;
    }
    lines.push({ start, end, next });
    start = next;
  }
  return lines;
}

/** A quoted-printable value of vCard 2.1 goes on in the next line after `=`, without a space. */
function isSoftBroken(texts: readonly string[]): boolean {
  if (texts.at(-1)?.endsWith('=') !== true) return false;
  const head = texts.join('');
  return hasQuotedPrintable(head.slice(0, findColon(head)));
}

function hasQuotedPrintable(head: string): boolean {
  return /;(?:encoding=)?"?quoted-printable"?(?:;|$)/iu.test(head);
}

const MARK = /^(?:begin|end)[ \t]*:[ \t]*vcard[ \t]*$/iu;

function isMark(line: CardLine, name: 'BEGIN' | 'END'): boolean {
  return line.name === name && line.value.trim().toUpperCase() === 'VCARD';
}

type Content = Pick<CardLine, 'group' | 'name' | 'parameters' | 'value'>;

function parseContent(text: string): Content {
  const colon = findColon(text);
  if (colon === text.length) return { group: '', name: '', parameters: [], value: text };
  const [head = '', ...parameters] = splitOutsideQuotes(text.slice(0, colon), ';');
  // A byte order mark may stand before BEGIN.
  const found = /^(?:\u00EF\u00BB\u00BF)?(?:(?<group>[\w-]+)\.)?(?<name>[\w-]+)[ \t]*$/u.exec(
    head,
  )?.groups;
  if (found === undefined) return { group: '', name: '', parameters: [], value: text };
  return {
    group: (found['group'] ?? '').toUpperCase(),
    name: (found['name'] ?? '').toUpperCase(),
    parameters: parameters.map(parseParameter),
    value: text.slice(colon + 1),
  };
}

function parseParameter(text: string): CardParameter {
  const equals = text.indexOf('=');
  const values = splitOutsideQuotes(text.slice(equals + 1), ',').map((value) =>
    value
      .trim()
      .replace(/^"(?<inside>.*)"$/su, '$<inside>')
      .toUpperCase(),
  );
  return { name: equals === -1 ? '' : text.slice(0, equals).trim().toUpperCase(), values };
}

/** The colon that ends name and parameters; the text's length where there is none. */
function findColon(text: string): number {
  let isQuoted = false;
  let firstColon = -1;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '"') isQuoted = !isQuoted;
    if (character !== ':') continue;
    if (!isQuoted) return index;
    if (firstColon === -1) firstColon = index;
  }
  // A quote that is never closed quotes nothing.
  return firstColon === -1 ? text.length : firstColon;
}

function splitOutsideQuotes(text: string, separator: ';' | ','): readonly string[] {
  if (!text.includes('"')) return text.split(separator);
  const hasPairs = (text.split('"').length - 1) % 2 === 0;
  const parts: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '"' && hasPairs) isQuoted = !isQuoted;
    if (character !== separator || isQuoted) continue;
    parts.push(text.slice(start, index));
    start = index + 1;
  }
  return [...parts, text.slice(start)];
}
