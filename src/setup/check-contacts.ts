import type { DavContactStore } from '../contacts/contact-store.ts';
import { messageOf } from '../errors.ts';
import type { Progress } from '../terminal/progress.ts';
import { findGroup } from '../triage/groups.ts';
import { requiredGroupNames, type TriageNames } from '../triage/layout.ts';
import type { ContactGroup } from '../triage/model.ts';
import { offerAlike } from '../triage/mailboxes.ts';
import { findAlikeName, isSameName } from '../triage/names.ts';
import type { Check } from './check.ts';

/** What is to be checked on the CardDAV server, and whether it may be created. */
export interface ContactsCheckOptions {
  readonly contacts: DavContactStore;
  /** `MAILROOM_CARDDAV_USERNAME`. */
  readonly username: string;
  readonly names: TriageNames;
  /** Create what is missing. */
  readonly mayWrite: boolean;
  readonly progress: Progress;
}

/** What was found there. */
export interface ContactsChecks {
  readonly checks: readonly Check[];
  /** All groups there are now; null where they could not be read. */
  readonly groups: readonly ContactGroup[] | null;
}

/** The app password, the address book for new contacts, and every contact group; never throws. */
export async function checkContacts(options: ContactsCheckOptions): Promise<ContactsChecks> {
  const required = requiredGroupNames(options.names);
  const { contacts, progress } = options;
  try {
    progress.set('contacts', 'looking for address books');
    const password = await checkPassword(options);
    progress.set('contacts', 'reading contact groups');
    const before = await contacts.readGroups(required);
    const checks = required.map((name) => checkGroup(name, before));
    const isMissing = checks.some(({ status }) => status === 'missing');
    if (!isMissing || !options.mayWrite) return { checks: [password, ...checks], groups: before };
    progress.set('contacts', 'creating contact groups');
    return await createMissing(password, checks, options);
  } catch (error) {
    return {
      checks: [
        {
          area: 'credential',
          name: PASSWORD,
          status: 'failed',
          detail: messageOf(error),
        },
        ...required.map((name): Check => {
          const detail = 'not checked: contacts could not be read';
          return { area: 'contact group', name, status: 'failed', detail };
        }),
      ],
      groups: null,
    };
  } finally {
    progress.set('contacts', null);
  }
}

const PASSWORD = 'MAILROOM_CARDDAV_PASSWORD';

async function checkPassword({ contacts, username }: ContactsCheckOptions): Promise<Check> {
  const [book, ...others] = await contacts.readBooks();
  const item = { area: 'credential', name: PASSWORD } as const;
  if (book?.isWritableOrUnknown !== true) {
    const detail = 'works, but this app password may not write to any address book';
    return { ...item, status: 'failed', detail };
  }
  const more = others.length === 0 ? '' : `, and ${others.length} more are read`;
  const name = book.name === '' ? new URL(book.url).pathname : `"${book.name}"`;
  const detail = `works, may write; user ${username}; new contacts go to the address book ${name}${more}`;
  return { ...item, status: 'exists', detail };
}

function checkGroup(name: string, groups: readonly ContactGroup[]): Check {
  const item = { area: 'contact group', name } as const;
  const found = groups.filter((group) => isSameName(group.name, name) && group.isReadOnly !== true);
  if (found.length === 0) {
    const alike = findAlikeName(
      name,
      groups.map((group) => group.name),
    );
    if (alike !== null) return { ...item, status: 'failed', detail: offerAlike(alike) };
    const isReadOnly = groups.some((group) => isSameName(group.name, name));
    const detail = isReadOnly ? 'there is one, but its address book is read-only' : null;
    return { ...item, status: 'missing', detail };
  }
  const detail =
    found.length === 1 ? null : `${found.length} groups have this name; the first is used`;
  return { ...item, status: 'exists', detail };
}

/** Creates one after the other, and believes what the server shows afterwards. */
async function createMissing(
  password: Check,
  checks: readonly Check[],
  { contacts, names }: ContactsCheckOptions,
): Promise<ContactsChecks> {
  const done: Check[] = [];
  for (const check of checks) {
    done.push(check.status === 'missing' ? await createGroup(check, contacts) : check);
  }
  const groups = await contacts.readGroups(requiredGroupNames(names));
  const shown = done.map((check): Check => {
    const isThere = findGroup(groups, check.name).kind === 'found';
    if (check.status !== 'created' || isThere) return check;
    const detail = 'the server accepted it, but does not list it among the contact groups';
    return { ...check, status: 'failed', detail };
  });
  return { checks: [password, ...shown], groups };
}

async function createGroup(check: Check, contacts: DavContactStore): Promise<Check> {
  try {
    const outcome = await contacts.createGroup(check.name);
    switch (outcome.kind) {
      case 'updated':
        return { ...check, status: 'created' };
      case 'unchanged':
        return { ...check, status: 'exists', detail: 'made meanwhile' };
      case 'refused':
      case 'failed':
        return { ...check, status: 'failed', detail: outcome.problem };
      default:
        return outcome satisfies never;
    }
  } catch (error) {
    return { ...check, status: 'failed', detail: messageOf(error) };
  }
}
