import type { GroupOutcome } from '../triage/model.ts';
import { isSameName } from '../triage/names.ts';
import { MAX_UIDS, uidForGroup } from './contact-id.ts';
import type { DavClient } from './dav/client.ts';
import type { AddressBook } from './discovery.ts';
import { createGroupCard } from './vcard/create.ts';
import { parseCard } from './vcard/parse.ts';
import { hasStatus, toWriteFailure } from './write-failure.ts';

/**
 * Makes an empty group in the first address book; `unchanged` when setup made it before. A card of
 * ours that is another group now, because the user renamed it, stays as it is: the new one gets the
 * next UID.
 */
export async function createGroup(
  name: string,
  [book]: readonly AddressBook[],
  client: DavClient,
): Promise<GroupOutcome> {
  if (book === undefined) return { kind: 'failed', problem: 'no address book' };
  let fileName = '';
  try {
    for (let nth = 1; nth <= MAX_UIDS; nth += 1) {
      const uid = uidForGroup(name, nth);
      fileName = `${uid}.vcf`;
      if (await putNew(name, uid, book, client)) return { kind: 'updated' };
      const { raw } = await client.readCard(new URL(fileName, book.url).href);
      const { group } = parseCard(raw, fileName);
      if (group !== null && isSameName(group.name, name)) return { kind: 'unchanged' };
    }
  } catch (error) {
    return toWriteFailure(error);
  }
  return { kind: 'refused', problem: `${fileName} is another card than the group ${name}` };
}

/** False: there is a card. */
async function putNew(
  name: string,
  uid: string,
  book: AddressBook,
  client: DavClient,
): Promise<boolean> {
  const raw = await createGroupCard(name, uid);
  try {
    await client.createCard(book.url, `${uid}.vcf`, raw);
    return true;
  } catch (error) {
    if (hasStatus(error, 412)) return false;
    throw error;
  }
}
