import { invalidArguments, MethodError } from './jmap-errors.ts';
import type { MailState } from './mail-state.ts';
import type { StandInSettings } from './options.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a JMAP method handler works with. */
export interface JmapContext {
  readonly state: MailState;
  readonly settings: StandInSettings;
  /** The SetError type with which updates of this email are refused, if a fault says so. */
  readonly injectedSetError: (emailId: string) => string | undefined;
}

export type JmapMethod = (args: JsonObject, context: JmapContext) => JsonObject;

/** As on Cyrus, an unknown argument is an error. */
export function checkArguments(args: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(args).filter((name) => name !== 'accountId' && !known.includes(name));
  if (unknown.length > 0) throw invalidArguments(...unknown);
}

/** RFC 8620 §5.1 and §5.3. With `refuseRequest` the request was refused before this. */
export function checkLimit(
  count: number,
  limit: 'maxObjectsInGet' | 'maxObjectsInSet',
  { settings }: JmapContext,
): void {
  if (count > settings.limits[limit]) throw new MethodError('requestTooLarge');
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** `ids` of a /get (RFC 8620 §5.1): null means all. */
export function readIds(args: JsonObject, context: JmapContext): readonly string[] | null {
  const ids = args['ids'] ?? null;
  if (ids === null) return null;
  if (!isStringArray(ids)) throw invalidArguments('ids');
  checkLimit(ids.length, 'maxObjectsInGet', context);
  return ids;
}

export function readProperties(args: JsonObject, known: readonly string[]): readonly string[] {
  const properties = args['properties'] ?? null;
  if (properties === null) return known;
  if (!isStringArray(properties)) throw invalidArguments('properties');
  const unknown = properties.find((property) => !known.includes(property));
  if (unknown !== undefined) throw invalidArguments(`properties[${properties.indexOf(unknown)}]`);
  return properties;
}

/** `id` is always there (RFC 8620 §5.1). */
export function pick(record: JsonObject, properties: readonly string[]): JsonObject {
  return Object.fromEntries(
    [...new Set(['id', ...properties])].map((property) => [property, record[property]]),
  );
}
