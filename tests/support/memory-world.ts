import type { PassClock, World } from '../../src/pass/world.ts';
import { NetworkError, StoppedError } from '../../src/errors.ts';
import type { LogEvent } from '../../src/log/events.ts';
import type { LogFields } from '../../src/log/line.ts';
import type { Logger } from '../../src/log/logger.ts';
import type {
  Contact,
  ContactGroup,
  Email,
  EmailPatch,
  Mailbox,
  PatchOutcome,
  SenderAddress,
  WriteFailure,
} from '../../src/triage/model.ts';
import { memberKey, plainUid } from '../../src/triage/model.ts';
import { findSender } from '../../src/triage/sender.ts';
import type {
  ContactStore,
  ContactLookup,
  ContactWish,
  NoteWish,
  MailStore,
} from '../../src/triage/ports.ts';

/** What is in an account at the beginning. */
export interface Account {
  readonly mailboxes: readonly Mailbox[];
  readonly emails: readonly Email[];
  readonly contacts: readonly Contact[];
  readonly groups: readonly ContactGroup[];
}

export type PortCall =
  | 'readMailboxes'
  | 'readEmailsIn'
  | 'readEmailsFrom'
  | 'readEmails'
  | 'readChanges'
  | 'patchEmails'
  | 'readGroups'
  | 'readContacts'
  | 'saveContact'
  | 'writeDecision'
  | 'checkUntouched'
  | 'removeContact'
  | 'saveGroupMembers';

/**
 * What goes wrong at one call. The run breaks before or after the call takes effect; the call's
 * items (for patches, only the first) are refused for good or fail for now; or a signal comes.
 */
export const FAULTS = [
  'break before',
  'break after',
  'refuse',
  'fail',
  'refuse first',
  'fail first',
  'signal',
] as const;

/**
 * The last two are servers that lie: they say that a group was written (the second: when members
 * were added), and it was not.
 */
export type Fault = (typeof FAULTS)[number] | 'lie' | 'lie of joining';

export interface MemoryWorldOptions {
  /** Paths of cards that are there and cannot be read. */
  readonly unreadableCards?: readonly string[];
  /** The fault at the n-th call (from 1) to any port; none by default. */
  readonly faultAt?: (callNumber: number, call: PortCall) => Fault | null;
  /** Called after every write that changed something. */
  readonly afterWrite?: (account: MemoryAccount) => void;
  /** Ids of emails that a listing leaves out, although they are in one of the mailboxes. */
  readonly hidden?: (
    call: 'readEmailsIn' | 'readEmailsFrom',
    mailboxIds: readonly string[],
  ) => ReadonlySet<string>;
  /** Name of a group that the n-th reading of groups (from 1) leaves out. */
  readonly hiddenGroup?: (nth: number) => string | null;
  /** The server cannot tell what changed (RFC 8620 §5.2). */
  readonly isForgetful?: boolean;
  /** Awaited before each call has its effect: other passes run meanwhile. */
  readonly pause?: () => Promise<void>;
}

/**
 * An account in memory, shared by any number of passes. It is as strict as a real one: an email
 * whose last mailbox is taken off is destroyed, as on Cyrus.
 */
export class MemoryAccount {
  readonly mailboxes: readonly Mailbox[];
  readonly emails: Map<string, Email>;
  readonly contacts: Map<string, Contact>;
  readonly groups: Map<string, ContactGroup>;
  /** Ids of emails whose last mailbox was taken off. It must stay empty. */
  readonly destroyedIds: string[] = [];
  /** Cards that the user has changed since they were made; by `cardId`. */
  readonly edited = new Set<string>();
  /** JMAP state of all emails; `touched` has that of each email's last change. */
  emailState = 1;
  readonly touched = new Map<string, number>();

  constructor(account: Account) {
    this.mailboxes = account.mailboxes;
    this.emails = new Map(account.emails.map((email) => [email.id, email]));
    this.contacts = new Map(account.contacts.map((contact) => [cardId(contact), contact]));
    this.groups = new Map(account.groups.map((group) => [group.href, group]));
  }

  /** Notes that an email was changed or destroyed, by anybody. */
  putEmail(id: string, email: Email | null): void {
    if (email === null) this.emails.delete(id);
    else this.emails.set(id, email);
    this.emailState += 1;
    this.touched.set(id, this.emailState);
  }

