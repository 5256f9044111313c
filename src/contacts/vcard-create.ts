import type { NewContact } from '../triage/model.ts';
import { foldLine } from './vcard-fold.ts';
import type { RawCard } from './vcard-lines.ts';
import { cleanText, escapeText, toOctets } from './vcard-values.ts';

/** The card of a new contact (vCard 3.0, RFC 2426). `today` is `YYYY-MM-DD`. */
export function createContactCard(
  { address, fullName, personName }: NewContact,
  uid: string,
  today: string,
): RawCard {
  const name = oneLine(fullName) || address;
  return renderCard([
    ['UID', uid],
    ['FN', escape(name)],
    personName === null
      ? ['N', ';;;;']
      : ['N', `${escape(personName.familyName)};${escape(personName.givenName)};;;`],
    ...(personName === null ? [['ORG', escape(name)] as const] : []),
    ['EMAIL;TYPE=INTERNET', escape(address)],
    ['NOTE', `Added by Mailroom on ${today}`],
  ]);
}

/** The card of a new contact group, as Apple's clients and Fastmail have it. */
export function createGroupCard(name: string, uid: string): RawCard {
  return renderCard([
    ['UID', uid],
    ['FN', escape(name)],
    ['N', `${escape(name)};;;;`],
    ['X-ADDRESSBOOKSERVER-KIND', 'group'],
  ]);
}

/** Name with its parameters, and the value as it is to be written. */
type Property = readonly [name: string, value: string];

function renderCard(properties: readonly Property[]): RawCard {
  return [['BEGIN', 'VCARD'], ['VERSION', '3.0'], ...properties, ['END', 'VCARD']]
    .map(([name, value]) => foldLine(toOctets(`${name}:${value}`), '\r\n'))
    .join('') as RawCard;
}

function escape(text: string): string {
  return escapeText(oneLine(text), '3.0');
}

function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/gu, ' ').trim();
}
