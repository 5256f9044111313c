import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AccountError, MalformedAnswerError } from '../../../../src/errors.ts';
import { parseRememberedSession, parseSession } from '../../../../src/mail/jmap/session.ts';
import { aRememberedSession, aSession } from './fake-jmap.ts';

const URL_OF_SESSION = 'https://phl.jmap.example.com/jmap/session';
const MAIL = 'urn:ietf:params:jmap:mail';

describe('the API URL counts from where the session came from', () => {
  it.each([
    ['a path', '/jmap/', 'https://phl.jmap.example.com/jmap/'],
    ['a relative path', 'api', 'https://phl.jmap.example.com/jmap/api'],
    ['a URL of its own', 'https://api.example.com/jmap/', 'https://api.example.com/jmap/'],
  ])('%s', (_, apiUrl, expected) => {
    expect(parseSession(aSession({ apiUrl }), URL_OF_SESSION).apiUrl).toBe(expected);
  });
});

describe('the account', () => {
  it('is the primary account for mail, whatever others there are', () => {
    const session = aSession({
      accounts: {
        A0: { name: 'shared', isReadOnly: true },
        A1: { name: 'jane@example.com', isReadOnly: false },
      },
    });

    expect(parseSession(session, URL_OF_SESSION)).toMatchObject({
      accountId: 'A1',
      accountName: 'jane@example.com',
      username: 'jane@example.com',
      sessionState: 'S1',
    });
  });

  it.each([
    [
      'no primary account for mail',
      aSession({ primaryAccounts: {} }),
      /MAILROOM_JMAP_TOKEN.*Mail scope/u,
    ],
    ['primary account null', aSession({ primaryAccounts: { [MAIL]: null } }), /Mail scope/u],
    [
      'read-only',
      aSession({ accounts: { A1: { name: 'jane@example.com', isReadOnly: true } } }),
      /read-only.*MAILROOM_JMAP_TOKEN/u,
    ],
  ])('%s: says what to do', (_, session, message) => {
    const parse = (): unknown => parseSession(session, URL_OF_SESSION);

    expect(parse).toThrow(AccountError);
    expect(parse).toThrow(message);
  });
});

describe('a session that cannot be right is no session', () => {
  it.each([
    ['null', null],
    ['an array', []],
    ['a text', 'hello'],
    ['no capabilities', aSession({ capabilities: undefined })],
    ['no primaryAccounts', aSession({ primaryAccounts: undefined })],
    ['no accounts', aSession({ accounts: undefined })],
    ['the account is not among the accounts', aSession({ accounts: {} })],
    ['account id is a number', aSession({ primaryAccounts: { [MAIL]: 1 } })],
    ['account id is empty', aSession({ primaryAccounts: { [MAIL]: '' } })],
    ['no apiUrl', aSession({ apiUrl: undefined })],
    ['apiUrl is empty', aSession({ apiUrl: '' })],
    ['apiUrl is no URL', aSession({ apiUrl: 'http://[' })],
    ['no state', aSession({ state: undefined })],
    ['isReadOnly is a text', aSession({ accounts: { A1: { name: 'j', isReadOnly: 'yes' } } })],
  ])('%s', (_, session) => {
    expect(() => parseSession(session, URL_OF_SESSION)).toThrow(MalformedAnswerError);
  });
});

describe('limits are never assumed larger than said, and always usable', () => {
  it.each([
    ['as said', 17, 17],
    ['absent: what the RFC asks of every server', undefined, 500],
    ['0', 0, 500],
    ['negative', -1, 500],
    ['a text', '100', 500],
    ['null', null, 500],
    ['a fraction', 2.9, 2],
    ['huge: no page larger than memory allows', Number.MAX_SAFE_INTEGER, 4096],
  ])('maxObjectsInGet %s', (_, said, used) => {
    const session = parseSession(aSession({ limits: { maxObjectsInGet: said } }), URL_OF_SESSION);

    expect(session.limits.maxObjectsInGet).toBe(used);
  });

  it('none said at all', () => {
    const { limits } = parseSession(aSession({ capabilities: {} }), URL_OF_SESSION);

    expect(limits).toEqual({
      maxSizeRequest: 10_000_000,
      maxConcurrentRequests: 4,
      maxCallsInRequest: 16,
      maxObjectsInGet: 500,
      maxObjectsInSet: 500,
    });
  });
});

describe('a remembered session', () => {
  it('comes back from JSON as it was', () => {
    const remembered = aRememberedSession();

    expect(parseRememberedSession(JSON.parse(JSON.stringify(remembered)))).toEqual(remembered);
  });

  it.each([
    ['null', null],
    ['an empty object', {}],
    ['apiUrl is relative', { ...aRememberedSession(), apiUrl: '/api/' }],
    ['account id empty', { ...aRememberedSession(), accountId: '' }],
    ['session state missing', { ...aRememberedSession(), sessionState: undefined }],
    [
      'since when totals are believed missing',
      { ...aRememberedSession(), totalsBelievedSince: undefined },
    ],
    ['capabilities are no list', { ...aRememberedSession(), capabilities: {} }],
    ['limits missing', { ...aRememberedSession(), limits: undefined }],
    ['session URL missing', { ...aRememberedSession(), sessionUrl: undefined }],
  ])('%s: read again', (_, json) => {
    expect(parseRememberedSession(json)).toBeNull();
  });

  it('never throws, whatever is stored', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (json, apiUrl) => {
        expect(() => parseRememberedSession(json)).not.toThrow();
        expect(() => parseRememberedSession({ ...aRememberedSession(), apiUrl })).not.toThrow();
      }),
    );
  });
});
