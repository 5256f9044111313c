import { MalformedAnswerError } from '../../errors.ts';
import { isRecord } from '../../http/json.ts';

/**
 * Strict readers for a server's JSON. `where` names method and property for the message, as in
 * `Email/get list[].receivedAt`; the value itself is never quoted: it may be somebody's mail.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Throws MalformedAnswerError for anything but an object. */
export function decodeObject(value: unknown, where: string): JsonObject {
  if (!isRecord(value)) throw wrongType(where, 'an object');
  return value;
}

/** Throws MalformedAnswerError for anything but an array, and what `decodeItem` throws. */
export function decodeArray<Item>(
  value: unknown,
  where: string,
  decodeItem: (item: unknown, where: string) => Item,
): readonly Item[] {
  if (!Array.isArray(value)) throw wrongType(where, 'an array');
  return value.map((item: unknown) => decodeItem(item, `${where}[]`));
}

/** `decodeArray` as a function to pass on. */
export function arrayOf<Item>(
  decodeItem: (item: unknown, where: string) => Item,
): (value: unknown, where: string) => readonly Item[] {
  return (value, where) => decodeArray(value, where, decodeItem);
}

/** Throws MalformedAnswerError for anything but a string. */
export function decodeString(value: unknown, where: string): string {
  if (typeof value !== 'string') throw wrongType(where, 'a string');
  return value;
}

/** RFC 8620 §1.2 Id, except for its alphabet: some servers use other characters. */
export function decodeId(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 255) {
    throw wrongType(where, 'an id');
  }
  return value;
}

/** Throws MalformedAnswerError for anything but true and false. */
export function decodeBoolean(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw wrongType(where, 'true or false');
  return value;
}

/**
 * RFC 8620 §1.4 UTCDate, in whole seconds: if only some had fractions, text order would not be time
 * order.
 */
export function decodeUtcDate(value: unknown, where: string): string {
  const match =
    typeof value === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z$/u.exec(value) : null;
  if (match === null) throw wrongType(where, 'a UTC date');
  return `${match[1]}Z`;
}

/**
 * `null` and absent mean the same (RFC 8620 §5.3 says so for /set; some servers omit null
 * everywhere).
 */
export function decodeNullable<Value>(
  value: unknown,
  where: string,
  decode: (value: unknown, where: string) => Value,
): Value | null {
  return value === undefined || value === null ? null : decode(value, where);
}

/** `problem` says what is wrong and where, and quotes no value. */
export function malformedAnswer(problem: string): MalformedAnswerError {
  return new MalformedAnswerError(`malformed JMAP answer: ${problem}`);
}

function wrongType(where: string, expected: string): MalformedAnswerError {
  return malformedAnswer(`${where} is not ${expected}`);
}
