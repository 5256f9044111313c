import { createHash } from 'node:crypto';

import {
  type CardLine,
  convertLines,
  decodeText,
  isUri,
  findCardProblem,
  findUid,
  hasName,
  parseCardLines,
  renderCard,
  rewriteLines,
} from './card-text.ts';

export interface CardRecord {
  readonly href: string;
  /** With its quotes. */
  readonly etag: string;
  /** As it is given to clients; not always UTF-8. */
  readonly bytes: Buffer;
  /** The same for clients that ask for vCard 4.0. */
  readonly bytesOfVersion4: Buffer;
  /** The lines of these bytes. */
  readonly lines: readonly CardLine[];
  /**
   * The lines as they were sent. A filter sees these, even if the card is given back differently.
   */
  readonly sentLines: readonly CardLine[];
  readonly uid: string;
}

export interface BookRecord {
  readonly href: string;
  readonly displayName: string;
  readonly cards: Map<string, CardRecord>;
  change: number;
}

export type PutOutcome =
  | { readonly kind: 'created' | 'replaced'; readonly card: CardRecord }
  | { readonly kind: 'noBook' }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** RFC 6352 §6.3.2.1 no-uid-conflict. */
  | { readonly kind: 'uidConflict'; readonly href: string };

export interface ContactsSettings {
  readonly refusesUidElsewhere: boolean;
  readonly rewritesCards: boolean;
  readonly ignoresPartialData: boolean;
}

/** The address books' data. Tests act on it directly in place of the user's other clients. */
export class ContactsState {
  readonly homeHref: string;
  readonly books = new Map<string, BookRecord>();
  readonly #settings: ContactsSettings;
  /** Hrefs by UID, over all books. */
  readonly #hrefsByUid = new Map<string, Set<string>>();
  #change = 0;

  constructor(homeHref: string, settings: ContactsSettings) {
    this.homeHref = homeHref;
    this.#settings = settings;
    this.createBook('Default', 'Personal');
  }

  createBook(name: string, displayName = name): string {
    const href = `${this.homeHref}${encodeURIComponent(name)}/`;
    if (this.books.has(href)) throw new Error(`address book ${href} exists`);
    this.#change += 1;
    this.books.set(href, { href, displayName, cards: new Map(), change: this.#change });
    return href;
  }

  get ignoresPartialData(): boolean {
    return this.#settings.ignoresPartialData;
  }

  findBook(href: string): BookRecord | undefined {
    return this.books.get(href.endsWith('/') ? href : `${href}/`);
  }

  findCard(href: string): CardRecord | undefined {
    return this.books.get(bookHrefOf(href))?.cards.get(href);
  }

  /**
   * The addresses of a group's members, as Cyrus finds them: it takes one `urn:uuid:` off a member
   * and compares the rest exactly with UIDs.
   */
  addressesInGroup(groupHref: string): ReadonlySet<string> {
    const valuesOf = (card: CardRecord, name: string): readonly string[] =>
      card.sentLines
        .filter((line) => hasName(line, name))
        // The newest Cyrus does not remove the escapes of members that are text.
        .filter(
          (line) =>
            name !== 'X-ADDRESSBOOKSERVER-MEMBER' || isUri(line) || !/[,;\\]/u.test(line.value),
        )
        .map(({ value }) => decodeText(value).replace(/\\(?<kept>[\s\S])/gu, '$<kept>'));
    const group = this.findCard(groupHref);
    const uids = new Set(
      (group === undefined ? [] : MEMBER_NAMES.flatMap((name) => valuesOf(group, name)))
        .filter((member) => member.startsWith('urn:uuid:'))
        .map((member) => member.slice('urn:uuid:'.length)),
    );
    const cards = [...this.books.values()].flatMap((book) => [...book.cards.values()]);
    return new Set(
      cards
        .filter((card) => uids.has(card.uid))
        .flatMap((card) => valuesOf(card, 'EMAIL').map((email) => email.toLowerCase())),
    );
  }

  /** Writes without preconditions: the HTTP side checks those. */
  putCard(href: string, sent: Buffer): PutOutcome {
    const book = this.books.get(bookHrefOf(href));
    if (book === undefined) return { kind: 'noBook' };
    // XML cannot hold control characters, so a server could not give them back.
    const text = sent.toString('latin1').replace(CONTROL_CHARACTERS, '');
    const sentLines = parseCardLines(text);
    const problem = findCardProblem(sentLines);
    if (sentLines === null || problem !== null) {
      return { kind: 'invalid', problem: problem ?? 'Resource is not a vCard object' };
    }
    const uid = findUid(sentLines);
    const before = book.cards.get(href);
    if (before !== undefined && before.uid !== uid) return { kind: 'uidConflict', href };
    const elsewhere = [...(this.#hrefsByUid.get(uid) ?? [])].find((other) => other !== href);
    if (elsewhere !== undefined && this.#settings.refusesUidElsewhere) {
      return { kind: 'uidConflict', href: elsewhere };
    }
    const { rewritesCards } = this.#settings;
    const lines = rewritesCards ? convertLines(rewriteLines(sentLines), '3.0') : sentLines;
    const bytes = Buffer.from(rewritesCards ? renderCard(lines) : text, 'latin1');
    const bytesOfVersion4 = rewritesCards
      ? Buffer.from(renderCard(convertLines(rewriteLines(sentLines), '4.0')), 'latin1')
      : bytes;
    const etag = this.#nextEtag(bytes);
    const card = { href, etag, bytes, bytesOfVersion4, lines, sentLines, uid };
    book.cards.set(href, card);
    book.change = this.#change;
    this.#hrefsByUid.set(uid, (this.#hrefsByUid.get(uid) ?? new Set()).add(href));
    return { kind: before === undefined ? 'created' : 'replaced', card };
  }

  deleteCard(href: string): boolean {
    const book = this.books.get(bookHrefOf(href));
    const card = book?.cards.get(href);
    if (book === undefined || card === undefined) return false;
    this.#change += 1;
    book.change = this.#change;
    book.cards.delete(href);
    this.#hrefsByUid.get(card.uid)?.delete(href);
    return true;
  }

  /** Even the same bytes make a new version: a client that relies on the old ETag has to notice. */
  #nextEtag(bytes: Buffer): string {
    this.#change += 1;
    const hash = createHash('sha1').update(`${this.#change}\n`).update(bytes).digest('hex');
    return `"${hash}"`;
  }
}

const MEMBER_NAMES = ['MEMBER', 'X-ADDRESSBOOKSERVER-MEMBER'];

// oxlint-disable-next-line no-control-regex -- these are what it is about
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/gu;

function bookHrefOf(cardHref: string): string {
  return cardHref.slice(0, cardHref.lastIndexOf('/') + 1);
}
