import type { SenderAddress } from '../triage/model.ts';
import type { MailStore } from '../triage/ports.ts';
import { parseSenderAddress } from '../triage/sender.ts';
import { readEmailPages } from './email-pages.ts';
import { patchEmails } from './email-patches.ts';
import { JmapClient, type JmapClientOptions } from './jmap/client.ts';
import type { JmapSession, RememberedSession } from './jmap/session.ts';
import { createMailbox, type CreateMailboxOutcome, readMailboxes } from './mailboxes.ts';

/** The user's mail on a JMAP server, and what setup and the next run want of it. */
export interface JmapMailStore extends MailStore {
  /**
   * Creates a mailbox; a refusal (also: there is one of that name) is an outcome. Throws only what
   * breaks the run.
   */
  createMailbox(name: string, parentId: string | null): Promise<CreateMailboxOutcome>;
  /** Account and limits, from the session; for reports. Throws as every read does. */
  readAccount(): Promise<JmapSession>;
  /** What the next run may skip to read, as plain JSON; null when the server has not borne it out. */
  remember(): RememberedSession | null;
}

export interface MailStoreOptions extends JmapClientOptions {
  /** User names of the account elsewhere (CardDAV): nobody triages themselves. */
  readonly ownUsernames: readonly string[];
}

/** Sends nothing before the first method call. */
export function createMailStore(options: MailStoreOptions): JmapMailStore {
  const client = new JmapClient(options);
  const findOwnAddresses = async (): Promise<ReadonlySet<SenderAddress>> => {
    const { username } = await client.session();
    const names = [username, ...options.ownUsernames];
    return new Set(names.map(parseSenderAddress).filter((address) => address !== null));
  };
  return {
    readMailboxes: () => readMailboxes(client),
    readEmailsIn: (mailboxIds) => readEmailPages(client, mailboxIds, findOwnAddresses),
    patchEmails: (patches) => patchEmails(client, patches),
    createMailbox: (name, parentId) => createMailbox(client, name, parentId),
    readAccount: () => client.session(),
    remember: () => client.remember(),
  };
}
