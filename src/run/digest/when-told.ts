import { JmapMethodError } from '../../errors.ts';
import type { DigestMail } from '../../triage/digest.ts';
import type { MailStore } from '../../triage/ports.ts';
import { findNewestDate } from './step.ts';

/** The mail of a pass, and what its first request found out on the way. */
export interface AskingMail {
  readonly mail: MailStore;
  /** UTCDate of the newest digest; null: there is none. Undefined: it is not known. */
  newestDigest(): string | null | undefined;
}

/**
 * If the state does not say when the user was last told, the newest digest does. The request that reads
 * the mailboxes asks for it as well, so that this needs no request of its own.
 */
export function askWhenTold(mail: MailStore & DigestMail): AskingMail {
  let newest: string | null | undefined;
  return {
    newestDigest: () => newest,
    mail: {
      ...mail,
      async readMailboxes() {
        try {
          const { mailboxes, digests } = await mail.readDigestPlaces();
          newest = findNewestDate(digests, new Date());
          return mailboxes;
        } catch (error) {
          // A server that cannot search for keywords must not stop triage.
          if (!(error instanceof JmapMethodError)) throw error;
          return mail.readMailboxes();
        }
      },
    },
  };
}
