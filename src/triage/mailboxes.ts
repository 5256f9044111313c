import type { Mailbox } from './model.ts';
import { findAlikeName, isInboxName, isSameName } from './names.ts';

/** The mailbox that a setting names, or why there is none. Paths begin at the top. */
export type MailboxSearch =
  | { readonly kind: 'found'; readonly mailbox: Mailbox }
  | { readonly kind: 'missing' }
  | { readonly kind: 'ambiguous'; readonly paths: readonly string[] };

/** What a setting wants a mailbox for: Screener counts as a label. */
export type MailboxUse = 'label' | 'destination';

/**
 * The mailbox that a setting names: by its path (`Inbox/Screener`), or by its bare name, where one
 * at the top level wins over nested ones. Two nested ones and none at the top are ambiguous. By its
 * bare name nothing below Trash or Junk is found: a mailbox is deleted by moving it there.
 */
export function findMailbox(mailboxes: readonly Mailbox[], setting: string): MailboxSearch {
  const inbox = mailboxes.find(({ role }) => role === 'inbox');
  if (isInboxName(setting)) {
    return inbox === undefined ? { kind: 'missing' } : { kind: 'found', mailbox: inbox };
  }
  const paths = new Map(mailboxes.map((mailbox) => [mailbox, mailboxPath(mailbox, mailboxes)]));
  const wanted = canonicalPath(setting, inbox?.name);
  for (const [mailbox, path] of paths) {
    if (isSameName(path, wanted)) return { kind: 'found', mailbox };
  }
  const named = mailboxes.filter(
    (mailbox) =>
      isSameName(mailbox.name, setting) && findRoleAbove(mailbox, mailboxes, THROWN_AWAY) === null,
  );
  const [first] = named;
  if (first === undefined) return { kind: 'missing' };
  if (named.length === 1) return { kind: 'found', mailbox: first };
  return { kind: 'ambiguous', paths: named.map((mailbox) => paths.get(mailbox) ?? mailbox.name) };
}

/**
 * The path of a mailbox that a setting nearly names: only letter case, accents or spaces differ.
 * Null if there is none, or if `findMailbox` finds the setting itself.
 */
export function findAlikeMailbox(mailboxes: readonly Mailbox[], setting: string): string | null {
  const usable = mailboxes.filter((one) => findRoleAbove(one, mailboxes, THROWN_AWAY) === null);
  const paths = usable.map((mailbox) => mailboxPath(mailbox, mailboxes));
  const alike = findAlikeName(setting, paths);
  if (alike !== null || setting.includes('/')) return alike;
  const name = findAlikeName(
    setting,
    usable.map((mailbox) => mailbox.name),
  );
  return paths[usable.findIndex((mailbox) => mailbox.name === name)] ?? null;
}

/**
 * What to do about a mailbox or contact group that is there under nearly the name of the settings.
 */
export function offerAlike(name: string): string {
  return `there is "${name}", so rename one of the two: that, or the name in the settings`;
}

/**
 * Why a mailbox cannot serve, a phrase that goes on after its name; null when it can. Labels and
 * Screener need a mailbox of their own: every email in Archive would be triaged. Mail swept into
 * Trash or Junk is deleted by the server in the end, and Drafts and Sent hold the user's own.
 */
export function findUseProblem(
  mailbox: Mailbox,
  mailboxes: readonly Mailbox[],
  use: MailboxUse,
): string | null {
  if (use === 'label' && mailbox.role !== null) {
    return `is the account's ${mailbox.role} mailbox: name one that has no other purpose`;
  }
  if (NO_DESTINATION.has(mailbox.role ?? '')) {
    return `is the account's ${mailbox.role} mailbox: mail must not be swept into it, name another one`;
  }
  if (mailbox.isReadOnly === true) {
    return 'may not be changed by this account (mayAddItems, mayRemoveItems): ask its owner for the right, or name another one';
  }
  const above = findRoleAbove(mailbox, mailboxes, use === 'label' ? THROWN_AWAY : NO_DESTINATION);
  return above === null
    ? null
    : `lies below the account's ${above} mailbox: move it out of there, or name another one`;
}

/** Mailboxes with one of these roles, and all that lies below them (RFC 8621 §2 `parentId`). */
export function findWithin(
  mailboxes: readonly Mailbox[],
  roles: ReadonlySet<string>,
): ReadonlySet<string> {
  const within = mailboxes.filter(
    (mailbox) => roles.has(mailbox.role ?? '') || findRoleAbove(mailbox, mailboxes, roles) !== null,
  );
  return new Set(within.map(({ id }) => id));
}

const THROWN_AWAY: ReadonlySet<string> = new Set(['trash', 'junk']);

const NO_DESTINATION: ReadonlySet<string> = new Set([...THROWN_AWAY, 'drafts', 'sent']);

/** The first of these roles on the way up from the mailbox, which itself does not count. */
function findRoleAbove(
  mailbox: Mailbox,
  mailboxes: readonly Mailbox[],
  roles: ReadonlySet<string>,
): string | null {
  const roleAbove = findAncestors(mailbox, mailboxes).find(({ role }) => roles.has(role ?? ''));
  return roleAbove?.role ?? null;
}

/** Names from the top level down, joined with `/`; the mailbox with role inbox is `Inbox`. */
export function mailboxPath(mailbox: Mailbox, mailboxes: readonly Mailbox[]): string {
  return [mailbox, ...findAncestors(mailbox, mailboxes)]
    .map(({ role, name }) => (role === 'inbox' ? 'Inbox' : name))
    .toReversed()
    .join('/');
}

/** From the parent up; a circle of parents ends where it began. */
function findAncestors(mailbox: Mailbox, mailboxes: readonly Mailbox[]): readonly Mailbox[] {
  const ancestors: Mailbox[] = [];
  for (let next = parentOf(mailbox, mailboxes); next !== undefined;) {
    if (next === mailbox || ancestors.includes(next)) break;
    ancestors.push(next);
    next = parentOf(next, mailboxes);
  }
  return ancestors;
}

function parentOf({ parentId }: Mailbox, mailboxes: readonly Mailbox[]): Mailbox | undefined {
  return parentId === null ? undefined : mailboxes.find(({ id }) => id === parentId);
}

/**
 * The path as `mailboxPath` writes it: it may begin with `Inbox`, or with that mailbox's own name.
 */
function canonicalPath(setting: string, inboxName = 'Inbox'): string {
  const [first = '', ...rest] = setting.split('/');
  const isInbox = isInboxName(first) || (rest.length > 0 && isSameName(first, inboxName));
  return [isInbox ? 'Inbox' : first, ...rest].join('/');
}
