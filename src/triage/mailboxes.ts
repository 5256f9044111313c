import type { Mailbox } from './model.ts';
import { isInboxName, isSameName } from './names.ts';

export type MailboxSearch =
  | { readonly kind: 'found'; readonly mailbox: Mailbox }
  | { readonly kind: 'missing' }
  | { readonly kind: 'ambiguous'; readonly paths: readonly string[] };

/**
 * The mailbox that a setting names: by its path (`Inbox/Screener`), or by its bare name, where one
 * at the top level wins over nested ones. Two nested ones and none at the top are ambiguous.
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
  const named = mailboxes.filter((mailbox) => isSameName(mailbox.name, setting));
  const [first] = named;
  if (first === undefined) return { kind: 'missing' };
  if (named.length === 1) return { kind: 'found', mailbox: first };
  return { kind: 'ambiguous', paths: named.map((mailbox) => paths.get(mailbox) ?? mailbox.name) };
}

/** Names from the top level down, joined with `/`; the mailbox with role inbox is `Inbox`. */
export function mailboxPath(mailbox: Mailbox, mailboxes: readonly Mailbox[]): string {
  const names: string[] = [];
  const seen = new Set<Mailbox>();
  let next: Mailbox | undefined = mailbox;
  while (next !== undefined && !seen.has(next)) {
    seen.add(next);
    names.unshift(next.role === 'inbox' ? 'Inbox' : next.name);
    const parentId: string | null = next.parentId;
    next = parentId === null ? undefined : mailboxes.find(({ id }) => id === parentId);
  }
  return names.join('/');
}

/** The path as `mailboxPath` writes it: it may begin with `Inbox`, or with that mailbox's own name. */
function canonicalPath(setting: string, inboxName = 'Inbox'): string {
  const [first = '', ...rest] = setting.split('/');
  const isInbox = isInboxName(first) || (rest.length > 0 && isSameName(first, inboxName));
  return [isInbox ? 'Inbox' : first, ...rest].join('/');
}
