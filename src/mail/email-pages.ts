import { JmapMethodError } from '../errors.ts';
import type { EmailPage } from '../triage/ports.ts';
import type { EmailReader } from './email-reader.ts';
import type { MethodCaller } from './jmap/batch.ts';
import { decodeString, type JsonObject, malformedAnswer } from './jmap/decode.ts';
import { type Page, readPage } from './jmap/query-page.ts';
import { isTooLarge } from './jmap/write-failure.ts';
import { EMAIL_PROPERTIES } from './objects.ts';

/** RFC 8621 §4.4.1: in at least one of the mailboxes. */
export function inMailboxes(mailboxIds: readonly string[]): JsonObject {
  const conditions = mailboxIds.map((inMailbox) => ({ inMailbox }));
  const [first] = conditions;
  return conditions.length === 1 && first !== undefined ? first : { operator: 'OR', conditions };
}

/**
 * Every email that the filter finds, once each, oldest first.
 *
 * The next page begins after the last email of this one (`anchor`, RFC 8620 §5.5), so emails that
 * leave meanwhile shift nothing. When the anchor itself has left, the listing begins again and
 * leaves out what was given already. Servers without anchors are read by position; then any change
 * of `queryState` begins the listing again. Only an empty page ends it: `total` and short pages
 * prove nothing.
 */
export async function* readEmailPages(
  client: MethodCaller,
  { filter, properties = EMAIL_PROPERTIES }: WantedEmails,
  read: EmailReader,
): AsyncGenerator<EmailPage> {
  const given = new RecentIds();
  const listing = new Listing((await client.session()).limits.maxObjectsInGet);
  for (;;) {
    const page = await readNext(client, listing, { filter, properties });
    if (page === 'again') continue;
    const next = listing.advance(page, given);
    if (next === 'end') return;
    if (next === 'again') continue;
    const emails = (await read(page.objects)).filter(({ id }) => !given.has(id));
    given.add(emails.map(({ id }) => id));
    if (emails.length === 0) continue;
    listing.hasProgressed();
    yield { emails, state: decodeString(page.state, 'Email/get state') };
  }
}

/** Which emails are listed, and which of their properties. */
export interface WantedEmails {
  readonly filter: JsonObject;
  /** Default: `EMAIL_PROPERTIES`. */
  readonly properties?: readonly string[];
}

/** Remembers the last 50,000 ids or so. An email whose id was forgotten may be handed out twice. */
class RecentIds {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(ids: readonly string[]): void {
    if (this.#ids.size >= MOST_IDS) this.#ids.clear();
    for (const id of ids) this.#ids.add(id);
  }
}

const MOST_IDS = 50_000;

async function readNext(
  client: MethodCaller,
  listing: Listing,
  { filter, properties }: Required<WantedEmails>,
): Promise<Page | 'again'> {
  try {
    return await readPage(client, {
      type: 'Email',
      query: {
        filter,
        sort: [{ property: 'receivedAt', isAscending: true }],
        ...listing.window(),
      },
      properties,
    });
  } catch (error) {
    if (!listing.mayGoOnAfter(error)) throw error;
    return 'again';
  }
}

/** Where a listing stands, and how it goes on. */
class Listing {
  #limit: number;
  #usesAnchors = true;
  #position = 0;
  #lastId: string | null = null;
  #queryState: string | null = null;
  /**
   * Ids since the listing began again: a page that adds none of its own is the same page once more.
   * Null before that: then they are the ids handed out, and are not kept twice.
   */
  #listedAgain: RecentIds | null = null;
  /** Emails that were deleted before they could be read are listed, but never handed out. */
  #lastPage: ReadonlySet<string> = new Set();
  /** How often the listing began again since the last email that was new to the caller. */
  #vainRestarts = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The part of Email/query's arguments that says which page. */
  window(): JsonObject {
    return this.#usesAnchors && this.#lastId !== null
      ? { anchor: this.#lastId, anchorOffset: 1, limit: this.#limit }
      : { position: this.#position, limit: this.#limit };
  }

  hasProgressed(): void {
    this.#vainRestarts = 0;
  }

  /** `again`: this page does not follow the last one, so it does not count. */
  advance({ ids, queryState }: Page, given: RecentIds): 'more' | 'again' | 'end' {
    const isFirst = this.#position === 0;
    if (
      !this.#usesAnchors &&
      !isFirst &&
      (queryState === null || queryState !== this.#queryState)
    ) {
      this.#restart();
      return 'again';
    }
    if (ids.length === 0) return 'end';
    const listed = this.#listedAgain ?? given;
    if (ids.every((id) => listed.has(id) || this.#lastPage.has(id))) {
      throw malformedAnswer('Email/query gives one page over and over');
    }
    this.#listedAgain?.add(ids);
    this.#lastPage = new Set(ids);
    this.#position += ids.length;
    this.#lastId = ids.at(-1) ?? null;
    this.#queryState = queryState;
    return 'more';
  }

  /** Whether another way of asking is left after this error; the next `window()` is that way. */
  mayGoOnAfter(error: unknown): boolean {
    if (isTooLarge(error) && this.#limit > 1) {
      this.#limit = Math.ceil(this.#limit / 2);
      return true;
    }
    const isAnchored = this.#usesAnchors && this.#lastId !== null;
    if (!isAnchored || !(error instanceof JmapMethodError)) return false;
    const hasAnchorLeft = error.type === 'anchorNotFound';
    if (!hasAnchorLeft && !NO_ANCHORS_HERE.has(error.type)) return false;
    // Lost again and again with nothing new in between: this server does not find anchors at all.
    this.#usesAnchors = hasAnchorLeft && this.#vainRestarts < MAX_VAIN_RESTARTS;
    if (!this.#usesAnchors) this.#vainRestarts = 0;
    this.#restart();
    return true;
  }

  #restart(): void {
    if (this.#vainRestarts >= MAX_VAIN_RESTARTS) {
      throw malformedAnswer(
        `Email/query changed its answer ${MAX_VAIN_RESTARTS} times while it was read`,
      );
    }
    this.#vainRestarts += 1;
    this.#position = 0;
    this.#lastId = null;
    this.#queryState = null;
    this.#listedAgain = new RecentIds();
    this.#lastPage = new Set();
  }
}

const MAX_VAIN_RESTARTS = 5;

/** What servers that know no anchors answer to one. */
const NO_ANCHORS_HERE: ReadonlySet<string> = new Set([
  'invalidArguments',
  'unsupportedSort',
  'unsupportedFilter',
]);
