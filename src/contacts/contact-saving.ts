import { HttpStatusError } from '../errors.ts';
import type { Contact, ContactOutcome, WriteFailure } from '../triage/model.ts';
import type { ContactWish } from '../triage/ports.ts';
import { locateCard } from './card-paths.ts';
import { readUnlessForbidden } from './card-reader.ts';
import { MAX_UIDS, uidFor } from './contact-id.ts';
import { type DecisionWritingOptions, findPart, isRefusedNote } from './decision-writing.ts';
import { createContactCard } from './vcard/create.ts';
import { editContactCard, hasFoundAddress, isWhole } from './vcard/edit.ts';
import type { RawCard } from './vcard/lines.ts';
import {
  findAddresses,
  findFullName,
  findUid,
  isGroupPart,
  parseCard,
  toContact,
} from './vcard/parse.ts';
import {
  changedTooOften,
  hasStatus,
  MAX_CONFLICTS,
  toWriteFailure,
  withoutEtag,
} from './write-failure.ts';

/** What `saveContact` works with. New cards go to the first of the books. */
export interface ContactSavingOptions extends DecisionWritingOptions {
  /** UIDs of ours on cards that are somebody else's now. */
  readonly takenUids: ReadonlySet<string>;
}

/**
 * Creates or completes one contact. Creating twice is safe: href and UID follow from the address,
 * and a card that is already there (from another pass, or from a write whose answer got lost) is
 * completed instead. Where the user has made that card somebody else's, the next UID is taken.
 */
export async function saveContact(
  wish: ContactWish,
  options: ContactSavingOptions,
): Promise<ContactOutcome> {
  const { address } = wish.newContact;
  let nth = nextFree(1, wish, options);
  let target: Target | null = wish.existing;
  let hasSent = false;
  for (let conflicts = 0; conflicts <= MAX_CONFLICTS;) {
    const uid = uidFor(address, nth);
    try {
      if (target === null) return await create(wish, uid, options);
      const step = await complete(wish, target, uid, options);
      if (step.kind === 'somebody else') {
        if (nth >= MAX_UIDS)
          return refused(target.href, 'another card than the one that was looked for');
        nth = nextFree(nth + 1, wish, options);
        target = null;
        continue;
      }
      if (step.kind === 'changed') {
        hasSent = true;
        return await update(wish, step, options);
      }
      // An answer that got lost makes our own write look like somebody else's.
      if (step.kind === 'unchanged' && hasSent) return { ...step, kind: 'updated' };
      return step;
    } catch (error) {
      if (target === null) {
        target = await readConflicting(error, uid, options);
        if (target === null) return toWriteFailure(error);
      } else if (hasStatus(error, 404, 410)) {
        // Deleted or moved meanwhile. A server that still lists a card it cannot find has a passing
        // problem, which must not lead to a second card.
        const href = target.uid === '' ? null : await options.readHrefByUid(target.uid);
        if (href === target.href) {
          return { kind: 'failed', problem: `${href}: the server lists the card, and has none` };
        }
        target = href === null ? null : { href, uid: target.uid };
      } else if (!hasStatus(error, 412)) {
        return toWriteFailure(error);
      }
      conflicts += 1;
    }
  }
  return changedTooOften(target?.href ?? `${uidFor(address, nth)}.vcf`);
}

/** A card to be completed; `uid` says which vCard of the resource. */
type Target = Pick<Contact, 'href' | 'uid'>;

function nextFree(
  from: number,
  { newContact: { address } }: ContactWish,
  { takenUids }: ContactSavingOptions,
): number {
  let nth = from;
  while (nth < MAX_UIDS && takenUids.has(uidFor(address, nth))) nth += 1;
  return nth;
}

async function create(
  { newContact, decision }: ContactWish,
  uid: string,
  { client, books: [book] }: ContactSavingOptions,
): Promise<ContactOutcome> {
  if (book === undefined) return { kind: 'failed', problem: 'no address book' };
  const raw = await createContactCard(newContact, uid, decision);
  const fileName = `${uid}.vcf`;
  await client.createCard(book.url, fileName, raw);
  const href = new URL(fileName, book.url).pathname;
  const { fullName, address } = newContact;
  const [contact] = parseCard(raw, href).contacts;
  return {
    kind: 'created',
    contact: contact ?? { href, uid, name: fullName, addresses: [address] },
  };
}

