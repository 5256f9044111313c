import type { DigestMail } from '../triage/digest.ts';
import type { MailStore } from '../triage/ports.ts';
import { readDigestPlaces, readTitledEmails, saveDigest } from './digests.ts';
import { readChanges, readEmails } from './email-changes.ts';
import { patchEmails } from './email-patches.ts';
import { createEmailReader } from './email-reader.ts';
import { readEmailsFrom } from './email-search.ts';
import { readEmailsIn } from './emails-in.ts';
import { JmapClient, type JmapClientOptions } from './jmap/client.ts';
import type { JmapSession, RememberedSession } from './jmap/session.ts';
import { createMailbox, type CreateMailboxOutcome, readMailboxes } from './mailboxes.ts';

/** The user's mail on a JMAP server, and what setup and the next run want of it. */
export interface JmapMailStore extends MailStore, DigestMail {
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
  const read = createEmailReader(client, options.ownUsernames);
  return {
    readMailboxes: () => readMailboxes(client),
    readEmailsIn: (mailboxIds) => readEmailsIn(client, mailboxIds, read),
    readEmailsFrom: (id, addresses) => readEmailsFrom(client, { id, addresses }, read),
    readEmails: (ids) => readEmails(client, ids, read),
    readChanges: (sinceState) => readChanges(client, sinceState, read),
    patchEmails: (patches, state) => patchEmails(client, patches, state),
    readDigestPlaces: () => readDigestPlaces(client),
    readTitledEmails: (mailboxIds) => readTitledEmails(client, mailboxIds, read),
    saveDigest: (digest, state) => saveDigest(client, digest, state, options.ownUsernames),
    createMailbox: (name, parentId) => createMailbox(client, name, parentId),
    readAccount: () => client.session(),
    remember: () => client.remember(),
  };
}
