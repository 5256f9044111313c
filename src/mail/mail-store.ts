import type { DigestMail } from '../triage/digest.ts';
import type { Mailbox } from '../triage/model.ts';
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

/** The user's mail on a JMAP server, and what setup and the next run need from it. */
export interface JmapMailStore extends MailStore, DigestMail {
  /**
   * Creates a mailbox. A refusal is an outcome, also when a mailbox of that name exists. Throws only what
   * breaks the run.
   */
  createMailbox(name: string, parentId: string | null): Promise<CreateMailboxOutcome>;
  /** Account and limits, from the session; for reports. Throws as every read does. */
  readAccount(): Promise<JmapSession>;
  /**
   * What the next run need not read again, as plain JSON; null unless the server has confirmed it.
   */
  remember(): RememberedSession | null;
}

/** What a mail store is given. */
export interface MailStoreOptions extends JmapClientOptions {
  /** User names of the account elsewhere (CardDAV): nobody triages themselves. */
  readonly ownUsernames: readonly string[];
}

/** Sends nothing before the first method call. */
export function createMailStore(options: MailStoreOptions): JmapMailStore {
  const client = new JmapClient(options);
  const read = createEmailReader(client, options.ownUsernames);
  const remembered = options.remembered?.totalsBelievedSince;
  let believedSince = remembered === undefined ? new Date() : new Date(remembered);
  const isDoubted = !(Math.abs(Date.now() - believedSince.getTime()) < BELIEVED_FOR_MS);
  return {
    async readMailboxes() {
      const mailboxes = await readMailboxes(client);
      return isDoubted ? mailboxes.map(withoutZero) : mailboxes;
    },
    async *readEmailsIn(mailboxIds) {
      yield* readEmailsIn(client, mailboxIds, read);
      if (isDoubted) believedSince = new Date();
    },
    readEmailsFrom: (id, addresses) => readEmailsFrom(client, { id, addresses }, read),
    readEmails: (ids) => readEmails(client, ids, read),
    readChanges: (sinceState) => readChanges(client, sinceState, read),
    patchEmails: (patches, state) => patchEmails(client, patches, state),
    readDigestPlaces: () => readDigestPlaces(client),
    readTitledEmails: (mailboxIds) => readTitledEmails(client, mailboxIds, read),
    saveDigest: (digest, state) => saveDigest(client, digest, state, options.ownUsernames),
    createMailbox: (name, parentId) => createMailbox(client, name, parentId),
    readAccount: () => client.session(),
    remember() {
      const session = client.remember();
      return session && { ...session, totalsBelievedSince: believedSince.toISOString() };
    },
  };
}

/**
 * A `totalEmails` of 0 saves a request. Some server may get it wrong, so it is trusted only this
 * long.
 */
const BELIEVED_FOR_MS = 3_600_000;

function withoutZero(mailbox: Mailbox): Mailbox {
  return mailbox.totalEmails === 0 ? { ...mailbox, totalEmails: null } : mailbox;
}
