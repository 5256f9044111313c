import { plainUid } from '../triage/model.ts';
import { type BookListing, type CardVisitor, isRefusedQuery } from './book-listing.ts';
import type { DavClient } from './dav/client.ts';
import type { AddressBook } from './discovery.ts';
import type { EachBook } from './each-book.ts';

interface CardFinder {
  readonly client: DavClient;
  readonly listing: BookListing;
  readonly eachBook: EachBook;
}

/**
 * The path of the first card with this UID: by a filter; where the server refuses it, among all
 * cards.
 */
export async function readHrefByUid(
  uid: string,
  books: readonly AddressBook[],
  { client, listing, eachBook }: CardFinder,
): Promise<string | null> {
  const found: string[] = [];
  await eachBook(books, async (book) => {
    // Some servers compare with the escapes of the card, some without; some look at one text alone.
    for (const text of new Set([uid, plainUid(uid)])) {
      if (found.length > 0) return;
      const match = { _attributes: { 'match-type': 'equals' }, _text: text };
      const filter = {
        'card:prop-filter': { _attributes: { name: 'UID' }, 'card:text-match': match },
      };
      try {
        const query = { props: { 'd:getetag': {} }, filter };
        const hrefs = await client.query(book.url, query, (resource) =>
          listing.findHref(resource, book),
        );
        found.push(...hrefs);
      } catch (error) {
        if (!isRefusedQuery(error)) throw error;
        const visit: CardVisitor = ({ uids }, href) => {
          if (uids.some((one) => plainUid(one) === plainUid(uid))) found.push(href);
        };
        await listing.listCards(book, Promise.resolve(visit));
        return;
      }
    }
  });
  return found[0] ?? null;
}