/** The card that is in the way of a new one; null if the error means something else. */
async function readConflicting(
  error: unknown,
  uid: string,
  { books: [book], readHrefByUid }: ContactSavingOptions,
): Promise<Target | null> {
  if (book !== undefined && hasStatus(error, 412)) {
    return { href: new URL(`${uid}.vcf`, book.url).pathname, uid };
  }
  // RFC 6352 §6.3.2.1: the UID stands under another href, or another UID under this one.
  if (!(error instanceof HttpStatusError) || error.detail !== 'no-uid-conflict') return null;
  const href = await readHrefByUid(uid);
  return href === null ? null : { href, uid };
}

interface ChangedCard {
  readonly kind: 'changed';
  readonly url: string;
  readonly raw: RawCard;
  readonly etag: string;
  readonly contact: Contact;
  /** Only the NOTE line was missing on the card. */
  readonly isNoteOnly: boolean;
}

type Completion =
  | ChangedCard
  | { readonly kind: 'unchanged'; readonly contact: Contact }
  /** A card of ours that the user has given to somebody with other addresses. */
  | { readonly kind: 'somebody else' }
  | WriteFailure;

/** Reads the card as it is now and decides what it should become. */
async function complete(
  wish: ContactWish,
  { href, uid }: Target,
  ownUid: string,
  { client, books }: ContactSavingOptions,
): Promise<Completion> {
  const { book, url } = locateCard(href, books);
  // The card has all that routing needs; in a read-only book only the NOTE stays unwritten.
  if (book?.isWritableOrUnknown === false && wish.existing !== null) {
    return { kind: 'unchanged', contact: wish.existing };
  }
  const read = await readUnlessForbidden(url, client);
  if ('problem' in read) return read;
  const { raw, etag } = read;
  const { newContact, decision } = wish;
  const { address, fullName } = newContact;
  const part = findPart(raw, uid, address);
  const addresses = part === undefined ? [] : findAddresses(part);
  const isOurs = uid === ownUid;
  if (isOurs && (part === undefined || isGroupPart(part) || isOthers(addresses, address))) {
    return { kind: 'somebody else' };
  }
  if (part === undefined || isGroupPart(part)) {
    return { kind: 'failed', problem: `${href}: another card than the one that was listed` };
  }
  if (!isWhole(part)) return refused(href, 'the vCard has no end; open and save it in Contacts');
  if (findUid(part) === '')
    return refused(href, 'the vCard has no UID; open and save it in Contacts');
  const edited = editContactCard(raw, part, { address, fullName, decision });
  if (edited === raw) return { kind: 'unchanged', contact: toContact(part, href) };
  if (etag === null) return withoutEtag(href);
  const editedPart = findPart(edited, uid, address) ?? part;
  return {
    kind: 'changed',
    url,
    raw: edited,
    etag,
    contact: toContact(editedPart, href),
    isNoteOnly: hasFoundAddress(part, address) && findFullName(part) !== '',
  };
}

/**
 * One PUT. A card that lacks only the NOTE line is complete without it: if the server refuses the
 * line, that is a warning.
 */
async function update(
  wish: ContactWish,
  { url, raw, etag, contact, isNoteOnly }: ChangedCard,
  { client, checker, log }: ContactSavingOptions,
): Promise<ContactOutcome> {
  try {
    const hasEtag = await client.updateCard(url, raw, etag);
    // Some servers change a UID with a backslash when they store it.
    if (hasEtag && !contact.uid.includes('\\')) return { kind: 'updated', contact };
    const stored = await checker.check(url, raw);
    const { address } = wish.newContact;
    const part = stored === null ? undefined : findPart(stored, contact.uid, address);
    return {
      kind: 'updated',
      contact: part === undefined ? contact : toContact(part, contact.href),
    };
  } catch (error) {
    if (!isNoteOnly || !isRefusedNote(error)) throw error;
    const { message } = error;
    const { address } = wish.newContact;
    log.warning('contact_note_failed', { sender: address, card: contact.href, problem: message });
    return { kind: 'unchanged', contact };
  }
}

/** Whether a card with these addresses belongs to somebody else. */
function isOthers(addresses: Contact['addresses'], address: Contact['addresses'][number]): boolean {
  return addresses.length > 0 && !addresses.includes(address);
}

function refused(href: string, problem: string): WriteFailure {
  return { kind: 'refused', problem: `${href}: ${problem}` };
}
