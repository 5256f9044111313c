import { parsePersonName } from '../../triage/contact.ts';
import { isOurLine } from '../../triage/decision.ts';
import type { SenderAddress } from '../../triage/model.ts';
import {
  type CardLine,
  type CardPart,
  parseCardLines,
  parseCardParts,
  type RawCard,
} from './lines.ts';
import { findAddresses, findFullName, findNote, findUid, isGroupPart } from './parse.ts';
import { decodeText } from './values.ts';

/** Whose card it would be. */
export interface MadeFor {
  readonly address: SenderAddress;
  /** The UIDs that Mailroom gives a card of this address. */
  readonly uids: readonly string[];
  /** Names in the sender's emails, cleaned: FN has to be one of them, or the part before `@`. */
  readonly names: readonly string[];
  /** Names that a decision may have: a line with any other was written by the user. */
  readonly categories: readonly string[];
}

/**
 * Whether a resource is a card that Mailroom made for an address and nobody has changed since: one
 * vCard, our UID, this address alone, and no property or value but those that Mailroom writes or a
 * server adds. Only such a card may be deleted, so in doubt the answer is no.
 */
export function isUntouchedCard(
  raw: RawCard,
  { address, uids, names, categories }: MadeFor,
): boolean {
  const [part, ...others] = parseCardParts(raw);
  if (part === undefined || others.length > 0 || part.finish === null || isGroupPart(part)) {
    return false;
  }
  const fullName = findFullName(part);
  const known = [
    ...names.filter((name) => name !== ''),
    address.slice(0, address.lastIndexOf('@')),
  ];
  const addresses = findAddresses(part);
  return (
    uids.includes(findUid(part)) &&
    addresses.length === 1 &&
    addresses[0] === address &&
    known.includes(fullName) &&
    countOf(part.lines, 'EMAIL') === 1 &&
    countOf(part.lines, 'FN') === 1 &&
    findNote(part)
      .split('\n')
      .every((line) => line.trim() === '' || isOurLine(line, categories)) &&
    part.lines.every((line) => isOurs(line, fullName)) &&
    isCompanyOrPerson(part) &&
    nothingBesides(raw)
  );
}

function countOf(lines: readonly CardLine[], name: string): number {
  return lines.filter((line) => line.name === name).length;
}

/** A property as Mailroom writes it, or as a server makes it. */
function isOurs(line: CardLine, fullName: string): boolean {
  if (line.group !== '') return false;
  switch (line.name) {
    case 'BEGIN':
    case 'END':
    case 'VERSION':
    case 'UID':
    case 'FN':
    case 'NOTE':
    case 'REV':
    case 'PRODID':
      return true;
    case 'EMAIL':
      return line.parameters.every(
        ({ name, values }) => name === 'TYPE' && values.every((value) => value === 'INTERNET'),
      );
    case 'ORG':
      return decodeText(line) === fullName || decodeText(line) === `${fullName};`;
    case 'N': {
      const { familyName, givenName } = parsePersonName(fullName);
      const said = line.value.replace(/;+$/u, '');
      return said === '' || decodeText({ ...line, value: said }) === `${familyName};${givenName}`;
    }
    default:
      return false;
  }
}

/** A company has its name in ORG and an empty N, a person has N alone: never both, or neither. */
function isCompanyOrPerson({ lines }: CardPart): boolean {
  const isPerson = lines.some(({ name, value }) => name === 'N' && /[^;\s]/u.test(value));
  return countOf(lines, 'N') <= 1 && countOf(lines, 'ORG') === (isPerson ? 0 : 1);
}

/** Nothing before the card or after it, and no other card inside it. */
function nothingBesides(raw: RawCard): boolean {
  return (
    /^\s*BEGIN:VCARD\b/iu.test(raw) &&
    /\bEND:VCARD\s*$/iu.test(raw) &&
    countOf(parseCardLines(raw), 'BEGIN') === 1
  );
}
