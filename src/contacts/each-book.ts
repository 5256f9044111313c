import { CredentialsError, HttpStatusError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { AddressBook } from './discovery.ts';

/**
 * Does something for one address book after another. A book that may not be read, or that is listed
 * but does not exist, is left out with a warning, as long as another one answers.
 */
export type EachBook = (
  books: readonly AddressBook[],
  work: (book: AddressBook) => Promise<void>,
) => Promise<void>;

/**
 * `mayBeStale`: the books are remembered ones, and if one is gone they have to be looked for again.
 * `look` reads a property of a book: what was not there for one request alone may be there for the
 * next pass, and whoever has a card in it must not get a second one.
 */
export function createEachBook(
  log: Logger,
  mayBeStale: () => boolean,
  look: (book: AddressBook) => Promise<unknown>,
): EachBook {
  const warned = new Set<string>();
  const isRefusedToo = async (book: AddressBook): Promise<boolean> => {
    try {
      await look(book);
      return false;
    } catch (error) {
      if (!isForbidden(error) && !isNotThere(error)) throw error;
      return true;
    }
  };
  return async (books, work) => {
    const problems: unknown[] = [];
    for (const book of books) {
      try {
        await work(book);
      } catch (error) {
        if (!isForbidden(error) && (mayBeStale() || !isNotThere(error))) throw error;
        if (isNotThere(error) && !(await isRefusedToo(book))) throw error;
        problems.push(error);
        if (books.length === 1 || warned.has(book.url)) continue;
        warned.add(book.url);
        log.warning('address_book_unreadable', { book: book.url, problem: error.message });
      }
    }
    if (problems.length === books.length) throw problems[0];
  };
}

function isForbidden(error: unknown): error is Error {
  if (error instanceof CredentialsError) return error.status === 403;
  return error instanceof HttpStatusError && error.status === 403;
}

function isNotThere(error: unknown): error is Error {
  return error instanceof HttpStatusError && (error.status === 404 || error.status === 410);
}
