import { HttpStatusError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { ContactGroup, GroupOutcome } from '../triage/model.ts';
import { isSameName } from '../triage/names.ts';
import type { GroupChange } from '../triage/ports.ts';
import {
  type BookListing,
  type CardVisitor,
  findCardData,
  isGone,
  isRefusedQuery,
} from './book-listing.ts';
import { readForEditing } from './card-reader.ts';
import type { DavClient } from './dav/client.ts';
import type { AddressBook } from './discovery.ts';
import type { EachBook } from './each-book.ts';
import {
  byHref,
  GROUP_NAMES_QUERY,
  GROUP_QUERY,
  type GroupQuery,
  inBook,
  type KnownGroup,
  mayBeWritten,
  toKnownGroup,
} from './known-group.ts';
import { editGroupMembers } from './vcard/edit-members.ts';
import { isWhole } from './vcard/edit.ts';
import { parseCardParts, type RawCard } from './vcard/lines.ts';
import { isGroupPart, parseCard } from './vcard/parse.ts';
import type { StoredCardChecker } from './stored-card-checker.ts';
import {
  changedTooOften,
  hasStatus,
  MAX_CONFLICTS,
  toWriteFailure,
  withoutEtag,
} from './write-failure.ts';

/** What the group cards are read and written with. */
export interface GroupCardsOptions {
  readonly client: DavClient;
  readonly listing: BookListing;
  readonly checker: StoredCardChecker;
  readonly eachBook: EachBook;
  readonly log: Logger;
}

/** The contact groups, each with its card as last read, so that a change is one request. */
export class GroupCards {
  readonly #client: DavClient;
  readonly #listing: BookListing;
  readonly #log: Logger;
  readonly #warned = new Set<string>();
  readonly #checker: StoredCardChecker;
  readonly #eachBook: EachBook;
  #groups = new Map<string, KnownGroup>();
  #unreadable: readonly string[] = [];
  #isFilterRefused = false;

  constructor({ client, listing, checker, eachBook, log }: GroupCardsOptions) {
    this.#eachBook = eachBook;
    this.#client = client;
    this.#listing = listing;
    this.#checker = checker;
    this.#log = log;
  }

  /** As last read. */
  get known(): readonly ContactGroup[] {
    return [...this.#groups.values()].map(({ group }) => group);
  }

  /** Cards that may be groups and could not be read, by path. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  /** The groups that a filter shows, without their members: enough for an idle pass. */
  async readNames(books: readonly AddressBook[]): Promise<readonly ContactGroup[]> {
    const found: ContactGroup[] = [];
    await this.#eachBook(books, async (book) => {
      const listed = (await this.#query(book, GROUP_NAMES_QUERY)) ?? [];
      const own = listed.flatMap(({ groups }) => groups);
      found.push(...own.toSorted(byHref).map((known) => inBook(known, book).group));
    });
    return found;
  }

  /**
   * Every group of the books, in their order and by href. A filter is trusted to show all; null
   * where a server refuses it.
   */
  async readFiltered(books: readonly AddressBook[]): Promise<readonly ContactGroup[] | null> {
    if (this.#isFilterRefused) return null;
    const found = new Map<string, KnownGroup>();
    const unreadable: string[] = [];
    await this.#eachBook(books, async (book) => {
      const listed = await this.#query(book, GROUP_QUERY);
      if (listed === null) return;
      const own = listed.flatMap(({ groups }) => groups);
      for (const { href } of listed.filter(({ hasData }) => !hasData)) {
        const known = await this.#readGroup(href, book);
        if (known === 'unreadable') unreadable.push(href);
        else if (known !== null) own.push(known);
      }
      for (const known of own.toSorted(byHref)) found.set(known.group.href, inBook(known, book));
    });
    if (this.#isFilterRefused) return null;
    this.#groups = found;
    this.#unreadable = unreadable;
    return this.known;
  }

  /** Lists the books whole, for groups that the filter did not show; these are read one by one. */
  async readUnfiltered(books: readonly AddressBook[]): Promise<readonly ContactGroup[]> {
    const found = new Map<string, KnownGroup>();
    const unreadable: string[] = [];
    await this.#eachBook(books, async (book) => {
      const hrefs: string[] = [];
      const visit: CardVisitor = ({ group }, href) => {
        if (group !== null) hrefs.push(href);
      };
      const listed = await this.#listing.listCards(book, Promise.resolve(visit));
      unreadable.push(...listed.unreadable);
      for (const href of hrefs.toSorted()) {
        // Without a filter, what is known is from an earlier reading.
        const fresh = this.#isFilterRefused ? undefined : this.#groups.get(href);
        const known = fresh ?? (await this.#readGroup(href, book));
        if (known === 'unreadable') unreadable.push(href);
        else if (known !== null) found.set(href, inBook(known, book));
      }
    });
    this.#groups = found;
    this.#unreadable = unreadable;
    return this.known;
  }

  /** Warns once about each name that several groups have; the first of them is used. */
  warnOfDuplicates(names: readonly string[]): void {
    for (const name of names) {
      const hrefs = this.known
        .filter((group) => isSameName(group.name, name) && group.isReadOnly !== true)
        .map(({ href }) => href);
      if (hrefs.length < 2 || this.#warned.has(name)) continue;
      this.#warned.add(name);
      this.#log.warning('duplicate_groups', { group: name, cards: hrefs, used: hrefs[0] });
    }
  }

  /** One PUT, and another after a 412; none if nothing would change. */
  async saveMembers(
    { group: { href }, addUids, removeUids }: GroupChange,
    books: readonly AddressBook[],
  ): Promise<GroupOutcome> {
    const url = new URL(href, books[0]?.url).href;
    let card = this.#groups.get(href)?.card ?? null;
    try {
      for (let conflicts = 0; conflicts <= MAX_CONFLICTS; conflicts += 1) {
        card ??= await readForEditing(url, this.#client);
        const part = parseCardParts(card.raw).find(isGroupPart);
        if (part === undefined) return { kind: 'failed', problem: `${href}: no longer a group` };
        if (!isWhole(part)) return { kind: 'refused', problem: `${href}: the vCard has no end` };
        const edited = editGroupMembers(card.raw, part, addUids, removeUids);
        if (edited === card.raw) return { kind: conflicts === 0 ? 'unchanged' : 'updated' };
        if (card.etag === null) return withoutEtag(href);
        // Whatever the outcome: the server may store the card in another spelling.
        this.#forgetCard(href);
        if (await this.#update(url, edited, card.etag)) return { kind: 'updated' };
        card = null;
      }
    } catch (error) {
      if (hasStatus(error, 404, 410))
        return { kind: 'failed', problem: `${href}: the group is gone` };
      return toWriteFailure(error);
    }
    return changedTooOften(href);
  }

  /** False: somebody else wrote it since it was read. */
  async #update(url: string, raw: RawCard, etag: string): Promise<boolean> {
    try {
      const hasEtag = await this.#client.updateCard(url, raw, etag);
      if (!hasEtag) await this.#checker.check(url, raw);
      return true;
    } catch (error) {
      if (hasStatus(error, 412)) return false;
      throw error;
    }
  }

  /** Null when the server refuses the filter. */
  async #query(book: AddressBook, query: GroupQuery): Promise<readonly ListedGroup[] | null> {
    if (this.#isFilterRefused) return null;
    try {
      return await this.#client.query(book.url, query, (resource) => {
        const href = this.#listing.findHref(resource, book);
        const raw = findCardData(resource);
        if (href === null) return null;
        const groups = raw === null ? [] : toKnownGroup(resource, raw, href);
        return { href, hasData: raw !== null, groups };
      });
    } catch (error) {
      if (!isRefusedQuery(error)) throw error;
      this.#isFilterRefused = true;
      return null;
    }
  }

  /** Null: gone, or no group. */
  async #readGroup(href: string, book: AddressBook): Promise<KnownGroup | 'unreadable' | null> {
    try {
      const card = await this.#client.readCard(new URL(href, book.url).href);
      const { group } = parseCard(card.raw, href);
      return group === null ? null : { group, card: mayBeWritten(card.raw) ? card : null };
    } catch (error) {
      if (!(error instanceof HttpStatusError)) throw error;
      if (isGone(error.status)) return null;
      this.#listing.warn(href, error.message);
      return 'unreadable';
    }
  }

  #forgetCard(href: string): void {
    const known = this.#groups.get(href);
    if (known !== undefined) this.#groups.set(href, { ...known, card: null });
  }
}

/** What a query for groups shows of one card. */
interface ListedGroup {
  readonly href: string;
  readonly hasData: boolean;
  /** One or none. */
  readonly groups: readonly KnownGroup[];
}
