import type { TitledEmail } from '../../triage/digest.ts';
import type { SenderAddress } from '../../triage/model.ts';

/** Somebody whose emails wait in Screener. */
export interface WaitingSender {
  readonly address: SenderAddress;
  /** Of the newest email, not fit to be shown before it is cleaned; empty where it has none. */
  readonly name: string;
  readonly emails: number;
  /** When the oldest came in, UTCDate. */
  readonly since: string;
  /** Not cleaned either; only its beginning if it is very long. */
  readonly subject: string;
}

/** Somebody whose mail goes to Jail. */
export interface JailedSender {
  readonly address: SenderAddress;
  readonly name: string;
  readonly emails: number;
}

/** Where emails are counted. */
export interface BacklogPlaces {
  readonly screenerId: string;
  /** Null where no category is called Jail. */
  readonly jailId: string | null;
  /** Emails that are in one of these as well do not wait: Trash, Junk, Drafts, Sent. */
  readonly leftAloneIds: ReadonlySet<string>;
  /** How many emails the mailboxes hold: when all are counted, reading ends. */
  readonly totals: ReadonlyMap<string, number>;
}

/** Counts emails page by page: what is kept grows with the senders, not with their emails. */
export class Backlog {
  /** Emails in Screener that are nobody's. */
  withoutSender = 0;
  readonly #places: BacklogPlaces;
  readonly #isPassedOver: (sender: SenderAddress) => boolean;
  readonly #seen = new Map<string, number>();
  readonly #waiting = new Map<SenderAddress, Waiting>();
  readonly #jailed = new Map<SenderAddress, { name: string; emails: number }>();

  /** `isPassedOver`: senders who would have left Screener by now if this were not a dry run. */
  constructor(places: BacklogPlaces, isPassedOver: (sender: SenderAddress) => boolean) {
    this.#places = places;
    this.#isPassedOver = isPassedOver;
  }

  /** Emails in the order of their age, oldest first. */
  add(emails: readonly TitledEmail[]): void {
    for (const email of emails) this.#add(email);
  }

  /** All emails that the mailboxes hold have been counted. */
  isComplete(): boolean {
    return [...this.#places.totals].every(([id, total]) => (this.#seen.get(id) ?? 0) >= total);
  }

  /** The longest waiting first. */
  waiting(): readonly WaitingSender[] {
    return [...this.#waiting]
      .map(([address, { newest, ...sender }]) => ({
        address,
        ...sender,
        name: newest?.displayName ?? '',
        subject: newest?.subject ?? '',
      }))
      .toSorted((a, b) => compare(a.since, b.since) || compare(a.address, b.address));
  }

  /** Those with the most emails in Jail, at most this many. */
  jailed(most: number): readonly JailedSender[] {
    return [...this.#jailed]
      .map(([address, counted]) => ({ address, ...counted }))
      .toSorted((a, b) => b.emails - a.emails || compare(a.address, b.address))
      .slice(0, most);
  }

  #add(email: TitledEmail): void {
    const { screenerId, jailId, leftAloneIds } = this.#places;
    const { mailboxIds, author, displayName, receivedAt } = email;
    for (const id of mailboxIds) this.#seen.set(id, (this.#seen.get(id) ?? 0) + 1);
    if ([...mailboxIds].some((id) => leftAloneIds.has(id))) return;
    if (author.kind === 'nobody') {
      if (mailboxIds.has(screenerId) && author.reason !== 'digest') this.withoutSender += 1;
      return;
    }
    const { address } = author;
    if (mailboxIds.has(screenerId) && !this.#isPassedOver(address)) {
      // Oldest first: those who wait longest, of whom more than a number is told, come first.
      const newest = this.#waiting.size < MOST_TITLED ? UNTITLED : null;
      const known = this.#waiting.get(address) ?? { emails: 0, since: receivedAt, newest };
      known.emails += 1;
      if (known.newest !== null) {
        known.newest = { displayName, subject: beginningOf(email.subject) };
      }
      this.#waiting.set(address, known);
    }
    if (jailId !== null && mailboxIds.has(jailId)) {
      const known = this.#jailed.get(address) ?? { name: displayName, emails: 0 };
      known.emails += 1;
      known.name = displayName;
      this.#jailed.set(address, known);
    }
  }
}

interface Waiting {
  emails: number;
  readonly since: string;
  /** Null: it will not be told. */
  newest: Pick<TitledEmail, 'displayName' | 'subject'> | null;
}

const UNTITLED = { displayName: '', subject: '' };

/** Many times more than are told, because some may have come at the same time. */
const MOST_TITLED = 1000;

/** A copy: a mere slice would keep the whole text in memory. */
function beginningOf(subject: string): string {
  if (subject.length <= MOST_KEPT) return subject;
  return Buffer.from(subject.slice(0, MOST_KEPT), 'utf16le').toString('utf16le');
}

/** In UTF-16 code units: more than is shown of any subject, and little for tens of thousands. */
const MOST_KEPT = 600;

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
