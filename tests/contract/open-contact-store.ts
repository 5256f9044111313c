import { createBudget } from '../../src/http/budget.ts';
import { createContactStore, type DavContactStore } from '../../src/contacts/contact-store.ts';
import type { RememberedBooks } from '../../src/contacts/book-directory.ts';
import { createHttp, type Http } from '../../src/http/http.ts';
import { type RequestBudget } from '../../src/http/budget.ts';
import type { LogEvent } from '../../src/log/events.ts';
import type { LogFields } from '../../src/log/line.ts';
import type { Logger } from '../../src/log/logger.ts';
import type { Contact, ContactOutcome, SenderAddress } from '../../src/triage/model.ts';
import type { ContactWish } from '../../src/triage/ports.ts';
import { createTrustRule } from '../../src/http/trust.ts';
import type { TestAccount } from '../support/test-account.ts';
import { basicAuthorization } from '../support/wire.ts';

export const TODAY = '2026-11-21';

/** The project's own contact store on an account, over the real HTTP client, which retries at once. */
export interface OpenContactStore extends DavContactStore {
  readonly budget: RequestBudget;
  readonly events: readonly { readonly event: LogEvent; readonly fields: LogFields }[];
}

export function openContactStore(
  account: TestAccount,
  options: {
    readonly remembered?: RememberedBooks | null;
    readonly timeoutMs?: number;
    /** What another client does just before a request of this method is sent. */
    readonly before?: { readonly method: string; readonly act: () => Promise<unknown> };
  } = {},
): OpenContactStore {
  const { remembered = null, timeoutMs = 10_000, before } = options;
  const stop = new AbortController().signal;
  const budget = createBudget({ passTimeoutMs: 60_000, stop, stopGraceMs: 1000 });
  const client = createHttp({
    authorization: () => basicAuthorization(account),
    trust: createTrustRule({ configuredUrl: account.cardDavUrl, trustedHosts: [] }),
    timeoutMs,
    budget,
    backoffMs: 1,
  });
  const http: Http = async (url, init) => {
    if (before !== undefined && init?.method === before.method) await before.act();
    return client(url, init);
  };
  const events: { event: LogEvent; fields: LogFields }[] = [];
  const push = (event: LogEvent, fields: LogFields = {}): void => {
    events.push({ event, fields });
  };
  const log: Logger = { debug: push, info: push, warning: push, error: push, child: () => log };
  const store = createContactStore({ http, serverUrl: account.cardDavUrl, remembered, log });
  return { ...store, budget, events };
}

/** What one does costs in requests. */
export async function countRequests<Result>(
  { budget }: OpenContactStore,
  work: () => Promise<Result>,
): Promise<readonly [result: Result, requests: number]> {
  const before = budget.requestCount;
  const result = await work();
  return [result, budget.requestCount - before];
}

export function address(text: string): SenderAddress {
  return text as SenderAddress;
}

/** A wish for a company's contact, as of a sender without a display name. */
export function aWish(of: string, others: Partial<ContactWish> = {}): ContactWish {
  return {
    newContact: { address: address(of), fullName: of.split('@')[0] ?? of, personName: null },
    existing: null,
    decision: { to: 'Feed', groupCategory: null, today: TODAY },
    ...others,
  };
}

/** The contacts that a listing shows for one address. */
export async function find(store: DavContactStore, of: string): Promise<readonly Contact[]> {
  const { byAddress } = await store.readContacts(Promise.resolve(new Set([address(of)])));
  return byAddress.get(address(of)) ?? [];
}

export function contactOf(outcome: ContactOutcome): Contact {
  if ('contact' in outcome) return outcome.contact;
  throw new Error(`${outcome.kind}: ${outcome.problem}`);
}

export function aCard(uid: string, ...lines: readonly string[]): string {
  const head = ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `N:${uid};;;;`];
  const fn = lines.some((line) => line.startsWith('FN')) ? [] : [`FN:${uid}`];
  return [...head, ...fn, ...lines, 'END:VCARD', ''].join('\r\n');
}

/** The logical lines of a stored card, whatever letters the server gave the names. */
export function linesOf(card: string): readonly string[] {
  const unfolded = card.replace(/\r\n[ \t]/gu, '').split('\r\n');
  return unfolded
    .filter((line) => line !== '')
    .map((line) => line.replace(/^[^:]*/u, (head) => head.toUpperCase()));
}

/** The text of a stored card. */
export async function storedCard(account: TestAccount, href: string): Promise<string> {
  const card = (await account.cards()).get(href);
  if (card === undefined) throw new Error(`no card ${href}`);
  return card.card;
}
