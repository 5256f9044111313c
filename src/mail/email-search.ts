import { domainToUnicode } from 'node:url';

import { JmapMethodError } from '../errors.ts';
import type { SenderAddress } from '../triage/model.ts';
import type { EmailPage } from '../triage/ports.ts';
import { inMailboxes, readEmailPages } from './email-pages.ts';
import type { EmailReader } from './email-reader.ts';
import { readEach } from './emails-in.ts';
import { createBatchingCaller } from './jmap/batch.ts';
import type { JmapClient } from './jmap/client.ts';

/**
 * The emails of some senders in one mailbox that may hold years of mail (MailStore.readEmailsFrom):
 * with the server's text search for `from` (RFC 8621 §4.4.1), a few hundred addresses per query; one
 * address per query where the server takes no operator around `inMailbox` (Apache James). The whole
 * mailbox is listed if the server refuses that too, or if an address cannot be searched for.
 */
export async function* readEmailsFrom(
  client: JmapClient,
  mailbox: { readonly id: string; readonly addresses: readonly SenderAddress[] },
  read: EmailReader,
): AsyncGenerator<EmailPage> {
  const { id, addresses } = mailbox;
  if (addresses.length === 0) return;
  const froms = addresses.every(isSearchable) ? addresses.flatMap(spellings) : [];
  const ways = [
    () => searchTogether(client, id, froms, read),
    () => searchEach(client, id, froms, read),
  ];
  // A single one is asked for in the same way by both.
  for (const search of froms.length === 0 ? [] : ways.slice(froms.length === 1 ? 1 : 0)) {
    try {
      yield* search();
      return;
    } catch (error) {
      if (!(error instanceof JmapMethodError) || NOT_NOW.has(error.type)) throw error;
    }
  }
  yield* readEmailPages(client, { filter: inMailboxes([id]) }, read);
}

async function* searchTogether(
  client: JmapClient,
  inMailbox: string,
  froms: readonly string[],
  read: EmailReader,
): AsyncGenerator<EmailPage> {
  for (const some of chunksOf(froms, MOST_CONDITIONS)) {
    const conditions = some.map((from) => ({ from }));
    const either = { operator: 'OR', conditions };
    const filter = { operator: 'AND', conditions: [{ inMailbox }, either] };
    yield* readEmailPages(client, { filter }, read);
  }
}

async function* searchEach(
  client: JmapClient,
  inMailbox: string,
  froms: readonly string[],
  read: EmailReader,
): AsyncGenerator<EmailPage> {
  const caller = createBatchingCaller(client);
  for (const some of chunksOf(froms, MOST_SIDE_BY_SIDE)) {
    yield* readEach(
      some.map((from) => readEmailPages(caller, { filter: { inMailbox, from } }, read)),
    );
  }
}

/** Each of them holds a page of emails. */
const MOST_SIDE_BY_SIDE = 16;

/** Method errors that pass by themselves: the next run may search again (RFC 8620 §3.6.2). */
const NOT_NOW: ReadonlySet<string> = new Set([
  'serverUnavailable',
  'serverPartialFail',
  'rateLimit',
]);

/** Cyrus refuses more than 499 conditions. */
const MOST_CONDITIONS = 400;

/** To some servers quotes and backslashes have a meaning in a search. */
function isSearchable(address: SenderAddress): boolean {
  return !/["\\\s*]/u.test(address);
}

/** A header may have the domain in ASCII or in Unicode (RFC 5890 §2.3.2.1). */
function spellings(address: SenderAddress): readonly string[] {
  const at = address.lastIndexOf('@') + 1;
  const unicode = `${address.slice(0, at)}${domainToUnicode(address.slice(at))}`;
  return unicode === address || unicode.endsWith('@') ? [address] : [address, unicode];
}

function chunksOf(items: readonly string[], size: number): readonly (readonly string[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
