import {
  CARDDAV,
  DAV,
  findChild,
  findChildren,
  parseXml,
  qualified,
  type XmlElement,
} from '../xml.ts';
import { type CardLine, decodeText, hasName, renderCard } from './card-text.ts';
import type { CardRecord, ContactsState } from './contacts-state.ts';
import { type Answer, htmlAnswer, type ServerRequest } from './exchange.ts';
import {
  cdata,
  conditionAnswer,
  multistatusAnswer,
  renderMissing,
  renderResponse,
} from './multistatus.ts';
import { pathOfHref } from './path.ts';
import { isXmlOrEmpty } from './propfind.ts';

type CardFilter = (card: CardRecord) => boolean;

/** Thrown for a filter with an unknown collation (RFC 6352 §8.3, supported-collation). */
class UnsupportedCollation extends Error {}

/** RFC 6352 §8.6 addressbook-query and §8.7 addressbook-multiget. */
export function answerReport(request: ServerRequest, state: ContactsState): Answer {
  if (!isXmlOrEmpty(request)) return htmlAnswer(415, 'Unsupported Media Type');
  let root: XmlElement;
  try {
    root = parseXml(request.body.toString('utf8'));
  } catch {
    return htmlAnswer(400, 'Bad Request');
  }
  const cards = findScope(request.path, state);
  if (cards === null) return htmlAnswer(404, 'Not Found');
  const prop = findChild(root, DAV, 'prop');
  switch (root.name) {
    case qualified(CARDDAV, 'addressbook-query'):
      return answerQuery(root, cards, (card) => renderCardResponse(card, prop, state));
    case qualified(CARDDAV, 'addressbook-multiget'):
      return multistatusAnswer(
        findChildren(root, DAV, 'href').map(({ text }) => {
          const href = pathOfHref(text);
          const card = state.findCard(href);
          return card === undefined ? renderMissing(href) : renderCardResponse(card, prop, state);
        }),
      );
    default:
      return conditionAnswer(403, '<d:supported-report/>');
  }
}

/** Newest first, and `limit` is ignored, both as on Cyrus. */
function answerQuery(
  root: XmlElement,
  cards: readonly CardRecord[],
  render: (card: CardRecord) => string,
): Answer {
  try {
    const matches = compileFilter(findChild(root, CARDDAV, 'filter'));
    return multistatusAnswer(cards.filter(matches).map(render));
  } catch (error) {
    if (!(error instanceof UnsupportedCollation)) throw error;
    return conditionAnswer(403, '<c:supported-collation/>');
  }
}

/** The cards of a book, or of all books of the home. */
function findScope(path: string, state: ContactsState): readonly CardRecord[] | null {
  const isHome = path === state.homeHref || `${path}/` === state.homeHref;
  const book = state.findBook(path);
  const books = isHome ? [...state.books.values()] : book === undefined ? null : [book];
  return books?.flatMap(({ cards }) => [...cards.values()].toReversed()) ?? null;
}

function renderCardResponse(
  card: CardRecord,
  prop: XmlElement | undefined,
  { ignoresPartialData }: ContactsState,
): string {
  const asked = prop?.children.map(({ name }) => name) ?? [];
  const values = new Map([
    [qualified(DAV, 'getetag'), card.etag],
    [qualified(DAV, 'resourcetype'), ''],
    [qualified(DAV, 'getcontenttype'), 'text/vcard; charset=utf-8'],
  ]);
  const addressData = findChild(prop, CARDDAV, 'address-data');
  if (addressData !== undefined) {
    const text = ignoresPartialData
      ? card.bytes.toString('latin1')
      : selectLines(card, addressData);
    values.set(addressData.name, cdata(text));
  }
  return renderResponse(card.href, asked, values);
}

/**
 * RFC 6352 §10.4: with `prop` elements only these properties, and VERSION only if it is among them.
 */
function selectLines(card: CardRecord, addressData: XmlElement): string {
  const names = findChildren(addressData, CARDDAV, 'prop').map(
    ({ attributes }) => attributes.get('name')?.toUpperCase() ?? '',
  );
  if (names.length === 0) return card.bytes.toString('latin1');
  const kept = new Set(['BEGIN', 'END', ...names]);
  return renderCard(card.lines.filter(({ name }) => kept.has(name.toUpperCase())));
}

function compileFilter(filter: XmlElement | undefined): CardFilter {
  if (filter === undefined) return () => true;
  const parts = findChildren(filter, CARDDAV, 'prop-filter').map(compilePropFilter);
  if (parts.length === 0) return () => true;
  return combine(parts, filter);
}

/**
 * Like Cyrus, it begins at the first property of that name without a group. So it misses a card
 * whose only `EMAIL` is `item1.EMAIL`, and also a grouped one before the plain one.
 */
function compilePropFilter(element: XmlElement): CardFilter {
  const name = element.attributes.get('name') ?? '';
  const find = (card: CardRecord): readonly CardLine[] => {
    const lines = card.sentLines.filter((line) => hasName(line, name));
    const first = lines.findIndex(({ group }) => group === null);
    return first === -1 ? [] : lines.slice(first);
  };
  if (findChild(element, CARDDAV, 'is-not-defined') !== undefined) {
    return (card) => find(card).length === 0;
  }
  const tests = findChildren(element, CARDDAV, 'text-match').map(compileTextMatch);
  if (tests.length === 0) return (card) => find(card).length > 0;
  const matches = combine(tests, element);
  return (card) => find(card).some(({ value }) => matches(decodeText(value)));
}

/** `test` is anyof unless it says allof (RFC 6352 §10.5). */
function combine<Subject>(
  tests: readonly ((subject: Subject) => boolean)[],
  element: XmlElement,
): (subject: Subject) => boolean {
  return element.attributes.get('test') === 'allof'
    ? (subject) => tests.every((test) => test(subject))
    : (subject) => tests.some((test) => test(subject));
}

function compileTextMatch(element: XmlElement): (value: string) => boolean {
  const { attributes, text } = element;
  const fold = COLLATIONS.get(attributes.get('collation') ?? 'i;unicode-casemap');
  if (fold === undefined) throw new UnsupportedCollation();
  const wanted = fold(text);
  const isNegated = attributes.get('negate-condition') === 'yes';
  const test = MATCH_TYPES.get(attributes.get('match-type') ?? 'contains');
  if (test === undefined) throw new UnsupportedCollation();
  return (value) => test(fold(value), wanted) !== isNegated;
}

const COLLATIONS: ReadonlyMap<string, (text: string) => string> = new Map([
  ['i;octet', (text: string) => text],
  ['i;ascii-casemap', asciiLowerCase],
  ['i;unicode-casemap', (text: string) => text.toLowerCase()],
]);

const MATCH_TYPES: ReadonlyMap<string, (value: string, wanted: string) => boolean> = new Map([
  ['equals', (value: string, wanted: string) => value === wanted],
  ['contains', (value: string, wanted: string) => value.includes(wanted)],
  ['starts-with', (value: string, wanted: string) => value.startsWith(wanted)],
  ['ends-with', (value: string, wanted: string) => value.endsWith(wanted)],
]);

function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/gu, (letter) => letter.toLowerCase());
}
