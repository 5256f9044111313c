import { domainToUnicode } from 'node:url';

import { JmapMethodError } from '../errors.ts';
import type { SenderAddress } from '../triage/model.ts';
import type { EmailPage } from '../triage/ports.ts';
import { inMailboxes, readEmailPages } from './email-pages.ts';
import type { EmailReader } from './email-reader.ts';
import type { JmapClient } from './jmap/client.ts';
import type { JsonObject } from './jmap/decode.ts';

/**
 * The emails of some senders in one mailbox that may hold years of mail (MailStore.readEmailsFrom):
 * with the server's text search for `from` (RFC 8621 §4.4.1), a few hundred addresses per query. The
 * whole mailbox is listed if the server refuses that, or if an address cannot be searched for.
 */
export async function* readEmailsFrom(
  client: JmapClient,
  mailbox: { readonly id: string; readonly addresses: readonly SenderAddress[] },
  read: EmailReader,
): AsyncGenerator<EmailPage> {
  const { id, addresses } = mailbox;
  if (addresses.length === 0) return;
  const searched = addresses.every(isSearchable) ? chunksOf(addresses.flatMap(spellings)) : null;
  try {
    for (const froms of searched ?? []) {
      yield* readEmailPages(client, { filter: fromOneOf(id, froms) }, read);
    }
  } catch (error) {
    if (!(error instanceof JmapMethodError) || NOT_NOW.has(error.type)) throw error;
    yield* readEmailPages(client, { filter: inMailboxes([id]) }, read);
    return;
  }
  if (searched === null) yield* readEmailPages(client, { filter: inMailboxes([id]) }, read);
}

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

function fromOneOf(inMailbox: string, froms: readonly string[]): JsonObject {
  const [first] = froms;
  if (froms.length === 1 && first !== undefined) return { inMailbox, from: first };
  const conditions = froms.map((from) => ({ from }));
  return { operator: 'AND', conditions: [{ inMailbox }, { operator: 'OR', conditions }] };
}

function chunksOf(items: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(items.length / MOST_CONDITIONS);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * MOST_CONDITIONS, (index + 1) * MOST_CONDITIONS),
  );
}
