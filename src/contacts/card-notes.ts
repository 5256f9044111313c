import type { Contact } from '../triage/model.ts';
import { findCardData, isGone } from './book-listing.ts';
import type { DavClient } from './dav/client.ts';
import type { AddressBook } from './discovery.ts';
import { parseCardParts } from './vcard/lines.ts';
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

/** Every contact of a book with its note, in one listing. Throws what the client throws. */
export async function readNotes(
  book: AddressBook,
  client: DavClient,
): Promise<readonly NotedContact[]> {
  const cards = await client.query(book.url, { props: NOTED_DATA }, (resource) => {
    const data = isGone(resource.status) ? null : findCardData(resource);
    if (data === null) return null;
    return parseCardParts(data)
      .filter((part) => !isGroupPart(part))
      .map((part) => ({
        contact: toContact(part, resource.url.pathname),
        emails: findEmailTexts(part),
        note: findNote(part),
        book: book.name,
      }));
  });
  return cards.flat();
}

const NOTED_DATA = {
  'card:address-data': {
    'card:prop': ['VERSION', 'UID', 'FN', 'EMAIL', 'NOTE', 'X-ADDRESSBOOKSERVER-KIND', 'KIND'].map(
      (name) => ({ _attributes: { name } }),
    ),
  },
};