  /** Everything in the account, sorted, for comparisons. */
  contents(): {
    readonly emails: Readonly<Record<string, readonly string[]>>;
    readonly contacts: readonly Contact[];
    readonly groups: Readonly<Record<string, readonly string[]>>;
  } {
    const sorted = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> =>
      Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    return {
      emails: sorted(
        [...this.emails.values()].map(({ id, mailboxIds }) => [id, [...mailboxIds].toSorted()]),
      ),
      contacts: Object.values(sorted(this.contacts)),
      groups: sorted(
        [...this.groups.values()].map(({ href, memberKeys }) => [href, [...memberKeys].toSorted()]),
      ),
    };
  }
}

export interface LoggedEvent {
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly event: LogEvent;
  readonly fields: LogFields;
}

/** The world of a pass, and a record of what the pass did in it. */
export interface MemoryWorld extends World {
  readonly account: MemoryAccount;
  readonly calls: readonly PortCall[];
  /** Calls that asked for a write, whether or not it changed anything. */
  readonly writes: readonly PortCall[];
  readonly wishes: readonly ContactWish[];
  /** Decisions to be written on cards that stay. */
  readonly notes: readonly NoteWish[];
  readonly logged: readonly LoggedEvent[];
  /** What each write came to, such as `removeContact: kept`. */
  readonly outcomes: ReadonlySet<string>;
  /** Resolves once no call is under way, also those of a pass that was broken off. */
  settled(): Promise<void>;
}

