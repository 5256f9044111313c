import { AccountError, MalformedAnswerError } from '../../errors.ts';
import {
  decodeBoolean,
  decodeId,
  decodeNullable,
  decodeObject,
  decodeString,
  type JsonObject,
} from './decode.ts';

export const CORE_CAPABILITY = 'urn:ietf:params:jmap:core';

export const MAIL_CAPABILITY = 'urn:ietf:params:jmap:mail';

/** RFC 8620 §2, the limits of the core capability, each at least 1. Sizes in bytes. */
interface JmapLimits {
  readonly maxSizeRequest: number;
  readonly maxConcurrentRequests: number;
  readonly maxCallsInRequest: number;
  readonly maxObjectsInGet: number;
  readonly maxObjectsInSet: number;
}

/** RFC 8620 §2, what Mailroom needs of the Session object. Plain JSON, so that it can be remembered. */
export interface JmapSession {
  /** Absolute; whether it may receive the credentials is the HTTP client's to check. */
  readonly apiUrl: string;
  readonly accountId: string;
  readonly accountName: string;
  /** Whose credentials these are, mostly an email address; empty where the server tells none. */
  readonly username: string;
  /** The last `sessionState` that this session was found good for. */
  readonly state: string;
  readonly limits: JmapLimits;
}

/** A session for a later run, and the URL it was read from. */
export interface RememberedSession extends JmapSession {
  readonly sessionUrl: string;
}

/**
 * Reads a Session object. `url` is where it came from after redirects: relative URLs in it count
 * from there. Throws MalformedAnswerError, or AccountError when there is no mail to work on.
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
  if (isReadOnly === true) {
    throw new AccountError(
      `the mail account at ${new URL(url).host} is read-only for the token in MAILROOM_JMAP_TOKEN; ` +
        'create an API token that may also write',
    );
  }
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
    state: decodeString(session['state'], 'JMAP session state'),
    limits: safeLimits(core ?? {}),
  };
}

/** Null when it is not what an earlier run left, in any detail: then it is read anew. */
export function parseRememberedSession(json: unknown): RememberedSession | null {
  try {
    const object = decodeObject(json, 'remembered');
    const apiUrl = decodeString(object['apiUrl'], 'remembered.apiUrl');
    return {
      sessionUrl: decodeString(object['sessionUrl'], 'remembered.sessionUrl'),
      apiUrl: new URL(apiUrl).href,
      accountId: decodeId(object['accountId'], 'remembered.accountId'),
      accountName: decodeString(object['accountName'], 'remembered.accountName'),
      username: decodeString(object['username'], 'remembered.username'),
      state: decodeString(object['state'], 'remembered.state'),
      limits: safeLimits(decodeObject(object['limits'], 'remembered.limits')),
    };
  } catch {
    return null;
  }
}

/** What RFC 8620 §2 asks of every server: for a limit that is absent, 0 or no number. */
const ASSUMED: JmapLimits = {
  maxSizeRequest: 10_000_000,
  maxConcurrentRequests: 4,
  maxCallsInRequest: 16,
  maxObjectsInGet: 500,
  maxObjectsInSet: 500,
};

/** Not more than this is used, whatever a server allows: one page has to fit in little memory. */
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
    throw new MalformedAnswerError('malformed JMAP answer: JMAP session apiUrl is not a URL');
  }
  return new URL(url, base).href;
}
