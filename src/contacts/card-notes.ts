import type { Contact } from '../triage/model.ts';
import type { BookListing, CardReader, CardVisitor } from './book-listing.ts';
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

/** The contacts of one resource, with their notes. */
interface NotedReading {
  readonly contacts: readonly Omit<NotedContact, 'book'>[];
  readonly isDamaged: boolean;
}

/** Notes too, which a pass does not need of all cards. */
export const NOTE_READER: CardReader<NotedReading> = {
  properties: ['VERSION', 'UID', 'FN', 'EMAIL', 'NOTE', 'X-ADDRESSBOOKSERVER-KIND', 'KIND'],
  parse: parseNotes,
};

function parseNotes(raw: RawCard, href: string): NotedReading {
  const parts = parseCardParts(raw);
  return {
    contacts: parts
      .filter((part) => !isGroupPart(part))
      .map((part) => ({
        contact: toContact(part, href),
        emails: findEmailTexts(part),
        note: findNote(part),
      })),
    isDamaged: parts.length === 0 || parts.some(({ finish }) => finish === null),
  };
}

/** Every contact with its note. A card that cannot be read is left out, with a warning. */
export async function readNotes(
  books: readonly AddressBook[],
  {
    listing,
    eachBook,
  }: { readonly listing: BookListing<NotedReading>; readonly eachBook: EachBook },
): Promise<readonly NotedContact[]> {
  const noted: NotedContact[] = [];
  await eachBook(books, async (book) => {
    const visit: CardVisitor<NotedReading> = ({ contacts }) => {
      noted.push(...contacts.map((one) => ({ ...one, book: book.name })));
    };
    await listing.listCards(book, Promise.resolve(visit));
  });
  return noted;
}
