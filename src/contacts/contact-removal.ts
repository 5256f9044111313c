import type { CardMaker, RemovalOutcome, UntouchedCheck } from '../triage/ports.ts';
import { MAX_UIDS, uidFor } from './contact-id.ts';
import type { DavClient, StoredCard } from './dav/client.ts';
import { isUntouchedCard } from './vcard/untouched.ts';
import { hasStatus, toWriteFailure } from './write-failure.ts';

/** Whether Mailroom made the card, and nobody has changed it since (ContactStore.checkUntouched). */
export async function checkUntouched(
  url: string,
  maker: CardMaker,
  client: DavClient,
): Promise<UntouchedCheck> {
  try {
    return { kind: isMadeFor(maker, await client.readCard(url)) ? 'untouched' : 'changed' };
  } catch (error) {
    // A card that is already gone counts as removed.
    return hasStatus(error, 404, 410) ? { kind: 'untouched' } : toWriteFailure(error);
  }
}

/**
 * Deletes a card that is still as Mailroom made it (ContactStore.removeContact). It is read once
 * more, and from then on its ETag guards the DELETE.
 */
export async function removeContact(
  url: string,
  maker: CardMaker,
  client: DavClient,
): Promise<RemovalOutcome> {
  try {
    const stored = await client.readCard(url);
    if (stored.etag === null || !isMadeFor(maker, stored)) return { kind: 'kept' };
    await client.deleteCard(url, stored.etag);
    return { kind: 'removed' };
  } catch (error) {
    if (hasStatus(error, 404, 410)) return { kind: 'removed' };
    if (hasStatus(error, 412, 403, 405, 501)) return { kind: 'kept' };
    return toWriteFailure(error);
  }
}

function isMadeFor({ address, names, categories }: CardMaker, { raw }: StoredCard): boolean {
  return isUntouchedCard(raw, {
    address,
    names,
    categories,
    uids: UID_NUMBERS.map((nth) => uidFor(address, nth)),
  });
}

const UID_NUMBERS = Array.from({ length: MAX_UIDS }, (_, index) => index + 1);
