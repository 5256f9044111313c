import { SaxesParser } from 'saxes';

/** An XML element with its namespace resolved; the text of mixed content is joined. */
export interface XmlElement {
  /** `{namespace}local`, as in `{DAV:}href`. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

export const DAV = 'DAV:';
export const CARDDAV = 'urn:ietf:params:xml:ns:carddav';
export const CALENDARSERVER = 'http://calendarserver.org/ns/';

/** Parses a whole document strictly. Throws if it is not well-formed, also if it is cut short. */
export function parseXml(document: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const stack: MutableElement[] = [];
  let root: XmlElement | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const attributes = new Map(
      Object.values(tag.attributes).map((attribute) => [attribute.local, attribute.value]),
    );
    const element = { name: qualified(tag.uri, tag.local), attributes, children: [], text: '' };
    stack.at(-1)?.children.push(element);
    stack.push(element);
  });
  parser.on('closetag', () => {
    root = stack.pop();
  });
  const append = (text: string): void => {
    const element = stack.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.on('text', append);
  parser.on('cdata', append);
  parser.write(document).close();
  if (root === undefined) throw new Error('no root element');
  return root;
}

export function qualified(namespace: string, local: string): string {
  return `{${namespace}}${local}`;
}

/** The first child of that name. */
export function findChild(
  element: XmlElement | undefined,
  namespace: string,
  local: string,
): XmlElement | undefined {
  const name = qualified(namespace, local);
  return element?.children.find((child) => child.name === name);
}

export function findChildren(
  element: XmlElement,
  namespace: string,
  local: string,
): readonly XmlElement[] {
  const name = qualified(namespace, local);
  return element.children.filter((child) => child.name === name);
}

/**
 * Text for an element or an attribute. CR is written so that XML's line-end rule does not change
 * it.
 */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/gu, (character) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

interface MutableElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: MutableElement[];
  text: string;
}
