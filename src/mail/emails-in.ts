import { JmapMethodError } from '../errors.ts';
import type { EmailPage } from '../triage/ports.ts';
import { inMailboxes, readEmailPages, type WantedEmails } from './email-pages.ts';
import type { EmailReader } from './email-reader.ts';
import { createBatchingCaller, type MethodCaller } from './jmap/batch.ts';

/**
 * Every email in at least one of the mailboxes, once each (MailStore.readEmailsIn): with one query for
 * all of them, or one for each mailbox on servers that refuse `inMailbox` inside an operator, such as
 * Apache James. `properties`: what is read of each; default: `EMAIL_PROPERTIES`.
 */
export async function* readEmailsIn(
  client: MethodCaller,
  mailboxIds: readonly string[],
  read: EmailReader,
  properties?: readonly string[],
): AsyncGenerator<EmailPage> {
  if (mailboxIds.length === 0) return;
  const wantedIn = (ids: readonly string[]): WantedEmails => ({
    filter: inMailboxes(ids),
    ...(properties === undefined ? {} : { properties }),
  });
  try {
    yield* readEmailPages(client, wantedIn(mailboxIds), read);
  } catch (error) {
    // The first page shows whether the server takes it, and nothing has been handed out before that.
    const isRefused = error instanceof JmapMethodError && error.type === 'unsupportedFilter';
    if (!isRefused || mailboxIds.length === 1) throw error;
    const caller = createBatchingCaller(client);
    yield* readEach(mailboxIds.map((id) => readEmailPages(caller, wantedIn([id]), read)));
  }
}

/**
 * Several listings side by side, the queries of each round in one request where they share a
 * `createBatchingCaller`; an email that is in two of them once.
 */
export async function* readEach(
  listings: readonly AsyncGenerator<EmailPage>[],
): AsyncGenerator<EmailPage> {
  const given = new Set<string>();
  let open = listings;
  while (open.length > 0) {
    const results = await Promise.all(open.map((pages) => pages.next()));
    for (const { value } of results) {
      if (value === undefined) continue;
      const emails = (value as EmailPage).emails.filter(({ id }) => !given.has(id));
      for (const { id } of emails) given.add(id);
      if (emails.length > 0) yield { ...(value as EmailPage), emails };
    }
    open = open.filter((_, index) => results[index]?.done !== true);
  }
}
