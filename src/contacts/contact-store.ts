import type { Http } from '../http/http.ts';
import type { Logger } from '../log/logger.ts';
import {
  type Contact,
  type ContactGroup,
  type GroupOutcome,
  memberKey,
  type SenderAddress,
} from '../triage/model.ts';
import { isSameName } from '../triage/names.ts';
import type { ContactStore, ContactLookup } from '../triage/ports.ts';
import { BookDirectory, type RememberedBooks } from './book-directory.ts';
import { BookListing, cardHref } from './book-listing.ts';
import { uidFor } from './contact-id.ts';
import { saveContact } from './contact-saving.ts';
import { DavClient } from './dav/client.ts';
import type { AddressBook } from './discovery.ts';
import { GroupCards } from './group-cards.ts';
import type { CardReading } from './vcard/parse.ts';

export interface ContactStoreOptions {
  readonly http: Http;
  /** `MAILROOM_CARDDAV_URL`; discovery starts at its well-known address. */
  readonly serverUrl: string;
  /** What `remember` gave in an earlier run; not used when it is another server's. */
  readonly remembered: RememberedBooks | null;
  readonly log: Logger;
}

/** The user's contacts on a CardDAV server, with what setup and the next run need from it. */
export interface DavContactStore extends ContactStore {
  /** The address books; new cards go to the first. Never empty. */
  readBooks(): Promise<readonly AddressBook[]>;
  /** Makes an empty group; `unchanged` when it was made before. A refusal is an outcome. */
  createGroup(name: string): Promise<GroupOutcome>;
  /** What the next run need not discover, as plain JSON; null while the server has not confirmed it. */
  remember(): RememberedBooks | null;
}

/** Sends nothing before the first method call. */
export function createContactStore(options: ContactStoreOptions): DavContactStore {
  const { http, serverUrl, remembered, log } = options;
  const client = new DavClient(http);
  const directory = new BookDirectory({ client, serverUrl, remembered, log });
  const listing = new BookListing(client, log);
  const groups = new GroupCards(client, listing, log);
  const hrefByUid = new Map<string, string>();
  const finder = { client, listing, groups, hrefByUid };
  return {
    readGroups: (requiredNames) => readGroups(requiredNames, directory, groups),
    async readContacts(addresses) {
      const find = (): Promise<ContactLookup> => {
        hrefByUid.clear();
        return directory.read((books) => readContacts(addresses, books, finder));
      };
      // Remembered books are nearly always right, so they are read while that is being checked.
      const [found, refreshed] = await Promise.allSettled([find(), directory.refresh()]);
      if (refreshed.status === 'rejected') throw refreshed.reason;
      if (refreshed.value) return find();
      if (found.status === 'rejected') throw found.reason;
      return found.value;
    },
    async saveContact(wish) {
      const books = await directory.books();
      return saveContact(wish, {
        client,
        books,
        listedHrefByUid: hrefByUid,
        readHrefByUid: (uid) => readHrefByUid(uid, books, client),
      });
    },
    saveGroupMembers: async (change) => groups.saveMembers(change, await directory.books()),
    async createGroup(name) {
      return groups.create(name, await directory.read(async (books) => books));
    },
    readBooks: async () => {
      await directory.refresh();
      return directory.read(async (books) => books);
    },
    remember: () => directory.remember(),
  };
}

/** A required group counts as missing only after a look for new books and a listing of all cards. */
async function readGroups(
  requiredNames: readonly string[],
  directory: BookDirectory,
  cards: GroupCards,
): Promise<readonly ContactGroup[]> {
  const isComplete = (found: readonly ContactGroup[]): boolean =>
    requiredNames.every((name) => found.some((group) => isSameName(group.name, name)));
  let found = await directory.read((books) => cards.readFiltered(books));
  if (!isComplete(found) && (await directory.refresh())) {
    found = await directory.read((books) => cards.readFiltered(books));
  }
  if (!isComplete(found)) found = await directory.read((books) => cards.readUnfiltered(books));
  cards.warnOfDuplicates(requiredNames);
  return found;
}

interface Finder {
  readonly listing: BookListing;
  readonly groups: GroupCards;
  /** Filled with the cards that have the UID we would give a new card, whatever is on them. */
  readonly hrefByUid: Map<string, string>;
}

async function readContacts(
  addresses: Promise<ReadonlySet<SenderAddress>>,
  books: readonly AddressBook[],
  { listing, groups, hrefByUid }: Finder,
): Promise<ContactLookup> {
  const byAddress = new Map<SenderAddress, Contact[]>();
  const uidKeys = new Set<string>();
  const visit = addresses.then((wanted) => {
    const ownUids = new Set([...wanted].map(uidFor));
    return ({ contacts, uids }: CardReading): void => {
      for (const uid of uids) uidKeys.add(memberKey(uid));
      for (const contact of contacts) {
        if (ownUids.has(contact.uid)) hrefByUid.set(contact.uid, contact.href);
        for (const address of contact.addresses.filter((one) => wanted.has(one))) {
          byAddress.set(address, [...(byAddress.get(address) ?? []), contact]);
        }
      }
    };
  });

  const listed = new Map<AddressBook, ReadonlySet<string>>();
  for (const book of books) listed.set(book, await listing.listCards(book, visit));
  if (isShort(groups.known, [...listed.values()], uidKeys)) {
    for (const [book, hrefs] of listed) await listing.readUnlisted(book, hrefs, await visit);
  }
  for (const [address, contacts] of byAddress) {
    byAddress.set(
      address,
      contacts.toSorted((a, b) => (a.href < b.href ? -1 : 1)),
    );
  }
  return { byAddress };
}

/**
 * Whether a listing lacks something that should be there: a group that was read before, or a member
 * of one. Either it was deleted, or the server listed only a part, and then every sender in the
 * other part would get a second card.
 */
function isShort(
  groups: readonly ContactGroup[],
  listed: readonly ReadonlySet<string>[],
  uidKeys: ReadonlySet<string>,
): boolean {
  return groups.some(
    ({ href, memberKeys }) =>
      !listed.some((hrefs) => hrefs.has(href)) || [...memberKeys].some((key) => !uidKeys.has(key)),
  );
}

async function readHrefByUid(
  uid: string,
  books: readonly AddressBook[],
  client: DavClient,
): Promise<string | null> {
  const match = { _attributes: { 'match-type': 'equals' }, _text: uid };
  const filter = { 'card:prop-filter': { _attributes: { name: 'UID' }, 'card:text-match': match } };
  for (const book of books) {
    const hrefs: string[] = [];
    const answer = await client.query(book.url, { props: { 'd:getetag': {} }, filter });
    answer.visit((resource) => {
      const href = cardHref(resource, book);
      if (href !== null) hrefs.push(href);
    });
    if (hrefs[0] !== undefined) return hrefs[0];
  }
  return null;
}
