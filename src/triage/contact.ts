import type { ContactType, NewContact, PersonName, SenderAddress, WriteFailure } from './model.ts';

/** What a new card says of a sender; `displayName` is clean already (`cleanDisplayName`). */
export function planNewContact(
  address: SenderAddress,
  displayName: string,
  contactType: ContactType,
): NewContact {
  const fullName = displayName === '' ? address.slice(0, address.lastIndexOf('@')) : displayName;
  return {
    address,
    fullName,
    personName: contactType === 'person' ? parsePersonName(fullName) : null,
  };
}

/**
 * Why no contact is created for a sender although none was found: a card that could not be read may
 * be the sender's. Null if every card was read.
 */
export function findDoubt(unreadableCards: readonly string[]): WriteFailure | null {
  if (unreadableCards.length === 0) return null;
  const cards = unreadableCards.join(', ');
  return { kind: 'failed', problem: `a card that may be this sender's cannot be read: ${cards}` };
}

/** `Jane Doe` and `Doe, Jane` are both Jane, of the Does; a single word is a given name. */
export function parsePersonName(fullName: string): PersonName {
  const name = fullName.replace(/^[\s,]+/u, '');
  const comma = name.indexOf(',');
  if (comma > 0) {
    const givenName = name.slice(comma + 1).trim();
    const familyName = name.slice(0, comma).trim();
    return givenName === '' ? { familyName: '', givenName: familyName } : { familyName, givenName };
  }
  const words = name.split(/\s+/u).filter((word) => word !== '');
  const familyName = words.length > 1 ? (words.at(-1) ?? '') : '';
  const givenName = (words.length > 1 ? words.slice(0, -1) : words).join(' ');
  return { familyName, givenName };
}
