import {
  type Contact,
  type ContactGroup,
  findExactUid,
  memberKey,
  type SenderAddress,
} from '../../triage/model.ts';
import { parseEmailValue } from './email-value.ts';
import {
  type CardLine,
  type CardPart,
  hasParameter,
  parseCardLines,
  parseCardParts,
  type RawCard,
} from './lines.ts';
import { decodeRaw, decodeText } from './values.ts';

/** What a pass needs to know of a resource in an address book. */
export interface CardReading {
  /** One for each vCard that is neither a group nor a contact list. */
  readonly contacts: readonly Contact[];
  /** The resource's group; should it hold several, the first. */
  readonly group: ContactGroup | null;
  /** EMAIL values with a `*`, which rules of a server may read as a pattern. */
  readonly patterns: readonly AddressPattern[];
  /** UIDs of all its cards. */
  readonly uids: readonly string[];
  /** It is not a vCard from BEGIN to END; what could be read of it is given above even so. */
  readonly isDamaged: boolean;
}

/** A pattern on a contact's card in place of an address. */
export interface AddressPattern {
  /** Of the card, as written. */
  readonly uid: string;
  /** `*@example.com`. */
  readonly text: string;
}

/** Reads a resource, whatever it is: never throws. */
export function parseCard(raw: RawCard, href: string): CardReading {
  const parts = parseCardParts(raw);
  // Lines are read even if this is not a vCard: an address in it must not get a second card.
  const readable = parts.length === 0 ? [partOfAnything(raw)] : parts;
  const group = parts.find(isGroupPart);
  const people = readable.filter((part) => !isGroupPart(part) && !isListPart(part));
  return {
    contacts: people.map((part) => toContact(part, href)),
    patterns: people.flatMap(findPatterns),
    group: group === undefined ? null : toGroup(group, href),
    uids: parts.map(findUid),
    isDamaged: parts.length === 0 || parts.some(({ finish }) => finish === null),
  };
}

/** Whether the card says it is a contact group. */
export function isGroupPart({ lines }: CardPart): boolean {
  return lines.some(
    (line) =>
      (line.name === 'X-ADDRESSBOOKSERVER-KIND' || line.name === 'KIND') &&
      line.value.trim().toLowerCase() === 'group',
  );
}

/**
 * GNOME Evolution keeps a contact list as a card with the members' addresses: it is not the card of
 * any of them.
 */
function isListPart({ lines }: CardPart): boolean {
  return lines.some(
    ({ name, value }) => name === 'X-EVOLUTION-LIST' && value.trim().toLowerCase() === 'true',
  );
}

/** UID as written; empty if there is none. */
export function findUid({ lines }: CardPart): string {
  const line = lines.find(({ name }) => name === 'UID');
  return line === undefined ? '' : decodeRaw(line);
}

/** The first FN that is not empty; empty where there is none. */
export function findFullName({ lines }: CardPart): string {
  return (
    lines
      .filter(({ name }) => name === 'FN')
      .map((line) => decodeText(line).trim())
      .find((text) => text !== '') ?? ''
  );
}

/** All lines of NOTE; several NOTEs one after another. */
export function findNote({ lines }: CardPart): string {
  return lines
    .filter(({ name }) => name === 'NOTE')
    .map((line) => decodeText(line))
    .join('\n');
}

/** The value of every EMAIL, whatever it is. */
export function findEmailTexts({ lines }: CardPart): readonly string[] {
  return lines.filter(({ name }) => name === 'EMAIL').map((line) => decodeText(line));
}

/** Every EMAIL that is a usable address, in canonical form. */
export function findAddresses(part: CardPart): readonly SenderAddress[] {
  return [...new Set(findEmailTexts(part).flatMap(parseEmailValue))];
}

function findPatterns(part: CardPart): readonly AddressPattern[] {
  const uid = findUid(part);
  return findEmailTexts(part)
    .map((text) => ({ uid, text: text.trim() }))
    .filter(({ text }) => text.includes('*'));
}

/** Whether a line names a member of a group: Apple's property, or that of RFC 6350 §6.6.5. */
export function isMemberName(name: string): boolean {
  return name === 'X-ADDRESSBOOKSERVER-MEMBER' || name === 'MEMBER';
}

/**
 * The UID that a server's rules look for when they meet this line; null: they find nobody by it. Text
 * has `,` `;` and `\` escaped, and the newest Cyrus compares it with the escapes still on.
 */
export function findMemberUid(line: CardLine): string | null {
  const uid = findExactUid(decodeRaw(line));
  const isUri = line.name === 'MEMBER' || hasParameter(line, 'VALUE', 'URI');
  return uid !== null && !isUri && hasEscapes(uid) ? null : uid;
}

/** Whether text of a vCard would have a backslash somewhere in it. */
export function hasEscapes(uid: string): boolean {
  return /[,;\\]/u.test(uid);
}

/** A card that is not a group, as a pass knows it. */
export function toContact(part: CardPart, href: string): Contact {
  return {
    href,
    uid: findUid(part),
    name: findFullName(part),
    addresses: findAddresses(part),
  };
}

/** A group card, as a pass knows it. */
function toGroup(part: CardPart, href: string): ContactGroup {
  const members = part.lines.filter(({ name }) => isMemberName(name));
  return {
    href,
    name: findFullName(part),
    memberKeys: new Set(members.map(decodeRaw).map(memberKey).filter(isGiven)),
    exactUids: new Set(members.map(findMemberUid).filter(isGiven)),
  };
}

function isGiven(uid: string | null): uid is string {
  return uid !== null && uid !== '';
}

function partOfAnything(raw: RawCard): CardPart {
  const lines = parseCardLines(raw);
  const nothing = {
    group: '',
    name: '',
    parameters: [],
    value: '',
    start: 0,
    end: 0,
    next: 0,
    lastStart: 0,
  };
  return {
    lines,
    begin: nothing,
    finish: null,
    beforeFinish: lines.at(-1) ?? nothing,
    version: '',
    lineEnd: '\r\n',
  };
}
