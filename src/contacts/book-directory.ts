import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  MalformedAnswerError,
  UrlNotTrustedError,
} from '../errors.ts';
import { isRecord } from '../http/json.ts';
import type { Logger } from '../log/logger.ts';
import { comparablePath } from './card-paths.ts';
import type { DavClient } from './dav/client.ts';
import {
  type AddressBook,
  discoverAddressBooks,
  type Discovered,
  listAddressBooks,
} from './discovery.ts';

/** Where the address books were when they were last seen, as plain JSON. */
export interface RememberedBooks extends Discovered {
  /** `MAILROOM_CARDDAV_URL` of that run. */
  readonly serverUrl: string;
}

/** Null unless it is exactly what an earlier run left; discovery is then done again. */
export function parseRememberedBooks(json: unknown): RememberedBooks | null {
  if (!isRecord(json)) return null;
  const { serverUrl, homeUrls, books } = json;
  if (!isUrl(serverUrl) || !isList(homeUrls) || !isList(books)) return null;
  const parsedBooks = books.map(parseAddressBook).filter((book) => book !== null);
  const parsedHomes = homeUrls.filter(isUrl);
  if (parsedBooks.length !== books.length || parsedHomes.length !== homeUrls.length) return null;
  if (parsedBooks.length === 0 || parsedHomes.length === 0) return null;
  return { serverUrl, homeUrls: parsedHomes, books: parsedBooks };
}

/** What the directory is given. */
export interface BookDirectoryOptions {
  readonly client: DavClient;
  readonly serverUrl: string;
  readonly remembered: RememberedBooks | null;
  readonly log: Logger;
}

/** Knows where the address books are: remembered from an earlier run, or discovered once. */
export class BookDirectory {
  readonly #options: BookDirectoryOptions;
  #known: Discovered | null;
  #discovering: Promise<readonly AddressBook[]> | null = null;
  /** The server has not confirmed it yet in this run. */
  #isFromMemory: boolean;
  #isConfirmed = false;

  constructor(options: BookDirectoryOptions) {
    this.#options = options;
    const { remembered, serverUrl } = options;
    this.#known = remembered?.serverUrl === serverUrl ? remembered : null;
    this.#isFromMemory = this.#known !== null;
  }

  /** The books are remembered, and the server has not confirmed them yet. */
  get mayBeStale(): boolean {
    return this.#isFromMemory;
  }

  /** What the next run may begin with; null while the server has not confirmed it. */
  remember(): RememberedBooks | null {
    if (this.#known === null || !this.#isConfirmed) return null;
    const { homeUrls, books } = this.#known;
    return { serverUrl: this.#options.serverUrl, homeUrls, books };
  }

  /**
   * Reads from the address books. When they are remembered and one of them is gone, they are
   * discovered again and the read is repeated once.
   */
  async read<Result>(work: (books: readonly AddressBook[]) => Promise<Result>): Promise<Result> {
    try {
      const result = await work(await this.books());
      this.#isConfirmed = true;
      return result;
    } catch (error) {
      const problem = contradiction(error);
      if (problem === null) throw error;
      const mayBeStale = this.#isFromMemory;
      this.#drop(problem);
      // A refused password, or a page instead of XML, would be the same elsewhere.
      if (!mayBeStale || problem !== 'gone') throw error;
      const result = await work(await this.books());
      this.#isConfirmed = true;
      return result;
    }
  }

  /** Callers at the same time share one discovery. */
  async books(): Promise<readonly AddressBook[]> {
    if (this.#known !== null) return this.#known.books;
    this.#discovering ??= this.#discover().finally(() => {
      this.#discovering = null;
    });
    return this.#discovering;
  }

  /** Lists remembered books again: the user may have added one since. True when they differ. */
  async refresh(): Promise<boolean> {
    if (this.#known === null || !this.#isFromMemory) return false;
    const { homeUrls, books: before } = this.#known;
    const books = await this.#listAddressBooks(homeUrls);
    const isSame = books !== null && books.map(pathOf).join(' ') === before.map(pathOf).join(' ');
    this.#known = books === null ? null : { homeUrls, books };
    this.#isFromMemory = false;
    if (!isSame) {
      this.#options.log.info('discovery_dropped', { reason: 'the address books have changed' });
    }
    return !isSame;
  }

  async #discover(): Promise<readonly AddressBook[]> {
    const { client, serverUrl, log } = this.#options;
    this.#known = await discoverAddressBooks(client, serverUrl);
    this.#isFromMemory = false;
    log.debug('discovery_done', { books: this.#known.books.map(({ url }) => url) });
    return this.#known.books;
  }

  /** Null when the home is gone, or no longer holds address books. */
  async #listAddressBooks(homeUrls: readonly string[]): Promise<readonly AddressBook[] | null> {
    try {
      return await listAddressBooks(this.#options.client, homeUrls);
    } catch (error) {
      if (contradiction(error) === 'gone' || error instanceof AccountError) return null;
      throw error;
    }
  }

  #drop(reason: string): void {
    if (this.#known === null) return;
    if (this.#isFromMemory) this.#options.log.info('discovery_dropped', { reason });
    this.#known = null;
    this.#isFromMemory = false;
    this.#isConfirmed = false;
  }
}

/** What an error says about remembered URLs. Null if it says nothing: a server error may pass. */
function contradiction(error: unknown): 'gone' | 'refused' | 'no address book' | null {
  if (error instanceof HttpStatusError)
    return [404, 405, 410].includes(error.status) ? 'gone' : null;
  if (error instanceof UrlNotTrustedError) return 'gone';
  if (error instanceof CredentialsError) return 'refused';
  return error instanceof MalformedAnswerError ? 'no address book' : null;
}

function pathOf({ url }: AddressBook): string {
  return comparablePath(new URL(url).pathname);
}

function parseAddressBook(json: unknown): AddressBook | null {
  if (!isRecord(json)) return null;
  const { url, name, isWritableOrUnknown } = json;
  if (!isUrl(url) || !url.endsWith('/')) return null;
  if (typeof name !== 'string' || typeof isWritableOrUnknown !== 'boolean') return null;
  return { url, name, isWritableOrUnknown };
}

function isList(json: unknown): json is readonly unknown[] {
  return Array.isArray(json);
}

function isUrl(json: unknown): json is string {
  return typeof json === 'string' && URL.canParse(json);
}
