import type { BookListing } from './book-listing.ts';
import type { AddressBook } from './discovery.ts';
import type { EachBook } from './each-book.ts';
import type { AddressPattern, CardReading } from './vcard/parse.ts';

/** Every EMAIL with a `*` in it, on any card of these books. */
export async function readPatterns(
  books: readonly AddressBook[],
  { listing, eachBook }: { readonly listing: BookListing; readonly eachBook: EachBook },
): Promise<readonly AddressPattern[]> {
  const patterns: AddressPattern[] = [];
  const visit = Promise.resolve((card: CardReading) => void patterns.push(...card.patterns));
  await eachBook(books, async (book) => {
    await listing.listCards(book, visit);
  });
  return patterns;
}