export function memoryWorld(account: MemoryAccount, options: MemoryWorldOptions = {}): MemoryWorld {
  const calls: PortCall[] = [];
  const writes: PortCall[] = [];
  const wishes: ContactWish[] = [];
  const notes: NoteWish[] = [];
  const logged: LoggedEvent[] = [];
  const outcomes = new Set<string>();
  let isStopping = false;
  let mayWrite = false;
  let underWay = 0;
  let groupReads = 0;

  const call = async <T>(name: PortCall, effect: (fault: Fault | null) => T): Promise<T> => {
    calls.push(name);
    const fault = options.faultAt?.(calls.length, name) ?? null;
    underWay += 1;
    try {
      await options.pause?.();
      if (fault === 'signal') isStopping = true;
      if (fault === 'break before') throw new NetworkError(`${name}: broken before`);
      const result = effect(fault);
      for (const kind of kindsOf(result)) outcomes.add(`${name}: ${kind}`);
      await options.pause?.();
      if (fault === 'break after') throw new NetworkError(`${name}: broken after`);
      return result;
    } finally {
      underWay -= 1;
    }
  };
  /** Before `beginWrites` a signal breaks off whatever is under way. */
  const write = (name: PortCall): void => {
    if (!mayWrite) throw new Error(`${name} before beginWrites`);
    writes.push(name);
  };
  const listed = (
    name: 'readEmailsIn' | 'readEmailsFrom',
    mailboxIds: readonly string[],
  ): readonly Email[] => {
    const hidden = options.hidden?.(name, mailboxIds);
    return emailsIn(account, mailboxIds).filter(({ id }) => hidden?.has(id) !== true);
  };
  const changed = (): void => options.afterWrite?.(account);

  const mail: MailStore = {
    readMailboxes: () =>
      call('readMailboxes', () =>
        account.mailboxes.map((mailbox) => ({
          ...mailbox,
          totalEmails: emailsIn(account, [mailbox.id]).length,
        })),
      ),
    async *readEmailsIn(mailboxIds) {
      const ids = await call('readEmailsIn', () =>
        listed('readEmailsIn', mailboxIds).map(({ id }) => id),
      );
      for (let start = 0; start < ids.length; start += PAGE_SIZE) {
        yield {
          emails: emailsOf(account, ids.slice(start, start + PAGE_SIZE)),
          state: stateOf(account),
        };
        await options.pause?.();
      }
    },
    async *readEmailsFrom(mailboxId, addresses) {
      const found = await call('readEmailsFrom', () =>
        listed('readEmailsFrom', [mailboxId]).filter((email) => {
          const sender = findSender(email);
          return sender !== null && addresses.includes(sender);
        }),
      );
      for (let start = 0; start < Math.max(1, found.length); start += PAGE_SIZE) {
        const ids = found.slice(start, start + PAGE_SIZE).map(({ id }) => id);
        yield { emails: emailsOf(account, ids), state: stateOf(account) };
        await options.pause?.();
      }
    },
    readEmails: (ids) =>
      call('readEmails', () => ({ emails: emailsOf(account, ids), state: stateOf(account) })),
    readChanges: (sinceState) =>
      call('readChanges', () => {
        if (options.isForgetful === true) return { kind: 'unknown' };
        const ids = [...account.touched]
          .filter(([, at]) => at > Number(sinceState))
          .map(([id]) => id);
        return {
          kind: 'known',
          emails: emailsOf(account, ids),
          destroyedIds: ids.filter((id) => !account.emails.has(id)),
          state: stateOf(account),
        };
      }),
    async patchEmails(patches, state) {
      if (patches.length === 0) return { outcomes: new Map(), state };
      write('patchEmails');
      return call('patchEmails', (fault) => {
        const outcomes = new Map<string, PatchOutcome>();
        if (state !== null && state !== stateOf(account)) {
          for (const { emailId } of patches) outcomes.set(emailId, { kind: 'stale' });
          return { outcomes, state };
        }
        for (const [index, patch] of patches.entries()) {
          const failure = failureOf(fault, index);
          outcomes.set(patch.emailId, failure ?? applyPatch(account, patch));
          if (failure === null) changed();
        }
        return { outcomes, state: stateOf(account) };
      });
    },
  };

  const contacts: ContactStore = {
    readGroups: () =>
      call('readGroups', () => {
        groupReads += 1;
        const hidden = options.hiddenGroup?.(groupReads) ?? null;
        return [...account.groups.values()].filter(({ name }) => name !== hidden);
      }),
    async readContacts(addresses) {
      const cards = await call('readContacts', () => [...account.contacts.values()]);
      const { unreadableCards = [] } = options;
      return { ...readContacts(cards, await addresses), unreadableCards };
    },
    async saveContact(wish) {
      const { newContact, existing } = wish;
      write('saveContact');
      wishes.push(wish);
      return call('saveContact', (fault) => {
        const failure = failureOf(fault, 0);
        if (failure !== null) return failure;
        const { address, fullName } = newContact;
        const uid = `made-for-${address}`;
        const made: Contact = { href: `/book/${uid}.vcf`, uid, name: '', addresses: [] };
        const old = account.contacts.get(cardId(existing ?? made));
        const contact: Contact = {
          ...(old ?? made),
          name: (old?.name ?? '') === '' ? fullName : (old?.name ?? ''),
          addresses: [...new Set([...(old?.addresses ?? []), address])],
        };
        account.contacts.set(cardId(contact), contact);
        changed();
        return { kind: old === undefined ? 'created' : 'updated', contact };
      });
    },
    async writeDecision(wish) {
      write('writeDecision');
      notes.push(wish);
      return call('writeDecision', (fault) => {
        const failure = failureOf(fault, 0);
        if (failure !== null) return failure;
        if (!account.contacts.has(cardId(wish.card))) return { kind: 'gone' };
        changed();
        return { kind: 'updated' };
      });
    },
    checkUntouched: (card) =>
      call('checkUntouched', (fault) => {
        const now = account.contacts.get(cardId(card));
        const isOurs =
          now === undefined ||
          (card.uid.startsWith('made-for-') &&
            !account.edited.has(cardId(card)) &&
            now.addresses.length === 1);
        return failureOf(fault, 0) ?? { kind: isOurs ? 'untouched' : 'changed' };
      }),
    async removeContact(card) {
      write('removeContact');
      return call('removeContact', (fault) => {
        const failure = failureOf(fault, 0);
        if (failure !== null) return failure;
        if (account.edited.has(cardId(card))) return { kind: 'kept' };
        account.contacts.delete(cardId(card));
        changed();
        return { kind: 'removed' };
      });
    },
    async saveGroupMembers({ group: { href }, addUids, removeUids }) {
      write('saveGroupMembers');
      return call('saveGroupMembers', (fault) => {
        const failure = failureOf(fault, 0);
        if (failure !== null) return failure;
        const group = account.groups.get(href);
        if (group === undefined) return { kind: 'refused', problem: 'HTTP 404' };
        const removed = new Set(removeUids.map(memberKey));
        const kept = [...group.memberKeys].filter((key) => !removed.has(key));
        const memberKeys = new Set([...kept, ...addUids.map(memberKey)]);
        const keptUids = [...group.exactUids].filter((uid) => !removed.has(memberKey(uid)));
        const addedKeys = new Set(addUids.map(memberKey));
        const exactUids = new Set([
          ...keptUids.filter((uid) => !addedKeys.has(memberKey(uid))),
          ...addUids.map(plainUid),
        ]);
        if (
          [...memberKeys].toSorted().join() === [...group.memberKeys].toSorted().join() &&
          [...exactUids].toSorted().join() === [...group.exactUids].toSorted().join()
        ) {
          return { kind: 'unchanged' };
        }
        const isLie = fault === 'lie' || (fault === 'lie of joining' && addUids.length > 0);
        if (isLie) return { kind: 'updated' };
        account.groups.set(href, { ...group, memberKeys, exactUids });
        changed();
        return { kind: 'updated' };
      });
    },
  };

  const clock: PassClock = {
    today: '2026-11-21',
    beginWrites() {
      mayWrite = true;
    },
    isStopping: () => isStopping,
    checkpoint() {
      if (isStopping) throw new StoppedError('the run was told to stop');
    },
  };
  return {
    account,
    mail,
    contacts,
    clock,
    log: recordingLogger(logged),
    calls,
    writes,
    wishes,
    notes,
    logged,
    outcomes,
    async settled() {
      // A pass that was broken off leaves calls behind that nobody waits for, and these may begin
      // others.
      for (let quiet = 0; quiet < 3; quiet = underWay === 0 ? quiet + 1 : 0) {
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
    },
  };
}

/** What an answer says about one write, or about several emails. */
function kindsOf(result: unknown): readonly string[] {
  if (typeof result !== 'object' || result === null) return [];
  if ('outcomes' in result && result.outcomes instanceof Map) {
    return [...result.outcomes.values()].flatMap(kindsOf);
  }
  return 'kind' in result ? [String(result.kind)] : [];
}

/** A logger that keeps what is logged. */
export function recordingLogger(logged: LoggedEvent[]): Logger {
  const at =
    (level: LoggedEvent['level']) =>
    (event: LogEvent, fields: LogFields = {}): void => {
      logged.push({ level, event, fields });
    };
  const log: Logger = {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    child: () => log,
  };
  return log;
}

/** Small, so that a few emails already make several pages. */
const PAGE_SIZE = 2;

/** One resource may hold two cards. */
export function cardId({ href, uid }: Pick<Contact, 'href' | 'uid'>): string {
  return `${href} ${uid}`;
}

function stateOf({ emailState }: MemoryAccount): string {
  return String(emailState);
}

function emailsOf({ emails }: MemoryAccount, ids: readonly string[]): readonly Email[] {
  return ids.flatMap((id) => emails.get(id) ?? []);
}

function emailsIn({ emails }: MemoryAccount, mailboxIds: readonly string[]): readonly Email[] {
  return [...emails.values()]
    .filter((email) => mailboxIds.some((id) => email.mailboxIds.has(id)))
    .toSorted((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1));
}

function readContacts(
  contacts: readonly Contact[],
  addresses: ReadonlySet<SenderAddress>,
): ContactLookup {
  const byAddress = new Map<SenderAddress, readonly Contact[]>();
  for (const address of addresses) {
    const found = contacts.filter((contact) => contact.addresses.includes(address));
    if (found.length > 0) byAddress.set(address, found);
  }
  return { byAddress, unreadableCards: [] };
}

function applyPatch(account: MemoryAccount, patch: EmailPatch): PatchOutcome {
  const email = account.emails.get(patch.emailId);
  if (email === undefined) return { kind: 'notFound' };
  const known = new Set(account.mailboxes.map(({ id }) => id));
  const unknown = [...patch.add, ...patch.remove].find((id) => !known.has(id));
  if (unknown !== undefined) return { kind: 'refused', problem: `invalidProperties: ${unknown}` };
  const kept = [...email.mailboxIds].filter((id) => !patch.remove.includes(id));
  const mailboxIds = new Set([...kept, ...patch.add]);
  if (mailboxIds.size === 0) {
    account.destroyedIds.push(email.id);
    account.putEmail(email.id, null);
  } else account.putEmail(email.id, { ...email, mailboxIds });
  return { kind: 'updated' };
}

function failureOf(fault: Fault | null, index: number): WriteFailure | null {
  if (fault === 'refuse' || (fault === 'refuse first' && index === 0)) {
    return { kind: 'refused', problem: 'HTTP 403' };
  }
  if (fault === 'fail' || (fault === 'fail first' && index === 0)) {
    return { kind: 'failed', problem: 'HTTP 503' };
  }
  return null;
}
