import { type DecisionWish, renderDecision } from '../../triage/decision.ts';
import type { NewContact } from '../../triage/model.ts';
import { foldLine } from './fold.ts';
import { asRawCard, type RawCard } from './lines.ts';
import { oneLine, toOctets } from './values.ts';

/** The card of a new contact (vCard 3.0, RFC 2426). The decision is its first. */
export async function createContactCard(
  { address, fullName, personName }: NewContact,
  uid: string,
  { to, today }: DecisionWish,
): Promise<RawCard> {
  const name = oneLine(fullName) || address;
  return renderCard([
    ['uid', {}, 'text', uid],
    ['fn', {}, 'text', name],
    ['n', {}, 'text', structuredName(personName?.familyName, personName?.givenName)],
    ...(personName === null ? [['org', {}, 'text', [name]] as const] : []),
    ['email', { type: 'INTERNET' }, 'text', oneLine(address)],
    ['note', {}, 'text', renderDecision({ date: today, from: null, to, isContactAdded: true })],
  ]);
}

/** The card of a new contact group, as Apple's clients and Fastmail have it. */
export async function createGroupCard(name: string, uid: string): Promise<RawCard> {
  return renderCard([
    ['uid', {}, 'text', uid],
    ['fn', {}, 'text', oneLine(name)],
    ['n', {}, 'text', structuredName(name)],
    ['x-addressbookserver-kind', {}, 'unknown', 'group'],
  ]);
}

/** A property in jCard form (RFC 7095 §3.3), as ical.js has it. */
type Property = readonly [
  name: string,
  parameters: Readonly<Record<string, string>>,
  type: string,
  value: string | readonly string[],
];

/**
 * ical.js does the escaping, and is loaded only by a pass with new contacts. It would write control
 * characters as they are, so it gets none. Its folding is not used: its lines have 76 octets.
 */
async function renderCard(properties: readonly Property[]): Promise<RawCard> {
  const { default: ICAL } = await import('ical.js');
  // Without this design set, ical.js writes by the rules of vCard 4.0.
  const { vcard3 } = ICAL.design;
  const lines = [VERSION, ...properties].map((property) =>
    ICAL.stringify.property([...property], vcard3, true),
  );
  const folded = ['BEGIN:VCARD', ...lines, 'END:VCARD'].map((line) =>
    foldLine(toOctets(line), '\r\n'),
  );
  return asRawCard(folded.join(''));
}

const VERSION: Property = ['version', {}, 'text', '3.0'];

function structuredName(familyName = '', givenName = ''): readonly string[] {
  return [oneLine(familyName), oneLine(givenName), '', '', ''];
}
