import { HttpStatusError, MalformedAnswerError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { DavClient, ListedResource } from './dav/client.ts';
import { CARDDAV, DAV, findChild } from './dav/multistatus.ts';
import type { XmlTree } from './dav/xml-writer.ts';
import type { AddressBook } from './discovery.ts';
import { asRawCard, type RawCard } from './vcard/lines.ts';
import { type CardReading, parseCard } from './vcard/parse.ts';

/** What is done with each card; `href` is its path. */
export type CardVisitor = (reading: CardReading, href: string) => void;

/** Lists address books with as little of each card as finding contacts and groups needs. */
export class BookListing {
  readonly #client: DavClient;
  readonly #log: Logger;
  readonly #warned = new Set<string>();

  constructor(client: DavClient, log: Logger) {
    this.#client = client;
    this.#log = log;
  }

  /**
   * Every card of the book; the set returned holds the path of each. A card whose partial data is
   * none is read whole; one that is no vCard even then is visited with what can be made out of it.
   * `visitor` is waited for when the server has answered.
   */
  async listCards(book: AddressBook, visitor: Promise<CardVisitor>): Promise<ReadonlySet<string>> {
    const hrefs = new Set<string>();
    const odd: string[] = [];
    const answer = await this.#client.query(book.url, { props: PARTIAL_DATA });
    const visit = await visitor;
    answer.visit((resource) => {
      const href = cardHref(resource, book);
      if (href === null || hrefs.has(href)) return;
      hrefs.add(href);
      const data = findCardData(resource);
      const reading = data === null ? null : parseCard(data, href);
      if (reading === null || reading.isDamaged) odd.push(href);
      else visit(reading, href);
    });
    await this.#readWhole(book, odd, visit);
    return hrefs;
  }

  /**
   * What a listing left out: the book's members are asked for in another way (PROPFIND), and those
   * not among `listed` are read one by one. Throws MalformedAnswerError when these are many: then
   * the server gives parts for the whole.
   */
  async readUnlisted(
    book: AddressBook,
    listed: ReadonlySet<string>,
    visit: CardVisitor,
  ): Promise<void> {
    const known = new Set([...listed].map(comparablePath));
    const resources = await this.#client.propfind(book.url, ['d:resourcetype'], '1');
    const unlisted = resources
      .filter((resource) => !isCollection(resource))
      .map((resource) => cardHref(resource, book))
      .filter((href) => href !== null && !known.has(comparablePath(href)));
    await this.#readWhole(
      book,
      unlisted.filter((href) => href !== null),
      visit,
    );
  }

  async #readWhole(book: AddressBook, hrefs: readonly string[], visit: CardVisitor): Promise<void> {
    if (hrefs.length > MAX_READ_WHOLE) {
      const { host, pathname } = new URL(book.url);
      throw new MalformedAnswerError(
        `${host}${pathname}: the listing lacks ${hrefs.length} of the cards that are there`,
      );
    }
    for (const href of hrefs) {
      const reading = await this.#readOne(book, href);
      if (reading === null) continue;
      if (reading.isDamaged) this.#warn(href, 'it is no whole vCard');
      visit(reading, href);
    }
  }

  /** Null when the card is gone, or the server does not give it out. */
  async #readOne(book: AddressBook, href: string): Promise<CardReading | null> {
    try {
      const { raw } = await this.#client.readCard(new URL(href, book.url).href);
      return parseCard(raw, href);
    } catch (error) {
      if (!(error instanceof HttpStatusError)) throw error;
      if (error.status !== 404 && error.status !== 410) this.#warn(href, error.message);
      return null;
    }
  }

  #warn(href: string, problem: string): void {
    if (this.#warned.has(href)) return;
    this.#warned.add(href);
    this.#log.warning('card_unreadable', { card: href, problem });
  }
}

/** The path of a card's URL, by which it is known; null for the book itself and what is no more. */
export function cardHref({ url, status }: ListedResource, book: AddressBook): string | null {
  if (status !== null && status !== 200) return null;
  if (url.href === book.url) return null;
  const href = url.pathname + url.search;
  if (url.href.startsWith(book.url)) return href;
  const bookUrl = new URL(book.url);
  if (url.origin !== bookUrl.origin) {
    throw new MalformedAnswerError(
      `${bookUrl.host}${bookUrl.pathname}: a card on another host, ${url.host}`,
    );
  }
  return comparablePath(url.pathname) === comparablePath(bookUrl.pathname) ? null : href;
}

/** The card in a response; null where the server gave none. */
export function findCardData({ properties }: ListedResource): RawCard | null {
  const octets = properties.get(`{${CARDDAV}}address-data`)?.text ?? '';
  return octets.trim() === '' ? null : asRawCard(octets);
}

/** RFC 6352 §10.4; VERSION too comes only when it is asked for. */
const PARTIAL_DATA: XmlTree = {
  'card:address-data': {
    'card:prop': [
      'VERSION',
      'UID',
      'FN',
      'EMAIL',
      'X-ADDRESSBOOKSERVER-KIND',
      'KIND',
      'X-EVOLUTION-LIST',
    ].map((name) => ({ _attributes: { name } })),
  },
};

/** For cards that a listing left out, or gave as what is no vCard. */
const MAX_READ_WHOLE = 50;

function isCollection({ properties }: ListedResource): boolean {
  const type = properties.get(`{${DAV}}resourcetype`);
  return findChild(type, DAV, 'collection') !== undefined;
}

/** One server may write `@` here and `%40` there. */
function comparablePath(path: string): string {
  const plain = path.replace(/\/+$/u, '');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
