import type { LogEvent } from '../log/events.ts';
import type { LogFields } from '../log/line.ts';
import type { Logger } from '../log/logger.ts';
import { findDoubt } from '../triage/contact.ts';
import { type Email, type EmailPatch, memberKey } from '../triage/model.ts';
import type { ContactStore, EmailPage, MailStore } from '../triage/ports.ts';
import { applyPatch } from '../triage/sweep.ts';

/*
 * A dry run is the same pass with stores that read from the servers and write nowhere. What was
 * "written" is laid over what is read later, so that every step sees what it would see.
 */

/** Reads from `store`; patches are remembered and shown, never sent. */
export function dryRunMailStore(store: MailStore): MailStore {
  const patches = new Map<string, EmailPatch[]>();
  const patched = (email: Email): Email => (patches.get(email.id) ?? []).reduce(applyPatch, email);
  async function* patchedPages(
    pages: AsyncIterable<EmailPage>,
    mailboxIds: readonly string[],
  ): AsyncGenerator<EmailPage> {
    for await (const { emails, state } of pages) {
      yield { emails: emails.map(patched).filter((email) => isIn(email, mailboxIds)), state };
    }
  }
  return {
    readMailboxes: () => store.readMailboxes(),
    readEmailsIn: (ids) => patchedPages(store.readEmailsIn(ids), ids),
    readEmailsFrom: (id, addresses) => patchedPages(store.readEmailsFrom(id, addresses), [id]),
    async readEmails(ids) {
      const { emails, state } = await store.readEmails(ids);
      return { emails: emails.map(patched), state };
    },
    async readChanges(sinceState) {
      const changes = await store.readChanges(sinceState);
      return changes.kind === 'unknown'
        ? changes
        : { ...changes, emails: changes.emails.map(patched) };
    },
    async patchEmails(wanted, state) {
      for (const patch of wanted) {
        patches.set(patch.emailId, [...(patches.get(patch.emailId) ?? []), patch]);
      }
      return {
        outcomes: new Map(wanted.map(({ emailId }) => [emailId, { kind: 'updated' }])),
        state,
      };
    },
  };
}

function isIn({ mailboxIds }: Email, ids: readonly string[]): boolean {
  return ids.some((id) => mailboxIds.has(id));
}

/** Reads from `store`; contacts and members are remembered and shown, never sent. */
export function dryRunContactStore(store: ContactStore): ContactStore {
  let unreadableCards: readonly string[] = [];
  const members = new Map<string, { readonly added: Set<string>; readonly removed: Set<string> }>();
  return {
    async readGroups(requiredNames, part) {
      const groups = await store.readGroups(requiredNames, part);
      return groups.map((group) => {
        const change = members.get(group.href);
        if (change === undefined) return group;
        const kept = [...group.memberKeys].filter((key) => !change.removed.has(key));
        return { ...group, memberKeys: new Set([...kept, ...change.added]) };
      });
    },
    async readContacts(addresses) {
      const lookup = await store.readContacts(addresses);
      ({ unreadableCards } = lookup);
      return lookup;
    },
    async saveContact({ newContact, existing }) {
      if (existing !== null) {
        const name = existing.name === '' ? newContact.fullName : existing.name;
        return { kind: 'updated', contact: { ...existing, name } };
      }
      const doubt = findDoubt(unreadableCards);
      if (doubt !== null) return doubt;
      const { address, fullName } = newContact;
      // A stand-in for the UID that a real pass would give the card; nobody else ever sees it.
      const uid = `new contact ${address}`;
      return {
        kind: 'created',
        contact: { href: `${uid}.vcf`, uid, name: fullName, addresses: [address] },
      };
    },
    writeDecision: async () => ({ kind: 'updated' }),
    checkUntouched: (card, maker) => store.checkUntouched(card, maker),
    removeContact: async () => ({ kind: 'removed' }),
    async saveGroupMembers({ group, addUids, removeUids }) {
      const change = members.get(group.href) ?? { added: new Set(), removed: new Set() };
      for (const key of addUids.map(memberKey)) {
        change.added.add(key);
        change.removed.delete(key);
      }
      for (const key of removeUids.map(memberKey)) {
        change.removed.add(key);
        change.added.delete(key);
      }
      members.set(group.href, change);
      return { kind: 'updated' };
    },
  };
}

/** Says `would_…` where a real pass says what it did; what was merely found is logged as it is. */
export function dryRunLogger(log: Logger): Logger {
  return {
    debug: (event, fields = {}) => log.debug(rename(event, fields), fields),
    info: (event, fields = {}) => log.info(rename(event, fields), fields),
    warning: (event, fields = {}) => log.warning(rename(event, fields), fields),
    error: (event, fields = {}) => log.error(rename(event, fields), fields),
    child: (component) => dryRunLogger(log.child(component)),
  };
}

function rename(event: LogEvent, fields: LogFields): LogEvent {
  if (event !== 'contact_upserted') return WOULD[event] ?? event;
  return fields['result'] === 'created' ? 'would_create_contact' : 'would_update_contact';
}

const WOULD: Readonly<Partial<Record<LogEvent, LogEvent>>> = {
  group_joined: 'would_join_group',
  group_reassigned: 'would_leave_group',
  emails_swept: 'would_sweep_emails',
  triage_complete: 'would_finish_emails',
  contact_removed: 'would_remove_contact',
  error_label_set: 'would_label_emails',
  name_mismatch_warning: 'would_warn_of_name',
};
