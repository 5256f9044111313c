import type { ContactStore, EmailPage, MailStore } from '../triage/ports.ts';
import type { Progress } from './progress.ts';

/** Shows what `store` is busy with. */
export function showMail(store: MailStore, progress: Progress): MailStore {
  const during = createDuring('mail', progress);
  return {
    readMailboxes: () => during('reading mailboxes', () => store.readMailboxes()),
    readEmailsIn: (mailboxIds) => showPages(store.readEmailsIn(mailboxIds), progress),
    readEmailsFrom: (id, addresses) => showPages(store.readEmailsFrom(id, addresses), progress),
    readEmails: (ids) => during(`reading ${ids.length} emails`, () => store.readEmails(ids)),
    readChanges: (state) => during('reading what changed', () => store.readChanges(state)),
    patchEmails: (patches, state) =>
      during(`moving ${patches.length} emails`, () => store.patchEmails(patches, state)),
  };
}

async function* showPages(
  pages: AsyncIterable<EmailPage>,
  progress: Progress,
): AsyncGenerator<EmailPage> {
  let count = 0;
  try {
    progress.set('mail', 'reading emails');
    for await (const page of pages) {
      count += page.emails.length;
      progress.set('mail', `reading emails, ${count} so far`);
      yield page;
    }
  } finally {
    progress.set('mail', null);
  }
}

/** Shows what `store` is busy with. */
export function showContacts(store: ContactStore, progress: Progress): ContactStore {
  const during = createDuring('contacts', progress);
  let saved = 0;
  return {
    readGroups: (names, part) =>
      during('reading contact groups', () => store.readGroups(names, part)),
    readContacts: (addresses) =>
      during('listing the address books', () => store.readContacts(addresses)),
    saveContact: (wish) => {
      saved += 1;
      return during(`writing contact ${saved}`, () => store.saveContact(wish));
    },
    writeDecision: (wish) =>
      during('writing a decision on a contact', () => store.writeDecision(wish)),
    checkUntouched: (card, maker) =>
      during('looking at a contact', () => store.checkUntouched(card, maker)),
    removeContact: (card, maker) =>
      during('removing a contact', () => store.removeContact(card, maker)),
    saveGroupMembers: (change) =>
      during(`writing group ${change.group.name}`, () => store.saveGroupMembers(change)),
  };
}

type During = <Result>(doing: string, work: () => Promise<Result>) => Promise<Result>;

function createDuring(name: string, progress: Progress): During {
  return async (doing, work) => {
    progress.set(name, doing);
    try {
      return await work();
    } finally {
      progress.set(name, null);
    }
  };
}
