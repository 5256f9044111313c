import { type Contact, type ContactGroup, memberKey, type SenderAddress } from '../triage/model.ts';
import type { ContactLookup } from '../triage/ports.ts';
import type { BookCards, BookListing } from './book-listing.ts';
import { MAX_UIDS, uidFor } from './contact-id.ts';
import type { AddressBook } from './discovery.ts';
import type { EachBook } from './each-book.ts';
import type { GroupCards } from './group-cards.ts';
import type { CardReading } from './vcard/parse.ts';

/** What reads the cards. */
export interface Readers {
  readonly listing: BookListing;
  readonly groups: GroupCards;
  /** Settles when the groups that are being read have been. */
  readonly groupsRead: Promise<unknown>;
  readonly eachBook: EachBook;
}

/** What the port asks for, and what is needed to save a new contact. */
export interface OwnLookup extends ContactLookup {
  /** UIDs that new cards would get, on cards that are somebody else's now. */
  readonly takenUids: ReadonlySet<string>;
}

/** Lists every book once (ContactStore.readContacts). */
export async function readContacts(
  addresses: Promise<ReadonlySet<SenderAddress>>,
  books: readonly AddressBook[],
  { listing, groups, groupsRead, eachBook }: Readers,
): Promise<OwnLookup> {
  const byAddress = new Map<SenderAddress, Contact[]>();
  const takenUids = new Set<string>();
  const uidKeys = new Set<string>();
  const add = (address: SenderAddress, contact: Contact): void => {
    byAddress.set(address, [...(byAddress.get(address) ?? []), contact]);
  };
  const visit = addresses.then((wanted) => {
    const owners = new Map<string, SenderAddress>();
    for (const address of wanted) {
      for (let nth = 1; nth <= MAX_UIDS; nth += 1) owners.set(uidFor(address, nth), address);
    }
    return ({ contacts, uids }: CardReading): void => {
      for (const uid of uids) uidKeys.add(memberKey(uid));
      for (const contact of contacts) {
        const found = contact.addresses.filter((one) => wanted.has(one));
        for (const address of found) add(address, contact);
        const owner = owners.get(contact.uid);
        if (owner === undefined || found.includes(owner)) continue;
        // A card that Mailroom made stays its sender's until the user puts other addresses on it.
        if (contact.addresses.length === 0) add(owner, contact);
        else takenUids.add(contact.uid);
      }
    };
  });

  const listed = new Map<AddressBook, BookCards>();
  const unreadable = new Set<string>();
  await eachBook(books, async (book) => {
    listed.set(book, await listing.listCards(book, visit));
  });
  for (const cards of listed.values()) for (const href of cards.unreadable) unreadable.add(href);
  await groupsRead;
  const isRead = unreadable.size === 0;
  if (isRead && isShort(groups.known, [...listed.values()], uidKeys)) {
    for (const [book, { hrefs }] of listed) {
      const still = await listing.readUnlisted(book, hrefs, await visit);
      for (const href of still) unreadable.add(href);
    }
  }
  for (const [address, contacts] of byAddress) {
    byAddress.set(
      address,
      contacts.toSorted((a, b) => (a.href < b.href ? -1 : 1)),
    );
  }
  return { byAddress, takenUids, unreadableCards: [...unreadable] };
}

/**
 * Whether a listing lacks something that should be there: a group that was read before, or a member
 * of one. Either it was deleted, or the server listed only a part, and then every sender in the
 * other part would get a second card.
 */
function isShort(
  groups: readonly ContactGroup[],
  listed: readonly BookCards[],
  uidKeys: ReadonlySet<string>,
): boolean {
  return groups.some(
    ({ href, memberKeys }) =>
      !listed.some(({ hrefs }) => hrefs.has(href)) ||
      [...memberKeys].some((key) => !uidKeys.has(key)),
  );
}
