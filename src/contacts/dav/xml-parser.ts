/*
 * XML as octets: each character of the document is one byte of its UTF-8, and so is the text of an
 * element. A card inside goes on to be read and written as octets; text of a large answer is held
 * once, one byte a character.
 */

/** An element with its namespace resolved. Text of mixed content is joined, and kept as it came. */
export interface XmlElement {
  /** `{namespace}local`, as in `{DAV:}href`. */
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** Not well-formed, cut short, or with a DTD. The message says where. */
export class XmlError extends Error {}

/**
 * Reads a document strictly and hands over each child of the root as soon as it is complete, so that
 * an address book of many thousand cards is never a tree in memory. Throws XmlError, after some
 * children were handed over perhaps: what was visited counts only when this returns. CR is kept, for
 * a card inside has to be told apart from one whose line ends were changed on the way.
 */
export function parseXml(
  document: string,
  rootName: string,
  visit: (element: XmlElement) => void,
): void {
  const open: OpenElement[] = [];
  let isRootClosed = false;
  let position = document.startsWith('\u00EF\u00BB\u00BF') ? 3 : 0;
  const encoding = /^<\?xml[^>]*?encoding\s*=\s*["'](?<name>[^"']*)/u.exec(
    document.slice(position, position + 200),
  )?.groups?.['name'];

  const fail = (problem: string): never => {
    throw new XmlError(`${problem} at character ${position}`);
  };
  const through = (end: string, from: number): number => {
    const index = document.indexOf(end, from);
    return index === -1 ? fail('cut short') : index;
  };
  const append = (text: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
    else if (text.trim() !== '') fail('text outside of the root element');
  };
  const close = (): void => {
    const element = open.pop();
    if (element === undefined) return;
    if (open.length === 0) isRootClosed = true;
    else if (open.length === 1) visit(element);
    else open.at(-1)?.children.push(element);
  };

  if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/iu.test(encoding)) fail('not UTF-8');
  while (position < document.length) {
    const markup = document.indexOf('<', position);
    const textEnd = markup === -1 ? document.length : markup;
    if (textEnd > position) {
      append(decodeEntities(document.slice(position, textEnd)) ?? fail('a bad entity'));
    }
    position = textEnd;
    if (markup === -1) break;
    if (document.startsWith('<![CDATA[', position)) {
      const end = through(']]>', position);
      if (open.length === 0) fail('text outside of the root element');
      append(document.slice(position + 9, end));
      position = end + 3;
    } else if (document.startsWith('<!--', position)) {
      position = through('-->', position + 4) + 3;
    } else if (document.startsWith('<?', position)) {
      position = through('?>', position) + 2;
    } else {
      TAG.lastIndex = position;
      const tag = TAG.exec(document)?.groups;
      // A DTD is no tag: entities of its own could blow up a small document to a large one.
      if (tag === undefined) return fail('no tag, or one that is cut short,');
      if (tag['closing'] !== undefined) {
        if (open.at(-1)?.tagName !== tag['closing']) fail(`</${tag['closing']}> closes nothing`);
        close();
      } else {
        if (isRootClosed) fail('a second root element');
        const element = openElement(tag['opening'] ?? '', tag['attributes'] ?? '', open.at(-1));
        if (element === null) return fail('a prefix that stands for no namespace');
        if (open.length === 0 && element.name !== rootName) fail(`not ${rootName}`);
        if (open.push(element) > MAX_DEPTH) fail('too deep');
        if (tag['empty'] === '/') close();
      }
      position = TAG.lastIndex;
    }
  }
  if (!isRootClosed) fail('cut short');
}

interface OpenElement {
  readonly tagName: string;
  readonly name: string;
  readonly namespaces: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const MAX_DEPTH = 100;

const TAG =
  /<(?:\/(?<closing>[^\s<>/="'&]+)\s*|(?<opening>[^\s<>/="'&!?]+)(?<attributes>(?:\s+[^\s<>/="'&]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?))>/uy;

function openElement(
  tagName: string,
  attributes: string,
  parent: OpenElement | undefined,
): OpenElement | null {
  const inherited = parent?.namespaces ?? NO_NAMESPACES;
  const namespaces = attributes.includes('xmlns')
    ? declareNamespaces(attributes, inherited)
    : inherited;
  const colon = tagName.indexOf(':');
  const namespace = namespaces.get(tagName.slice(0, Math.max(0, colon)));
  if (namespace === undefined) return null;
  const name = `{${namespace}}${tagName.slice(colon + 1)}`;
  return { tagName, name, namespaces, children: [], text: '' };
}

const NO_NAMESPACES: ReadonlyMap<string, string> = new Map([['', '']]);

function declareNamespaces(
  attributes: string,
  inherited: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const namespaces = new Map(inherited);
  for (const { groups } of attributes.matchAll(DECLARATION)) {
    namespaces.set(groups?.['prefix'] ?? '', (groups?.['uri'] ?? '').slice(1, -1));
  }
  return namespaces;
}

const DECLARATION = /\sxmlns(?::(?<prefix>[^\s=]+))?\s*=\s*(?<uri>"[^"]*"|'[^']*')/gu;

/** Null when there is a reference that XML does not know. */
function decodeEntities(text: string): string | null {
  if (!text.includes('&')) return text;
  let isGood = true;
  const decoded = joinSurrogates(text).replace(
    /&(?<name>[^;&\s]{0,10};)?/gu,
    (_, name: string | undefined) => {
      const character = name === undefined ? undefined : decodeEntity(name.slice(0, -1));
      if (character === undefined) isGood = false;
      return character ?? '';
    },
  );
  return isGood ? decoded : null;
}

/** Some writers refer to a character beyond U+FFFF by its two halves in UTF-16. */
function joinSurrogates(text: string): string {
  return text.replace(
    /&#(?<high>x0*d[89ab][\da-f]{2}|5[56]\d{3});&#(?<low>x0*d[c-f][\da-f]{2}|5[67]\d{3});/giu,
    (both, high: string, low: string) => {
      const [first, second] = [codeOf(high), codeOf(low)];
      if (first >> 10 !== 0xd800 >> 10 || second >> 10 !== 0xdc00 >> 10) return both;
      return `&#${(((first & 0x3ff) << 10) | (second & 0x3ff)) + 0x1_00_00};`;
    },
  );
}

function codeOf(digits: string): number {
  return /^x/iu.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number(digits);
}

function decodeEntity(name: string): string | undefined {
  if (!/^#(?:x[\da-f]+|\d+)$/iu.test(name)) return ENTITIES.get(name);
  const code = codeOf(name.slice(1));
  if (!(code > 0 && code <= 0x10_ff_ff)) return undefined;
  return Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1');
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
