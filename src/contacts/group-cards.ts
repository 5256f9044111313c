import { HttpStatusError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { ContactGroup, GroupOutcome } from '../triage/model.ts';
import { isSameName } from '../triage/names.ts';
import type { GroupChange } from '../triage/ports.ts';
import { type BookListing, cardHref, type CardVisitor, findCardData } from './book-listing.ts';
import { uidForGroup } from './contact-id.ts';
import { type DavClient, type ListedResource, type StoredCard, strongEtag } from './dav/client.ts';
import { DAV, findText } from './dav/multistatus.ts';
import type { XmlTree } from './dav/xml-writer.ts';
import type { AddressBook } from './discovery.ts';
import { createGroupCard } from './vcard/create.ts';
import { editGroupMembers } from './vcard/edit-members.ts';
import { isWhole } from './vcard/edit.ts';
import { parseCardParts, type RawCard } from './vcard/lines.ts';
import { isGroupPart, parseCard } from './vcard/parse.ts';
import { toOctets } from './vcard/values.ts';
import {
  changedTooOften,
  hasStatus,
  MAX_CONFLICTS,
  toWriteFailure,
  withoutEtag,
} from './write-failure.ts';

/** The contact groups, each with its card as last read, so that a change is one request. */
export class GroupCards {
  readonly #client: DavClient;
  readonly #listing: BookListing;
  readonly #log: Logger;
  readonly #warned = new Set<string>();
  #groups = new Map<string, KnownGroup>();

  constructor(client: DavClient, listing: BookListing, log: Logger) {
    this.#client = client;
    this.#listing = listing;
    this.#log = log;
  }

  /** As last read. */
  get known(): readonly ContactGroup[] {
    return [...this.#groups.values()].map(({ group }) => group);
  }

  /** Every group of the books, in their order and by href; a filter is trusted to show all. */
  async readFiltered(books: readonly AddressBook[]): Promise<readonly ContactGroup[]> {
    const found = new Map<string, KnownGroup>();
    for (const book of books) {
      const own: KnownGroup[] = [];
      const answer = await this.#client.query(book.url, GROUP_QUERY);
      answer.visit((resource) => {
        const known = toKnownGroup(resource, book);
        if (known !== null) own.push(known);
      });
      for (const known of own.toSorted(byHref)) found.set(known.group.href, known);
    }
    this.#groups = found;
    return this.known;
  }

  /** Lists the books whole, for groups that the filter did not show; these are read one by one. */
  async readUnfiltered(books: readonly AddressBook[]): Promise<readonly ContactGroup[]> {
    const found = new Map<string, KnownGroup>();
    for (const book of books) {
      const hrefs: string[] = [];
      const visit: CardVisitor = ({ group }, href) => {
        if (group !== null) hrefs.push(href);
      };
      await this.#listing.listCards(book, Promise.resolve(visit));
      for (const href of hrefs.toSorted()) {
        const known = this.#groups.get(href) ?? (await this.#readGroup(href, book));
        if (known !== null) found.set(href, known);
      }
    }
    this.#groups = found;
    return this.known;
  }

  /** Says once of each name that several groups have it; the first is the one that is used. */
  warnOfDuplicates(names: readonly string[]): void {
    for (const name of names) {
      const hrefs = this.known
        .filter((group) => isSameName(group.name, name))
        .map(({ href }) => href);
      if (hrefs.length < 2 || this.#warned.has(name)) continue;
      this.#warned.add(name);
      this.#log.warning('duplicate_groups', { group: name, cards: hrefs, used: hrefs[0] });
    }
  }

  /** One PUT, and again after 412; none when nothing would change. */
  async saveMembers(
    { group: { href }, addUids, removeUids }: GroupChange,
    books: readonly AddressBook[],
  ): Promise<GroupOutcome> {
    const url = new URL(href, books[0]?.url).href;
    let card = this.#groups.get(href)?.card ?? null;
    try {
      for (let conflicts = 0; conflicts <= MAX_CONFLICTS; conflicts += 1) {
        card ??= await this.#client.readCard(url);
        const part = parseCardParts(card.raw).find(isGroupPart);
        if (part === undefined) return { kind: 'failed', problem: `${href}: no group any more` };
        if (!isWhole(part)) return { kind: 'refused', problem: `${href}: the vCard has no end` };
        const edited = editGroupMembers(card.raw, part, addUids, removeUids);
        if (edited === card.raw) return { kind: conflicts === 0 ? 'unchanged' : 'updated' };
        if (card.etag === null) return withoutEtag(href);
        // Whatever comes of it: the server may store it in another spelling.
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

  /** `unchanged` when setup made it before. */
  async create(name: string, books: readonly AddressBook[]): Promise<GroupOutcome> {
    const [book] = books;
    if (book === undefined) return { kind: 'failed', problem: 'no address book' };
    const uid = uidForGroup(name);
    const fileName = `${uid}.vcf`;
    try {
      await this.#client.createCard(book.url, fileName, await createGroupCard(name, uid));
      return { kind: 'updated' };
    } catch (error) {
      if (!hasStatus(error, 412)) return toWriteFailure(error);
    }
    try {
      const { raw } = await this.#client.readCard(new URL(fileName, book.url).href);
      const { group } = parseCard(raw, fileName);
      if (group !== null && isSameName(group.name, name)) return { kind: 'unchanged' };
      return { kind: 'refused', problem: `${fileName} is another card than the group ${name}` };
    } catch (error) {
      return toWriteFailure(error);
    }
  }

  /** False: somebody else wrote it since it was read. */
  async #update(url: string, raw: RawCard, etag: string): Promise<boolean> {
    try {
      await this.#client.updateCard(url, raw, etag);
      return true;
    } catch (error) {
      if (hasStatus(error, 412)) return false;
      throw error;
    }
  }

  async #readGroup(href: string, book: AddressBook): Promise<KnownGroup | null> {
    try {
      const card = await this.#client.readCard(new URL(href, book.url).href);
      const { group } = parseCard(card.raw, href);
      return group === null ? null : { group, card };
    } catch (error) {
      if (!(error instanceof HttpStatusError)) throw error;
      if (!hasStatus(error, 404, 410)) {
        this.#log.warning('card_unreadable', { card: href, problem: error.message });
      }
      return null;
    }
  }

  #forgetCard(href: string): void {
    const known = this.#groups.get(href);
    if (known !== undefined) this.#groups.set(href, { ...known, card: null });
  }
}

interface KnownGroup {
  readonly group: ContactGroup;
  /** Null: to be read before it is written. */
  readonly card: StoredCard | null;
}

/**
 * Both ways to say group, whole cards. Where the property of Apple is, a card is a group; KIND
 * stands on other cards too.
 */
const GROUP_QUERY: { readonly props: XmlTree; readonly filter: XmlTree } = {
  props: { 'd:getetag': {}, 'd:getcontentlength': {}, 'card:address-data': {} },
  filter: {
    _attributes: { test: 'anyof' },
    'card:prop-filter': [
      { _attributes: { name: 'X-ADDRESSBOOKSERVER-KIND' } },
      {
        _attributes: { name: 'KIND' },
        'card:text-match': { _attributes: { 'match-type': 'equals' }, _text: 'group' },
      },
    ],
  },
};

function toKnownGroup(resource: ListedResource, book: AddressBook): KnownGroup | null {
  const href = cardHref(resource, book);
  const raw = findCardData(resource);
  if (href === null || raw === null) return null;
  const { group } = parseCard(raw, href);
  if (group === null) return null;
  const etag = strongEtag(findText(resource.properties.get(`{${DAV}}getetag`)));
  const isExact = etag !== null && isUnchangedByXml(raw, resource);
  return { group, card: isExact ? { raw, etag } : null };
}

/**
 * Whether what came inside XML is the card as it is stored, octet by octet: as long as the server
 * says; where it does not say, all line ends are still CRLF, which XML likes to shorten. What was
 * no UTF-8 is lost in any case, and has a replacement character for it. A doubt costs one request.
 */
function isUnchangedByXml(raw: RawCard, { properties }: ListedResource): boolean {
  if (raw.includes(REPLACEMENT_CHARACTER)) return false;
  const length = findText(properties.get(`{${DAV}}getcontentlength`)) ?? '';
  if (/^\d+$/u.test(length)) return raw.length === Number(length);
  return raw.endsWith('\r\n') && !/(?<!\r)\n/u.test(raw);
}

const REPLACEMENT_CHARACTER = toOctets('\uFFFD');

function byHref(a: KnownGroup, b: KnownGroup): number {
  return a.group.href < b.group.href ? -1 : 1;
}
