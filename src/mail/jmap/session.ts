import { AccountError } from '../../errors.ts';
import {
  decodeArray,
  decodeBoolean,
  decodeId,
  decodeNullable,
  decodeObject,
  decodeString,
  type JsonObject,
  malformedAnswer,
} from './decode.ts';

/** RFC 8620 §2. */
export const CORE_CAPABILITY = 'urn:ietf:params:jmap:core';

/** RFC 8621 §1.3.1. */
export const MAIL_CAPABILITY = 'urn:ietf:params:jmap:mail';

/** RFC 8620 §2, the limits of the core capability, each at least 1. Sizes in bytes. */
interface JmapLimits {
  readonly maxSizeRequest: number;
  readonly maxConcurrentRequests: number;
  readonly maxCallsInRequest: number;
  readonly maxObjectsInGet: number;
  readonly maxObjectsInSet: number;
}

/** What Mailroom needs of the Session object (RFC 8620 §2). Plain JSON, so that it can be stored. */
export interface JmapSession {
  /** Absolute. The HTTP client checks whether credentials may go there. */
  readonly apiUrl: string;
  readonly accountId: string;
  readonly accountName: string;
  /** The user who is logged in, usually an email address; empty if the server does not say. */
  readonly username: string;
  /** JMAP state of the Session object: the last `sessionState` that confirmed it. */
  readonly sessionState: string;
  /** Names of the account's capabilities (RFC 8620 §2), such as `urn:ietf:params:jmap:mail`. */
  readonly capabilities: readonly string[];
  readonly limits: JmapLimits;
}

/** A session kept for a later run, with the URL it was read from. */
export interface RememberedSession extends JmapSession {
  readonly sessionUrl: string;
  /** ISO time; since then `totalEmails` has been believed where it is 0. */
  readonly totalsBelievedSince: string;
}

/**
 * Parses a Session object. `url` is where it came from after redirects: relative URLs in it are
 * resolved against that. Throws MalformedAnswerError, or AccountError if there is no mail account
 * that may be written.
 */
export function parseSession(json: unknown, url: string): JmapSession {
  const session = decodeObject(json, 'JMAP session');
  const capabilities = decodeObject(session['capabilities'], 'JMAP session capabilities');
  const primary = decodeObject(session['primaryAccounts'], 'JMAP session primaryAccounts');
  const accounts = decodeObject(session['accounts'], 'JMAP session accounts');
  const accountId = decodeNullable(
    primary[MAIL_CAPABILITY],
    'JMAP session primaryAccounts mail',
    decodeId,
  );
  if (accountId === null) {
    throw new AccountError(
      `no mail account at ${new URL(url).host}: the token in MAILROOM_JMAP_TOKEN does not reach any mail; ` +
        'create an API token with the Mail scope (read and write)',
    );
  }
  const account = decodeObject(accounts[accountId], 'JMAP session accounts of the mail account');
  const isReadOnly = decodeNullable(
    account['isReadOnly'],
    'JMAP session accounts.isReadOnly',
    decodeBoolean,
  );
  if (isReadOnly === true) throw readOnlyAccount(new URL(url).host);
  const core = decodeNullable(
    capabilities[CORE_CAPABILITY],
    'JMAP session capabilities core',
    decodeObject,
  );
  return {
    apiUrl: resolveUrl(decodeString(session['apiUrl'], 'JMAP session apiUrl'), url),
    accountId,
    accountName:
      decodeNullable(account['name'], 'JMAP session accounts.name', decodeString) ?? accountId,
    username: decodeNullable(session['username'], 'JMAP session username', decodeString) ?? '',
    sessionState: decodeString(session['state'], 'JMAP session state'),
    capabilities: Object.keys(
      decodeNullable(
        account['accountCapabilities'],
        'JMAP session accounts.accountCapabilities',
        decodeObject,
      ) ?? {},
    ),
    limits: safeLimits(core ?? {}),
  };
}

/** Either the session says so, or the first write does. */
export function readOnlyAccount(host: string): AccountError {
  return new AccountError(
    `the mail account at ${host} is read-only for the token in MAILROOM_JMAP_TOKEN; ` +
      'create an API token that may also write',
  );
}

/**
 * Null unless every detail is as an earlier run stores it: the session is then read from the
 * server.
 */
export function parseRememberedSession(json: unknown): RememberedSession | null {
  try {
    const object = decodeObject(json, 'remembered');
    const apiUrl = decodeString(object['apiUrl'], 'remembered.apiUrl');
    return {
      sessionUrl: decodeString(object['sessionUrl'], 'remembered.sessionUrl'),
      totalsBelievedSince: decodeString(object['totalsBelievedSince'], 'remembered.totals'),
      apiUrl: new URL(apiUrl).href,
      accountId: decodeId(object['accountId'], 'remembered.accountId'),
      accountName: decodeString(object['accountName'], 'remembered.accountName'),
      username: decodeString(object['username'], 'remembered.username'),
      sessionState: decodeString(object['sessionState'], 'remembered.sessionState'),
      capabilities: decodeArray(object['capabilities'], 'remembered.capabilities', decodeString),
      limits: safeLimits(decodeObject(object['limits'], 'remembered.limits')),
    };
  } catch {
    return null;
  }
}

/**
 * Used if a limit is missing, 0 or not a number: the least that RFC 8620 §2 suggests to servers.
 */
const ASSUMED: JmapLimits = {
  maxSizeRequest: 10_000_000,
  maxConcurrentRequests: 4,
  maxCallsInRequest: 16,
  maxObjectsInGet: 500,
  maxObjectsInSet: 500,
};

/** The most that is used, whatever a server allows: a page has to fit in little memory. */
const MOST: JmapLimits = {
  maxSizeRequest: 10_000_000,
  maxConcurrentRequests: 8,
  maxCallsInRequest: 16,
  maxObjectsInGet: 4096,
  maxObjectsInSet: 4096,
};

function safeLimits(core: JsonObject): JmapLimits {
  const limit = (name: keyof JmapLimits): number => {
    const value = core[name];
    if (typeof value !== 'number' || !(value >= 1)) return ASSUMED[name];
    return Math.min(Math.floor(value), MOST[name]);
  };
  return {
    maxSizeRequest: limit('maxSizeRequest'),
    maxConcurrentRequests: limit('maxConcurrentRequests'),
    maxCallsInRequest: limit('maxCallsInRequest'),
    maxObjectsInGet: limit('maxObjectsInGet'),
    maxObjectsInSet: limit('maxObjectsInSet'),
  };
}

function resolveUrl(url: string, base: string): string {
  if (url === '' || !URL.canParse(url, base)) {
    throw malformedAnswer('JMAP session apiUrl is not a URL');
  }
  return new URL(url, base).href;
}
