import type { Logger } from '../log/logger.ts';
import type { Contact } from '../triage/model.ts';
import { BookListing, type CardReader, type CardVisitor } from './book-listing.ts';
import type { DavClient } from './dav/client.ts';
import type { AddressBook } from './discovery.ts';
import type { EachBook } from './each-book.ts';
import { parseCardParts, type RawCard } from './vcard/lines.ts';
import { findEmailTexts, findNote, isGroupPart, toContact } from './vcard/parse.ts';

/** A contact with what its NOTE says. */
export interface NotedContact {
  readonly contact: Contact;
  /** Values of its EMAILs as written, also those that are no address. */
  readonly emails: readonly string[];
  /** Its lines divided by `\n`; empty if the card has none. */
  readonly note: string;
  /** Name of the address book. */
  readonly book: string;
}

/** What is wanted of a contact; of one that gives none nothing is kept. */
export type PickNoted<Item> = (contact: NotedContact) => readonly Item[];

/** What is wanted of one resource. */
interface NotedReading<Item> {
  readonly items: readonly Item[];
  readonly isDamaged: boolean;
}

/**
 * What `pick` takes of every contact with its note, each as soon as it is listed: all the notes of a
 * large book would not go into the memory of a pass. A card that cannot be read is left out, with a
 * warning.
 */
export async function readNotes<Item>(
  books: readonly AddressBook[],
  {
    client,
    log,
    eachBook,
  }: { readonly client: DavClient; readonly log: Logger; readonly eachBook: EachBook },
  pick: PickNoted<Item>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  const visit: CardVisitor<NotedReading<Item>> = ({ items }) => {
    for (const item of items) all.push(item);
  };
  await eachBook(books, async (book) => {
    const listing = new BookListing(client, log, createNoteReader(book, pick));
    await listing.listCards(book, Promise.resolve(visit));
  });
  return all;
}

/** Notes too, which a pass does not need of all cards. */
function createNoteReader<Item>(
  book: AddressBook,
  pick: PickNoted<Item>,
): CardReader<NotedReading<Item>> {
  return {
    properties: ['VERSION', 'UID', 'FN', 'EMAIL', 'NOTE', 'X-ADDRESSBOOKSERVER-KIND', 'KIND'],
    parse(raw: RawCard, href: string) {
      const parts = parseCardParts(raw);
      const items = parts
        .filter((part) => !isGroupPart(part))
        .flatMap((part) =>
          pick({
            contact: toContact(part, href),
            emails: findEmailTexts(part),
            note: findNote(part),
            book: book.name,
          }),
        );
      const isDamaged = parts.length === 0 || parts.some(({ finish }) => finish === null);
      return { items, isDamaged };
    },
  };
}
