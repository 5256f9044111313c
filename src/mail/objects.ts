import { DIGEST_KEYWORD } from '../triage/digest.ts';
import type { Email, EmailAddress, Mailbox } from '../triage/model.ts';
import {
  arrayOf,
  decodeBoolean,
  decodeId,
  decodeNullable,
  decodeObject,
  decodeString,
  decodeUtcDate,
  type JsonObject,
  malformedAnswer,
} from './jmap/decode.ts';

/** The properties that Mailbox/get is asked for and `decodeMailbox` reads. */
export const MAILBOX_PROPERTIES = [
  'id',
  'name',
  'parentId',
  'role',
  'totalEmails',
  'myRights',
] as const;

/** Each From field as it is written, RFC 8621 §4.1.2.1 and §4.1.3. */
const RAW_FROM = 'header:From:asRaw:all';

/** The properties that Email/get is asked for and `decodeEmail` reads. */
export const EMAIL_PROPERTIES = [
  'id',
  'mailboxIds',
  'keywords',
  'from',
  RAW_FROM,
  'receivedAt',
] as const;

/** An Email as the server gives it, its author not judged yet. */
export interface UnjudgedEmail extends Omit<Email, 'author' | 'displayName'> {
  /** The server's reading of the From fields. */
  readonly from: readonly EmailAddress[];
  /** Raw value of each From field, in order. */
  readonly fromFields: readonly string[];
  /** Mailroom's own: it has the digests' keyword. */
  readonly isDigest: boolean;
}

/** RFC 8621 §2. */
export function decodeMailbox(object: JsonObject): Mailbox {
  const where = 'Mailbox/get list[]';
  const role = decodeNullable(object['role'], `${where}.role`, decodeString);
  return {
    id: decodeId(object['id'], `${where}.id`),
    name: decodeString(object['name'], `${where}.name`),
    parentId: decodeNullable(object['parentId'], `${where}.parentId`, decodeId),
    role: role === null || role === '' ? null : role.toLowerCase(),
    totalEmails: findCount(object['totalEmails']),
    ...(isReadOnly(object['myRights'], where) ? { isReadOnly: true } : {}),
  };
}

/** A right that the server does not mention counts as given: a write will show if it is not. */
function isReadOnly(myRights: unknown, where: string): boolean {
  const rights = decodeNullable(myRights, `${where}.myRights`, decodeObject) ?? {};
  return rights['mayAddItems'] === false || rights['mayRemoveItems'] === false;
}

/** A total only saves a request, so nonsense in it is no reason to give up. */
function findCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** RFC 8621 §4.1. */
export function decodeEmail(object: JsonObject): UnjudgedEmail {
  const where = 'Email/get list[]';
  return {
    ...decodePlacedEmail(object),
    from: decodeNullable(object['from'], `${where}.from`, arrayOf(decodeEmailAddress)) ?? [],
    fromFields: arrayOf(decodeString)(object[RAW_FROM], `${where}.${RAW_FROM}`),
    isDigest: Object.hasOwn(
      decodeNullable(object['keywords'], `${where}.keywords`, decodeObject) ?? {},
      DIGEST_KEYWORD,
    ),
  };
}

/** Every email is in at least one mailbox, so an answer that shows one in none is wrong. */
export function decodePlacedEmail(
  object: JsonObject,
): Pick<Email, 'id' | 'mailboxIds' | 'receivedAt'> {
  const where = 'Email/get list[]';
  const mailboxIds = decodeObject(object['mailboxIds'], `${where}.mailboxIds`);
  const isSound = Object.values(mailboxIds).every((value) =>
    decodeBoolean(value, `${where}.mailboxIds.*`),
  );
  const ids = Object.keys(mailboxIds).map((id) => decodeId(id, `${where}.mailboxIds key`));
  if (!isSound || ids.length === 0) {
    throw malformedAnswer(`${where}.mailboxIds names no mailbox, or false`);
  }
  return {
    id: decodeId(object['id'], `${where}.id`),
    mailboxIds: new Set(ids),
    receivedAt: decodeUtcDate(object['receivedAt'], `${where}.receivedAt`),
  };
}

/**
 * RFC 8621 §4.1.2.3. An entry without an address (seen where From holds only a group) is kept with
 * an empty one: it is no usable sender, and must not fail the whole answer for ever.
 */
function decodeEmailAddress(value: unknown, where: string): EmailAddress {
  const entry = decodeObject(value, where);
  return {
    name: decodeNullable(entry['name'], `${where}.name`, decodeString),
    email: decodeNullable(entry['email'], `${where}.email`, decodeString) ?? '',
  };
}
