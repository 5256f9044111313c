/** Names of mailboxes and contact groups are the same when they are equal in Unicode NFC. */
export function isSameName(a: string, b: string): boolean {
  return a.normalize('NFC') === b.normalize('NFC');
}

/**
 * The first of the names that differs from the wanted one in letter case, accents or spaces alone;
 * null if there is none. A person would take it for the same, so nothing is ever created beside it.
 */
export function findAlikeName(wanted: string, names: readonly string[]): string | null {
  const key = looseName(wanted);
  return names.find((name) => !isSameName(name, wanted) && looseName(name) === key) ?? null;
}

function looseName(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/[\p{M}\s]/gu, '')
    .toLowerCase();
}

/** `Inbox` in any letter case always means the mailbox whose role is `inbox` (RFC 8621 §2). */
export function isInboxName(name: string): boolean {
  return name.toLowerCase() === 'inbox';
}

/**
 * Whether an email's display name is a different name from the contact's FN, apart from quotes around
 * it, letter case and the order of `Doe, Jane`. If one of them has no name, or the contact has only
 * an address for a name, that is not a difference.
 */
export function isDifferentName(displayName: string, contactName: string): boolean {
  const [a = '', b = ''] = [displayName, contactName].map(plainName);
  return a !== '' && b !== '' && a !== b && !isAddress(b);
}

function plainName(name: string): string {
  const bare = name.trim().replace(/^(["'])(?<inside>.*)\1$/u, '$<inside>');
  const { family, given } = /^(?<family>[^,]+),(?<given>[^,]+)$/u.exec(bare)?.groups ?? {};
  const ordered = family === undefined || given === undefined ? bare : `${given} ${family}`;
  return ordered.trim().replace(/\s+/gu, ' ').normalize('NFC').toLowerCase();
}

function isAddress(name: string): boolean {
  return /^\S+@\S+$/u.test(name);
}
