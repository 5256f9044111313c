import { MalformedAnswerError } from '../errors.ts';
import type { Http } from '../http/http.ts';
import type { Logger } from '../log/logger.ts';
import { type Contact, type ContactGroup, type GroupOutcome } from '../triage/model.ts';
import { findDoubt } from '../triage/contact.ts';
import { findGroup } from '../triage/groups.ts';
import type { ContactStore } from '../triage/ports.ts';
import { BookDirectory, type RememberedBooks } from './book-directory.ts';
import { BookListing, CONTACT_READER } from './book-listing.ts';
import { readHrefByUid } from './card-by-uid.ts';
import { locateCard } from './card-paths.ts';
import { type PickNoted, readNotes } from './card-notes.ts';
import { type OwnLookup, readContacts } from './contact-lookup.ts';
import { checkUntouched, removeContact } from './contact-removal.ts';
import { saveContact } from './contact-saving.ts';
import { DavClient } from './dav/client.ts';
import { type DecisionWritingOptions, writeDecision } from './decision-writing.ts';
import type { AddressBook } from './discovery.ts';
import { createEachBook } from './each-book.ts';
import { GroupCards } from './group-cards.ts';
import { createGroup } from './group-creation.ts';
import { StoredCardChecker } from './stored-card-checker.ts';
import { readPatterns } from './patterns.ts';
import type { AddressPattern } from './vcard/parse.ts';

/** What a contact store is given. */
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
  /** Every EMAIL with a `*` on any card. */
  readPatterns(): Promise<readonly AddressPattern[]>;
  /**
   * What `pick` takes of every contact with its note and the name of its book; for explanations, and
   * for digests.
   */
  readNotes<Item>(pick: PickNoted<Item>): Promise<readonly Item[]>;
  /** Makes an empty group; `unchanged` when it was made before. A refusal is an outcome. */
  createGroup(name: string): Promise<GroupOutcome>;
  /**
   * What the next run need not discover, as plain JSON; null while the server has not confirmed it.
   */
  remember(): RememberedBooks | null;
}

/** Sends nothing before the first method call. */
export function createContactStore(options: ContactStoreOptions): DavContactStore {
  const { http, serverUrl, remembered, log } = options;
  const client = new DavClient(http);
  const checker = new StoredCardChecker(client, log);
  const directory = new BookDirectory({ client, serverUrl, remembered, log });
  const listing = new BookListing(client, log, CONTACT_READER);
  const eachBook = createEachBook(
    log,
    () => directory.mayBeStale,
    ({ url }) => client.propfind(url, ['d:resourcetype'], '0'),
  );
  const groups = new GroupCards({ client, listing, checker, eachBook, log });
  let lookup: OwnLookup = { byAddress: new Map(), unreadableCards: [], takenUids: new Set() };
  let groupsRead: Promise<unknown> = Promise.resolve();
  const urlOf = async ({ href }: Contact): Promise<string> =>
    locateCard(href, await directory.books()).url;
  const writing = (books: readonly AddressBook[]): DecisionWritingOptions => ({
    client,
    checker,
    log,
    books,
    readHrefByUid: (uid) => readHrefByUid(uid, books, { client, listing, eachBook }),
  });
  return {
    async readGroups(requiredNames, part = 'members') {
      const named =
        part === 'names' ? await readGroupNames(requiredNames, directory, groups) : null;
      if (named !== null) return named;
      const read = readGroups(requiredNames, directory, groups);
      groupsRead = read.catch(() => undefined);
      return read;
    },
    async readContacts(addresses) {
      const find = (): Promise<OwnLookup> =>
        directory.read((books) =>
          readContacts(addresses, books, { listing, groups, groupsRead, eachBook }),
        );
      // Remembered books are nearly always right, so they are read while that is being checked.
      const [found, refreshed] = await Promise.allSettled([find(), directory.refresh()]);
      if (refreshed.status === 'rejected') throw refreshed.reason;
      if (found.status === 'rejected' && !refreshed.value) throw found.reason;
      lookup = found.status === 'fulfilled' && !refreshed.value ? found.value : await find();
      return lookup;
    },
    async saveContact(wish) {
      const doubt = wish.existing === null ? findDoubt(lookup.unreadableCards) : null;
      if (doubt !== null) return doubt;
      const books = await directory.books();
      return saveContact(wish, { ...writing(books), takenUids: lookup.takenUids });
    },
    writeDecision: async (wish) => writeDecision(wish, writing(await directory.books())),
    async checkUntouched(card, maker) {
      return checkUntouched(await urlOf(card), maker, client);
    },
    async removeContact(card, maker) {
      return removeContact(await urlOf(card), maker, client);
    },
    saveGroupMembers: async (change) => groups.saveMembers(change, await directory.books()),
    async createGroup(name) {
      return createGroup(name, await directory.read(async (books) => books), client);
    },
    readPatterns: () => directory.read((books) => readPatterns(books, { listing, eachBook })),
    readNotes: (pick) =>
      directory.read((books) => readNotes(books, { client, log, eachBook }, pick)),
    readBooks: async () => {
      await directory.refresh();
      return directory.read(async (books) => books);
    },
    remember: () => directory.remember(),
  };
}

/**
 * A required group counts as missing only after a look for new books and a listing of all cards.
 * Throws MalformedAnswerError while a card that may be the group cannot be read.
 */
async function readGroups(
  requiredNames: readonly string[],
  directory: BookDirectory,
  cards: GroupCards,
): Promise<readonly ContactGroup[]> {
  const isComplete = (found: readonly ContactGroup[] | null): found is readonly ContactGroup[] =>
    found !== null && requiredNames.every((name) => findGroup(found, name).kind === 'found');
  let found = await directory.read((books) => cards.readFiltered(books));
  if (!isComplete(found) && (await directory.refresh())) {
    found = await directory.read((books) => cards.readFiltered(books));
  }
  if (!isComplete(found)) found = await directory.read((books) => cards.readUnfiltered(books));
  if (!isComplete(found) && cards.unreadable.length > 0) {
    throw new MalformedAnswerError(
      `a contact group is missing, and cards that may be it cannot be read: ${cards.unreadable.join(', ')}`,
    );
  }
  cards.warnOfDuplicates(requiredNames);
  return found;
}

/** Null when a required one is not among them. */
async function readGroupNames(
  requiredNames: readonly string[],
  directory: BookDirectory,
  cards: GroupCards,
): Promise<readonly ContactGroup[] | null> {
  const found = await directory.read((books) => cards.readNames(books));
  const isComplete = requiredNames.every((name) => findGroup(found, name).kind === 'found');
  return isComplete ? found : null;
}
