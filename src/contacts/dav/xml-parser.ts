import { decodeEntities } from './xml-entities.ts';

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

/** As XmlReader, of a whole document. */
export function parseXml(
  document: string,
  rootName: string,
  visit: (element: XmlElement) => void,
): void {
  const reader = new XmlReader(rootName, visit);
  reader.write(document);
  reader.end();
}

/**
 * Parses a document strictly, piece by piece as it arrives, and hands over each child of the root as
 * soon as it is complete: an address book of many thousand cards is never whole in memory. Both
 * methods throw XmlError, after some children were handed over perhaps: what was visited counts only
 * once `end` has returned. CR is kept, because a card inside has to be told apart from one whose line
 * ends were changed on the way.
 */
export class XmlReader {
  readonly #rootName: string;
  readonly #visit: (element: XmlElement) => void;
  readonly #open: OpenElement[] = [];
  #isStarted = false;
  #isRootClosed = false;
  /** What has arrived and is not parsed yet: a token that is not complete. */
  #text = '';
  /** Where in `#text` parsing goes on. */
  #position = 0;
  /** Up to where the end of the token was looked for in vain. */
  #searched = 0;
  /** Characters before `#text`. */
  #offset = 0;

  constructor(rootName: string, visit: (element: XmlElement) => void) {
    this.#rootName = rootName;
    this.#visit = visit;
  }

  write(piece: string): void {
    this.#text += piece;
    this.#parse(false);
    this.#text = this.#text.slice(this.#position);
    this.#offset += this.#position;
    this.#searched = Math.max(0, this.#searched - this.#position);
    this.#position = 0;
  }

  end(): void {
    this.#parse(true);
    if (!this.#isRootClosed) this.#fail('cut short');
  }

  #parse(isLast: boolean): void {
    if (!this.#isStarted) {
      if (this.#text.length < PROLOG_LENGTH && !isLast) return;
      this.#start();
    }
    while (this.#position < this.#text.length) if (!this.#parseToken(isLast)) return;
  }

  #start(): void {
    this.#isStarted = true;
    if (this.#text.startsWith('\u00EF\u00BB\u00BF')) this.#position = 3;
    const prolog = this.#text.slice(this.#position, this.#position + PROLOG_LENGTH);
    const encoding = /^<\?xml[^>]*?encoding\s*=\s*["'](?<name>[^"']*)/u.exec(prolog)?.groups?.[
      'name'
    ];
    if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/iu.test(encoding)) {
      this.#fail('not UTF-8');
    }
  }

  /** False when the token is not complete. */
  #parseToken(isLast: boolean): boolean {
    const start = this.#position;
    if (this.#text.charAt(start) !== '<') {
      const markup = this.#find('<', start);
      if (markup === -1 && !isLast) return false;
      const end = markup === -1 ? this.#text.length : markup;
      this.#append(decodeEntities(this.#text.slice(start, end)) ?? this.#fail('a bad entity'));
      this.#position = end;
      return true;
    }
    // Enough to tell the kinds apart.
    if (!isLast && this.#text.length - start < '<![CDATA['.length) return false;
    if (this.#text.startsWith('<![CDATA[', start)) return this.#parseCdata(isLast);
    if (this.#text.startsWith('<!--', start)) return this.#skip('-->', start + 4, isLast);
    if (this.#text.startsWith('<?', start)) return this.#skip('?>', start, isLast);
    return this.#parseTag(isLast);
  }

  #parseCdata(isLast: boolean): boolean {
    const from = this.#position + '<![CDATA['.length;
    if (!this.#skip(']]>', from, isLast)) return false;
    if (this.#open.length === 0) this.#fail('text outside of the root element');
    this.#append(this.#text.slice(from, this.#position - ']]>'.length));
    return true;
  }

  #parseTag(isLast: boolean): boolean {
    TAG.lastIndex = this.#position;
    const tag = TAG.exec(this.#text)?.groups;
    // A DTD is no tag: entities of its own could blow up a small document to a large one.
    if (tag === undefined) {
      const isCut = !isLast && this.#text.length - this.#position < MAX_TAG_LENGTH;
      if (isCut && this.#text.charAt(this.#position + 1) !== '!') return false;
      return this.#fail('no tag, or one that is cut short,');
    }
    const { closing, opening = '', attributes = '', empty } = tag;
    if (closing === undefined) this.#openTag(opening, attributes, empty === '/');
    else if (this.#open.at(-1)?.tagName === closing) this.#close();
    else this.#fail(`</${closing}> closes nothing`);
    this.#position = TAG.lastIndex;
    return true;
  }

  #openTag(tagName: string, attributes: string, isEmpty: boolean): void {
    if (this.#isRootClosed) this.#fail('a second root element');
    const element = openElement(tagName, attributes, this.#open.at(-1));
    if (element === null) return this.#fail('a prefix that stands for no namespace');
    if (this.#open.length === 0 && element.name !== this.#rootName) {
      this.#fail(`not ${this.#rootName}`);
    }
    if (this.#open.push(element) > MAX_DEPTH) this.#fail('too deep');
    if (isEmpty) this.#close();
  }

  #close(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    if (this.#open.length === 0) this.#isRootClosed = true;
    else if (this.#open.length === 1) this.#visit(element);
    else this.#open.at(-1)?.children.push(element);
  }

  #append(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
    else if (text.trim() !== '') this.#fail('text outside of the root element');
  }

  /** Goes on after `end`; false where that has not arrived. */
  #skip(end: string, from: number, isLast: boolean): boolean {
    const index = this.#find(end, from);
    if (index !== -1) this.#position = index + end.length;
    else if (isLast) this.#fail('cut short');
    return index !== -1;
  }

  /** Looks at no character of a long token twice. */
  #find(end: string, from: number): number {
    const index = this.#text.indexOf(end, Math.max(from, this.#searched - end.length));
    this.#searched = index === -1 ? this.#text.length : 0;
    return index;
  }

  #fail(problem: string): never {
    throw new XmlError(`${problem} at character ${this.#offset + this.#position}`);
  }
}

/** Characters that hold the XML declaration, and what may be before it. */
const PROLOG_LENGTH = 200;

/** Longer than any tag with its attributes. */
const MAX_TAG_LENGTH = 65_536;

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
