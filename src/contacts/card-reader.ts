import { HttpStatusError, messageOf } from '../errors.ts';
import type { WriteFailure } from '../triage/model.ts';
import { comparablePath } from './card-paths.ts';
import type { DavClient, StoredCard } from './dav/client.ts';
import type { XmlTree } from './dav/xml-writer.ts';
import { parseCardParts } from './vcard/lines.ts';
import { findUid } from './vcard/parse.ts';
import { findSignOfVersion4 } from './vcard/version.ts';
import { hasStatus } from './write-failure.ts';

/** A card to be edited: as it is stored, with a strong ETag where the server has one. */
export async function readForEditing(url: string, client: DavClient): Promise<StoredCard> {
  const served = await client.readCard(url);
  const card = (await readAsVersion4(url, served, client)) ?? served;
  return card.etag === null ? addEtag(url, card, client) : card;
}

/** The card as 4.0 if it is stored that way; null if not. */
async function readAsVersion4(
  url: string,
  { raw }: StoredCard,
  client: DavClient,
): Promise<StoredCard | null> {
  const parts = parseCardParts(raw);
  const [part] = parts;
  // Nobody stores two cards of different versions in one resource.
  const sign = part === undefined ? null : findSignOfVersion4(raw, part);
  if (part === undefined || sign === null) return null;
  if (sign === 'hint' && !(await isStoredAsVersion4(url, findUid(part), client))) return null;
  const card = await client.readCard(url, '4.0');
  return parseCardParts(card.raw)[0]?.version === '4.0' ? card : null;
}

/** A filter looks at the card as it is stored. */
async function isStoredAsVersion4(url: string, uid: string, client: DavClient): Promise<boolean> {
  const filter: XmlTree = {
    _attributes: { test: 'allof' },
    'card:prop-filter': [isEqual('VERSION', '4.0'), isEqual('UID', uid)],
  };
  try {
    const bookUrl = new URL('.', url).href;
    const query = { props: { 'd:getetag': {} }, filter };
    const path = comparablePath(new URL(url).pathname);
    const found = await client.query(bookUrl, query, (resource) =>
      comparablePath(resource.url.pathname) === path ? path : null,
    );
    return found.length > 0;
  } catch (error) {
    if (error instanceof HttpStatusError) return false;
    throw error;
  }
}

function isEqual(name: string, text: string): XmlTree {
  const match = { _attributes: { 'match-type': 'equals' }, _text: text };
  return { _attributes: { name }, 'card:text-match': match };
}

/** PROPFIND has the ETag where GET gives a weak one or none; it counts if the card did not change. */
async function addEtag(url: string, card: StoredCard, client: DavClient): Promise<StoredCard> {
  const etag = await client.readEtag(url);
  if (etag === null) return card;
  const again = await client.readCard(url, parseCardParts(card.raw)[0]?.version ?? '');
  return again.raw === card.raw ? { ...card, etag } : card;
}

/** A card that may not be read now may be readable later: the next pass tries again. */
export async function readUnlessForbidden(
  url: string,
  client: DavClient,
): Promise<StoredCard | WriteFailure> {
  try {
    return await readForEditing(url, client);
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    return { kind: 'failed', problem: messageOf(error) };
  }
}
