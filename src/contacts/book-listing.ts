import { HttpStatusError, MalformedAnswerError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { CardPaths } from './card-paths.ts';
import type { DavClient, ListedResource } from './dav/client.ts';
import { CARDDAV, DAV, findChild } from './dav/multistatus.ts';
import type { XmlTree } from './dav/xml-writer.ts';
import type { AddressBook } from './discovery.ts';
import { asRawCard, type RawCard } from './vcard/lines.ts';
import { type CardReading, parseCard } from './vcard/parse.ts';

/** What is done with each card; `href` is its path. */
export type CardVisitor<Reading = CardReading> = (reading: Reading, href: string) => void;

/** What a listing asks for of each card, and what it keeps of that. */
export interface CardReader<Reading> {
  /** Of RFC 6352 §10.4; VERSION too comes only when it is asked for. */
  readonly properties: readonly string[];
  /** Never throws. */
  readonly parse: (raw: RawCard, href: string) => Reading;
}

/** What a listing shows of one address book. */
export interface BookCards {
  /** The path of each card that is there. */
  readonly hrefs: ReadonlySet<string>;
  /** Of these, the ones that could not be read. */
  readonly unreadable: readonly string[];
}

/** Lists address books with as little of each card as `reader` needs. */
export class BookListing<Reading extends { readonly isDamaged: boolean } = CardReading> {
  readonly #client: DavClient;
  readonly #log: Logger;
  readonly #reader: CardReader<Reading>;
  readonly #paths = new CardPaths();
  readonly #warned = new Set<string>();

  constructor(client: DavClient, log: Logger, reader: CardReader<Reading>) {
    this.#client = client;
    this.#log = log;
    this.#reader = reader;
  }

  /**
   * Visits every card of the book. A card that comes without data, damaged, or with a status of its
   * own is read alone; if it is still not a vCard, it is visited with whatever could be read of it.
   * `visitor` is awaited once the server has answered. A server that refuses the query is asked for
   * the names of the cards, and then for the cards.
   */
  async listCards(book: AddressBook, visitor: Promise<CardVisitor<Reading>>): Promise<BookCards> {
    const hrefs = new Set<string>();
    const unread: string[] = [];
    const answer = await this.#query(book);
    const visit = await visitor;
    const listed = answer ?? (await this.#listHrefs(book)).map((href) => ({ href, reading: null }));
    for (const { href, reading } of listed) {
      if (hrefs.has(href)) continue;
      hrefs.add(href);
      if (reading === null) unread.push(href);
      else visit(reading, href);
    }
    return { hrefs, unreadable: await this.#readCards(book, unread, visit) };
  }

  /**
   * Finds what a listing left out: asks for the book's members in another way (PROPFIND), and reads
   * those that are not in `listed`. If they are many, throws MalformedAnswerError: then the server
   * gave a part as if it were the whole. Returns the cards that could not be read.
   */
  async readUnlisted(
    book: AddressBook,
    listed: ReadonlySet<string>,
    visit: CardVisitor<Reading>,
  ): Promise<readonly string[]> {
    const unlisted = (await this.#listHrefs(book)).filter((href) => !listed.has(href));
    if (unlisted.length > MAX_UNLISTED) {
      const { host, pathname } = new URL(book.url);
      throw new MalformedAnswerError(
        `${host}${pathname}: the listing lacks ${unlisted.length} of the cards that are there`,
      );
    }
    return this.#readCards(book, unlisted, visit);
  }

  /** The path of a card's URL, by which it is known; null for the book itself and what is gone. */
  findHref({ url, status }: ListedResource, book: AddressBook): string | null {
    return isGone(status) ? null : this.#paths.pathOf(url, book);
  }

  /** Warns once about a card that could not be read, and says why. */
  warn(href: string, problem: string): void {
    if (this.#warned.has(href)) return;
    this.#warned.add(href);
    this.#log.warning('card_unreadable', { card: href, problem });
  }

  /** Null when the server refuses the query. */
  async #query(book: AddressBook): Promise<readonly ListedCard<Reading>[] | null> {
    try {
      const query = { props: partialData(this.#reader.properties) };
      return await this.#client.query(book.url, query, (resource) => this.#read(resource, book));
    } catch (error) {
      if (isRefusedQuery(error)) return null;
      throw error;
    }
  }

  /** By PROPFIND. */
  async #listHrefs(book: AddressBook): Promise<readonly string[]> {
    const resources = await this.#client.propfind(book.url, ['d:resourcetype'], '1');
    const hrefs = resources
      .filter((resource) => !isCollection(resource))
      .map((resource) => this.findHref(resource, book))
      .filter((href) => href !== null);
    return [...new Set(hrefs)];
  }

  /** Whole cards; many are asked for together first. Returns those that could not be read. */
  async #readCards(
    book: AddressBook,
    hrefs: readonly string[],
    visit: CardVisitor<Reading>,
  ): Promise<readonly string[]> {
    const left = new Set(hrefs);
    for (let start = 0; hrefs.length > MAX_READ_ALONE && start < hrefs.length; start += CHUNK) {
      const isAnswered = await this.#readTogether(
        book,
        hrefs.slice(start, start + CHUNK),
        left,
        visit,
      );
      if (!isAnswered) break;
    }
    const unreadable: string[] = [];
    const rest = [...left];
    const readNext = async (): Promise<void> => {
      for (let href = rest.shift(); href !== undefined; href = rest.shift()) {
        if (!(await this.#readAlone(book, href, visit))) unreadable.push(href);
      }
    };
    await Promise.all(Array.from({ length: MAX_READS_AT_ONCE }, readNext));
    return unreadable.toSorted();
  }

  /** Takes out of `left` what the server gave; false if it does not know multiget. */
  async #readTogether(
    book: AddressBook,
    hrefs: readonly string[],
    left: Set<string>,
    visit: CardVisitor<Reading>,
  ): Promise<boolean> {
    try {
      const props = { 'card:address-data': {} };
      const listed = await this.#client.multiget(book.url, props, hrefs, (resource) =>
        this.#read(resource, book),
      );
      for (const { href, reading } of listed) {
        if (reading === null || !left.delete(href)) continue;
        visit(reading, href);
      }
      return true;
    } catch (error) {
      if (isRefusedQuery(error)) return false;
      throw error;
    }
  }

  /** What is kept of a card in an answer; null if it is gone, or is the book itself. */
  #read(resource: ListedResource, book: AddressBook): ListedCard<Reading> | null {
    const href = this.findHref(resource, book);
    if (href === null) return null;
    const data = isReadable(resource) ? findCardData(resource) : null;
    const reading = data === null ? null : this.#reader.parse(data, href);
    return { href, reading: reading?.isDamaged === true ? null : reading };
  }

  /** False when the card is there and could not be read. */
  async #readAlone(book: AddressBook, href: string, visit: CardVisitor<Reading>): Promise<boolean> {
    try {
      const { raw } = await this.#client.readCard(new URL(href, book.url).href);
      const reading = this.#reader.parse(raw, href);
      if (reading.isDamaged) this.warn(href, 'it is no whole vCard');
      visit(reading, href);
      return true;
    } catch (error) {
      if (!(error instanceof HttpStatusError)) throw error;
      if (isGone(error.status)) return true;
      this.warn(href, error.message);
      return false;
    }
  }
}

/** A card of a listing; `reading` is null where it has to be read alone. */
interface ListedCard<Reading> {
  readonly href: string;
  readonly reading: Reading | null;
}

/** RFC 4918 §14.24: of the statuses that a response may have, only these say that it is gone. */
export function isGone(status: number | null): boolean {
  return status === 404 || status === 410;
}

/**
 * Whether a server does not support this kind of query. Such servers say 403, 400, 500, 501 and
 * more. Statuses about the password or the book, or that say "not now", do not count.
 */
export function isRefusedQuery(error: unknown): boolean {
  return error instanceof HttpStatusError && !NO_REFUSAL.has(error.status);
}

const NO_REFUSAL: ReadonlySet<number> = new Set([401, 404, 408, 410, 425, 429, 502, 503, 504]);

function isReadable({ status }: ListedResource): boolean {
  return status === null || (status >= 200 && status <= 299);
}

/** The card in a response; null where the server gave none. */
export function findCardData({ properties }: ListedResource): RawCard | null {
  const octets = properties.get(`{${CARDDAV}}address-data`)?.text ?? '';
  return octets.trim() === '' ? null : asRawCard(octets);
}

/** What finding contacts and groups needs. */
export const CONTACT_READER: CardReader<CardReading> = {
  properties: [
    'VERSION',
    'UID',
    'FN',
    'EMAIL',
    'X-ADDRESSBOOKSERVER-KIND',
    'KIND',
    'X-EVOLUTION-LIST',
  ],
  parse: parseCard,
};

function partialData(properties: readonly string[]): XmlTree {
  const prop = properties.map((name) => ({ _attributes: { name } }));
  return { 'card:address-data': { 'card:prop': prop } };
}

/** The most cards that a listing may have left out. */
const MAX_UNLISTED = 50;

/** Up to this many cards are read one by one. */
const MAX_READ_ALONE = 50;

/** Cards in one multiget: they are whole, with photos. */
const CHUNK = 50;

const MAX_READS_AT_ONCE = 8;

function isCollection({ properties }: ListedResource): boolean {
  const type = properties.get(`{${DAV}}resourcetype`);
  return findChild(type, DAV, 'collection') !== undefined;
}
