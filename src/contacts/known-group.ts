import type { ContactGroup } from '../triage/model.ts';
import { findStrongEtag, type ListedResource, type StoredCard } from './dav/client.ts';
import { DAV, findText } from './dav/multistatus.ts';
import type { XmlTree } from './dav/xml-writer.ts';
import type { AddressBook } from './discovery.ts';
import { parseCardParts, type RawCard } from './vcard/lines.ts';
import { parseCard } from './vcard/parse.ts';
import { toOctets } from './vcard/values.ts';
import { findSignOfVersion4 } from './vcard/version.ts';

/** A group as it was read. */
export interface KnownGroup {
  readonly group: ContactGroup;
  /** Null if it has to be read before it is written. */
  readonly card: StoredCard | null;
}

/** A query for groups. */
export interface GroupQuery {
  readonly props: XmlTree;
  readonly filter: XmlTree;
}

/**
 * Both ways to say that a card is a group. Apple's property stands on groups alone; KIND is on other
 * cards too.
 */
const GROUP_FILTER: XmlTree = {
  _attributes: { test: 'anyof' },
  'card:prop-filter': [
    { _attributes: { name: 'X-ADDRESSBOOKSERVER-KIND' } },
    {
      _attributes: { name: 'KIND' },
      'card:text-match': { _attributes: { 'match-type': 'equals' }, _text: 'group' },
    },
  ],
};

/** Whole cards. */
export const GROUP_QUERY: GroupQuery = {
  props: { 'd:getetag': {}, 'd:getcontentlength': {}, 'card:address-data': {} },
  filter: GROUP_FILTER,
};

/** Without the members, of which there may be thousands. */
export const GROUP_NAMES_QUERY: GroupQuery = {
  props: {
    'card:address-data': {
      'card:prop': ['VERSION', 'UID', 'FN', 'X-ADDRESSBOOKSERVER-KIND', 'KIND'].map((name) => ({
        _attributes: { name },
      })),
    },
  },
  filter: GROUP_FILTER,
};

/** The group of a response, or none. */
export function toKnownGroup(
  resource: ListedResource,
  raw: RawCard,
  href: string,
): readonly KnownGroup[] {
  const { group } = parseCard(raw, href);
  if (group === null) return [];
  const etag = findStrongEtag(resource);
  const isExact = etag !== null && isUnchangedByXml(raw, resource) && mayBeWritten(raw);
  return [{ group, card: isExact ? { raw, etag } : null }];
}

/** The group with what is known of its address book. */
export function inBook(known: KnownGroup, { isWritableOrUnknown }: AddressBook): KnownGroup {
  return isWritableOrUnknown ? known : { ...known, group: { ...known.group, isReadOnly: true } };
}

/** Whether a card as it is served can go back: it may be stored in another version. */
export function mayBeWritten(raw: RawCard): boolean {
  const [part] = parseCardParts(raw);
  return part === undefined || findSignOfVersion4(raw, part) === null;
}

/**
 * Whether what came inside XML is the card as it is stored, octet by octet: as long as the server
 * says; where it does not say, all line ends are still CRLF, which XML likes to shorten. What
 * was not UTF-8 is lost in any case, and shows as a replacement character. In doubt the card is read
 * again, for one request.
 */
function isUnchangedByXml(raw: RawCard, { properties }: ListedResource): boolean {
  if (raw.includes(REPLACEMENT_CHARACTER)) return false;
  const length = findText(properties.get(`{${DAV}}getcontentlength`)) ?? '';
  if (/^\d+$/u.test(length)) return raw.length === Number(length);
  return raw.endsWith('\r\n') && !/(?<!\r)\n/u.test(raw);
}

const REPLACEMENT_CHARACTER = toOctets('\uFFFD');

/** For `toSorted`: groups in the order of their hrefs. */
export function byHref(a: KnownGroup, b: KnownGroup): number {
  return a.group.href < b.group.href ? -1 : 1;
}
