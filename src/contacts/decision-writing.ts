import { HttpStatusError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { memberKey, type SenderAddress } from '../triage/model.ts';
import type { NoteOutcome, NoteWish } from '../triage/ports.ts';
import { locateCard } from './card-paths.ts';
import { readUnlessForbidden } from './card-reader.ts';
import type { DavClient } from './dav/client.ts';
import type { AddressBook } from './discovery.ts';
import type { StoredCardChecker } from './stored-card-checker.ts';
import { editDecision, isWhole } from './vcard/edit.ts';
import { type CardPart, parseCardParts, type RawCard } from './vcard/lines.ts';
import { findAddresses, findUid, isGroupPart } from './vcard/parse.ts';
import {
  changedTooOften,
  hasStatus,
  MAX_CONFLICTS,
  toWriteFailure,
  withoutEtag,
} from './write-failure.ts';

/** What `writeDecision` works with. */
export interface DecisionWritingOptions {
  readonly client: DavClient;
  readonly checker: StoredCardChecker;
  readonly log: Logger;
  readonly books: readonly AddressBook[];
  /** Path of the card that has this UID; null where there is none. */
  readonly readHrefByUid: (uid: string) => Promise<string | null>;
}

/**
 * Writes a decision on a card that stays (ContactStore.writeDecision). A card that somebody has moved
 * meanwhile is followed; one that is gone is not made again.
 */
export async function writeDecision(
  wish: NoteWish,
  options: DecisionWritingOptions,
): Promise<NoteOutcome> {
  let { href } = wish.card;
  for (let conflicts = 0; conflicts <= MAX_CONFLICTS; conflicts += 1) {
    try {
      return await write(wish, href, options);
    } catch (error) {
      if (hasStatus(error, 404, 410)) {
        const { uid } = wish.card;
        const found = uid === '' ? null : await options.readHrefByUid(uid);
        if (found === null) return { kind: 'gone' };
        if (found === href) {
          return { kind: 'failed', problem: `${href}: the server lists the card, and has none` };
        }
        href = found;
      } else if (!hasStatus(error, 412)) {
        return toWriteFailure(error);
      }
    }
  }
  return changedTooOften(href);
}

async function write(
  { card: { uid }, address, decision }: NoteWish,
  href: string,
  { client, checker, log, books }: DecisionWritingOptions,
): Promise<NoteOutcome> {
  const { book, url } = locateCard(href, books);
  if (book?.isWritableOrUnknown === false) return { kind: 'unchanged' };
  const read = await readUnlessForbidden(url, client);
  if ('problem' in read) return read;
  const part = findPart(read.raw, uid, address);
  if (part === undefined || isGroupPart(part)) return { kind: 'gone' };
  const addresses = findAddresses(part);
  if (addresses.length > 0 && !addresses.includes(address)) return { kind: 'gone' };
  const warn = (problem: string): NoteOutcome => {
    // A card that lacks only this line is complete without it.
    log.warning('contact_note_failed', { sender: address, card: href, problem });
    return { kind: 'unchanged' };
  };
  if (!isWhole(part)) return warn(`${href}: the vCard has no end; open and save it in Contacts`);
  const edited = editDecision(read.raw, part, decision);
  if (edited === read.raw) return { kind: 'unchanged' };
  if (read.etag === null) return withoutEtag(href);
  try {
    if (!(await client.updateCard(url, edited, read.etag))) await checker.check(url, edited);
    return { kind: 'updated' };
  } catch (error) {
    if (isRefusedNote(error)) return warn(error.message);
    throw error;
  }
}

/** 507: there is no room for a longer card, and there will be none later. */
export function isRefusedNote(error: unknown): error is HttpStatusError {
  if (!(error instanceof HttpStatusError) || hasStatus(error, 404, 410)) return false;
  return error.isPermanent || error.status === 507;
}

/** The vCard with that UID in any spelling; if several have it, the one with the address. */
export function findPart(raw: RawCard, uid: string, address: SenderAddress): CardPart | undefined {
  const own = parseCardParts(raw).filter((part) => memberKey(findUid(part)) === memberKey(uid));
  return own.find((part) => findAddresses(part).includes(address)) ?? own[0];
}
