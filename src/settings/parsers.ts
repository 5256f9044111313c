import { findNearestName } from '../terminal/nearest.ts';
import { isSafeTransport, parseTrustedHost, TRUSTED_HOST_FORM } from '../http/trust.ts';
import type { LogLevel } from '../log/line.ts';

/**
 * From the text of a variable, already without surrounding white space, to its value.
 * Throws an Error whose message is what the variable must be; the text itself is never in it.
 */
export type ParseSetting<Value> = (text: string) => Value;

const SEVEN_DAYS_SECONDS = 7 * 24 * 60 * 60;

const HOUR_SECONDS = 60 * 60;

/** The value of a bearer token: what RFC 6750 §2.1 lets into the header. */
export const parseToken: ParseSetting<string> = (text) => {
  if (/^[\u0021-\u007E]+$/u.test(text)) return text;
  throw new Error(
    'must be the token alone, without white space, control or non-ASCII characters: copy it again',
  );
};

/** RFC 7617 §2: no colon in the user name, no control characters. */
export const parseUsername: ParseSetting<string> = (text) => {
  if (text !== '' && !/[\p{Cc}:]/u.test(text)) return text;
  throw new Error('must be the user name, usually your email address, without colon or line break');
};

/** RFC 7617 §2. */
export const parsePassword: ParseSetting<string> = (text) => {
  if (text !== '' && !/\p{Cc}/u.test(text)) return text;
  throw new Error('must be the app password alone, without control characters: copy it again');
};

/** Seconds, from 1 to seven days. */
export const parseSeconds: ParseSetting<number> = (text) =>
  parseWholeNumber(text, SEVEN_DAYS_SECONDS, 'a whole number of seconds');

/**
 * Seconds in the text, milliseconds in the value. Timeouts are shorter than any sensible schedule.
 */
export const parseTimeoutMs: ParseSetting<number> = (text) =>
  1000 * parseWholeNumber(text, HOUR_SECONDS, 'a whole number of seconds');

/** From 1 to 1,000,000. */
export const parseCount: ParseSetting<number> = (text) =>
  parseWholeNumber(text, 1_000_000, 'a whole number');

/** In any letter case; also yes, no, on, off, 1 and 0. */
export const parseBoolean: ParseSetting<boolean> = (text) => {
  const value = text.toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(value)) return true;
  if (['false', '0', 'no', 'off'].includes(value)) return false;
  throw new Error('must be true or false (yes, no, on, off, 1 and 0 are understood)');
};

/** In any letter case; `warn` means `warning`, and `critical` means `error`. */
export const parseLogLevel: ParseSetting<LogLevel> = (text) => {
  const level = LOG_LEVELS.get(text.toLowerCase());
  if (level !== undefined) return level;
  throw new Error('must be debug, info, warning or error');
};

const LOG_LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['debug', 'debug'],
  ['info', 'info'],
  ['warning', 'warning'],
  ['warn', 'warning'],
  ['error', 'error'],
  ['critical', 'error'],
]);

/** How often a digest is due, in any letter case. */
export const parseDigest: ParseSetting<'off' | 'daily' | 'weekly'> = (text) => {
  const value = text.toLowerCase();
  if (value === 'off' || value === 'daily' || value === 'weekly') return value;
  throw new Error('must be off, daily or weekly');
};

/** An hour of the day, from 0 to 23. */
export const parseHour: ParseSetting<number> = (text) => {
  if (/^(?:0?\d|1\d|2[0-3])$/u.test(text)) return Number(text);
  throw new Error('must be a whole hour from 0 to 23');
};

/** A name of the IANA time zone database. `UTC` is not looked up there, because that costs time. */
export const parseTimeZone: ParseSetting<string> = (text) => {
  if (text === 'UTC' || (/^[a-z]/iu.test(text) && isTimeZone(text))) return text;
  const near = findNearestName(text, Intl.supportedValuesOf('timeZone'));
  const meant = near !== null && near.distance <= 2 ? `: did you mean ${near.name}?` : '';
  throw new Error(`must be the name of a time zone, such as Europe/Berlin or UTC${meant}`);
};

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone }).format();
    return true;
  } catch {
    return false;
  }
}

/** Name of a mailbox, its path, or name of a contact group. */
export const parseName: ParseSetting<string> = (text) => {
  const hasBadPart = text.split('/').some((part) => part === '' || part !== part.trim());
  if (!hasBadPart && !/[\p{Cc}\p{Cs}]/u.test(text)) return text;
  throw new Error(
    'must be a name, or a path like Inbox/Screener, without empty parts and without spaces around /',
  );
};

/**
 * A triage label. It begins with `@`, because mail to `you+Name@…` is delivered into a mailbox
 * `Name`.
 */
export const parseTriageLabel: ParseSetting<string> = (text) => {
  const name = parseName(text);
  if (name.slice(name.lastIndexOf('/') + 1).startsWith('@')) return name;
  throw new Error(
    'must have a name that begins with @ (rename the mailbox, then put its new name here): mail sent to you+Name@… is delivered into a mailbox Name, so that a stranger could use it',
  );
};

/** A server's URL that may get credentials. */
export const parseServerUrl: ParseSetting<string> = (text) =>
  // `new URL` hides an empty query or fragment.
  parseUrl(text, /[?#]/u, 'user name, query and fragment');

/** Where a POST goes without credentials; a query may be part of it. */
export const parsePingUrl: ParseSetting<string> = (text) =>
  parseUrl(text, /#/u, 'user name and fragment');

function parseUrl(text: string, forbidden: RegExp, without: string): string {
  const url = URL.parse(text);
  if (url === null || !text.includes('://')) {
    throw new Error(
      'must be a whole URL, such as https://mail.example.com/jmap or https://mail.example.com:8443/: it lacks https://, or something in it is misspelt',
    );
  }
  const isPlain = url.username === '' && url.password === '' && !forbidden.test(text);
  if (isPlain && isSafeTransport(url)) return url.href;
  throw new Error(`must be an https URL (http only for this machine) without ${without}`);
}

/** A list separated by commas; each entry as `parseTrustedHost` takes it. */
export const parseTrustedHosts: ParseSetting<readonly string[]> = (text) => {
  const hosts = text
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');
  if (hosts.every((host) => parseTrustedHost(host) !== null)) return hosts;
  throw new Error(`must be ${TRUSTED_HOST_FORM}`);
};

/** RFC 1123 subdomain, as Kubernetes wants object names. */
export const parseConfigMapName: ParseSetting<string> = (text) => {
  const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
  if (text.length <= 253 && new RegExp(`^${label}(?:\\.${label})*$`, 'u').test(text)) return text;
  throw new Error("must be a ConfigMap's name: lower-case letters, digits, - and .");
};

/** A path on this machine; `~` is refused because only shells know what it means. */
export const parsePath: ParseSetting<string> = (text) => {
  if (text !== '' && !text.startsWith('~') && !/\p{Cc}/u.test(text)) return text;
  throw new Error(
    'must be a path without ~, which only shells understand: write the folder in full',
  );
};

/** Its content is checked with the categories. */
export const parseText: ParseSetting<string> = (text) => text;

function parseWholeNumber(text: string, max: number, what: string): number {
  const value = /^\d{1,10}$/u.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new Error(`must be ${what} from 1 to ${max}`);
}
