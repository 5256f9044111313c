import { MalformedAnswerError } from '../errors.ts';

/**
 * Gives each card one path, by which it is known in the whole run: a server may write `@` in one
 * answer and `%40` in the next. Requests go to the spelling that the server gave first.
 */
export class CardPaths {
  readonly #spellings = new Map<string, string>();

  /** Null for the address book itself. Throws MalformedAnswerError for a card on another host. */
  pathOf(url: URL, book: { readonly url: string }): string | null {
    const bookUrl = new URL(book.url);
    if (url.origin !== bookUrl.origin) {
      throw new MalformedAnswerError(
        `${bookUrl.host}${bookUrl.pathname}: a card on another host, ${url.host}`,
      );
    }
    const rest = url.href.startsWith(book.url)
      ? url.href.slice(book.url.length)
      : pathBelow(url, bookUrl);
    if (rest === '') return null;
    const path = rest === null ? url.pathname + url.search : bookUrl.pathname + rest;
    if (!/[^\w./-]/u.test(rest ?? path)) return path;
    const key = comparablePath(path);
    const known = this.#spellings.get(key);
    if (known === undefined) this.#spellings.set(key, path);
    return known ?? path;
  }
}

/** The book that a card is in, and the card's URL; a card in none of them is on the first one's host. */
export function locateCard<Book extends { readonly url: string }>(
  href: string,
  books: readonly Book[],
): { readonly book: Book | undefined; readonly url: string } {
  const book = books.find(({ url }) => href.startsWith(new URL(url).pathname));
  return { book, url: new URL(href, book?.url ?? books[0]?.url).href };
}

/** A form that is the same for all spellings of a path. */
export function comparablePath(path: string): string {
  const plain = path.replace(/\/{2,}/gu, '/').replace(/\/$/u, '');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

/** The last part of the path if the rest is the book's path in another spelling; else null. */
function pathBelow(url: URL, bookUrl: URL): string | null {
  const path = url.pathname.replace(/\/{2,}/gu, '/');
  if (comparablePath(path) === comparablePath(bookUrl.pathname)) return '';
  const nameStart = path.lastIndexOf('/') + 1;
  const isInBook =
    comparablePath(path.slice(0, nameStart)) === comparablePath(bookUrl.pathname) &&
    nameStart < path.length;
  return isInBook ? path.slice(nameStart) + url.search : null;
}
