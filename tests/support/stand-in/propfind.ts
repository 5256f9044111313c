import { CALENDARSERVER, CARDDAV, DAV, findChild, parseXml, qualified } from '../xml.ts';
import type { BookRecord, CardRecord, ContactsState } from './contacts-state.ts';
import { type Answer, htmlAnswer, type ServerRequest } from './exchange.ts';
import {
  cdata,
  conditionAnswer,
  encodeText,
  multistatusAnswer,
  type PropertyValues,
  renderMissing,
  renderResponse,
} from './multistatus.ts';

interface Resource {
  readonly href: string;
  readonly values: PropertyValues;
}

export const COLLECTION_ROOT = '/dav/addressbooks';
const PRINCIPALS_ROOT = '/dav/principals/';

/** RFC 4918 §9.1, Depth 0 and 1. */
export function answerPropfind(
  request: ServerRequest,
  state: ContactsState,
  principalHref: string,
): Answer {
  const depth = request.headers['depth'] ?? 'infinity';
  if (depth !== '0' && depth !== '1') return conditionAnswer(403, '<d:propfind-finite-depth/>');
  if (!isXmlOrEmpty(request)) return htmlAnswer(415, 'Unsupported Media Type');
  let asked: readonly string[] | null;
  try {
    asked = parseAsked(request.body.toString('utf8'));
  } catch {
    return htmlAnswer(400, 'Bad Request');
  }
  const resources = findResources(request.path, depth === '1', state, principalHref);
  if (resources === null) {
    const { path } = request;
    // For a card that it does not have, a book answers with a multistatus.
    const isInBook = state.findBook(path.slice(0, path.lastIndexOf('/') + 1)) !== undefined;
    return isInBook ? multistatusAnswer([renderMissing(path)]) : htmlAnswer(404, 'Not Found');
  }
  return multistatusAnswer(
    resources.map(({ href, values }) => renderResponse(href, asked ?? [...values.keys()], values)),
  );
}

/** The type must be XML: Cyrus answers 415 to any other. */
export function isXmlOrEmpty({ headers, body }: ServerRequest): boolean {
  return body.length === 0 || /^(?:text|application)\/xml\b/iu.test(headers['content-type'] ?? '');
}

/** The names of the properties that are asked for; null: all. */
function parseAsked(body: string): readonly string[] | null {
  if (body === '') return null;
  const root = parseXml(body);
  if (root.name !== qualified(DAV, 'propfind')) throw new Error('no propfind');
  return findChild(root, DAV, 'prop')?.children.map(({ name }) => name) ?? null;
}

function findResources(
  path: string,
  withChildren: boolean,
  state: ContactsState,
  principalHref: string,
): readonly Resource[] | null {
  const isAt = (href: string): boolean => path === href || `${path}/` === href;
  const common: (readonly [string, string])[] = [
    [qualified(DAV, 'current-user-principal'), hrefElement(principalHref)],
  ];
  const collection = '<d:collection/>';
  if (isAt('/')) return [resource('/', common)];
  if (isAt(`${COLLECTION_ROOT}/`) || isAt(PRINCIPALS_ROOT)) {
    return [resource(path, [...common, [RESOURCE_TYPE, collection]])];
  }
  if (isAt(principalHref)) {
    const home = hrefElement(state.homeHref);
    return [
      resource(principalHref, [
        ...common,
        [RESOURCE_TYPE, '<d:principal/>'],
        [qualified(CARDDAV, 'addressbook-home-set'), home],
      ]),
    ];
  }
  if (isAt(state.homeHref)) {
    const books = withChildren ? [...state.books.values()] : [];
    return [
      resource(state.homeHref, [...common, [RESOURCE_TYPE, collection]]),
      ...books.map((book) => bookResource(book, common)),
    ];
  }
  const book = state.findBook(path);
  if (book !== undefined) {
    const cards = withChildren ? [...book.cards.values()] : [];
    return [bookResource(book, common), ...cards.map((card) => cardResource(card, common))];
  }
  const card = state.findCard(path);
  return card === undefined ? null : [cardResource(card, common)];
}

const RESOURCE_TYPE = qualified(DAV, 'resourcetype');

function resource(href: string, entries: readonly (readonly [string, string])[]): Resource {
  return { href, values: new Map(entries) };
}

function bookResource(book: BookRecord, common: readonly (readonly [string, string])[]): Resource {
  return resource(book.href, [
    ...common,
    [qualified(DAV, 'displayname'), cdata(encodeText(book.displayName))],
    [RESOURCE_TYPE, '<d:collection/><c:addressbook/>'],
    [qualified(DAV, 'getetag'), `"${book.change}"`],
    [qualified(DAV, 'sync-token'), `urn:stand-in:sync-${book.change}`],
    [qualified(CALENDARSERVER, 'getctag'), String(book.change)],
    [
      qualified(CARDDAV, 'supported-address-data'),
      '<c:address-data-type content-type="text/vcard" version="3.0"/>' +
        '<c:address-data-type content-type="text/vcard" version="4.0"/>',
    ],
  ]);
}

function cardResource(card: CardRecord, common: readonly (readonly [string, string])[]): Resource {
  return resource(card.href, [
    ...common,
    [qualified(DAV, 'getetag'), card.etag],
    [RESOURCE_TYPE, ''],
    [qualified(DAV, 'getcontenttype'), 'text/vcard; charset=utf-8'],
    [qualified(CARDDAV, 'address-data'), cdata(card.bytes.toString('latin1'))],
  ]);
}

function hrefElement(href: string): string {
  return `<d:href>${href}</d:href>`;
}
