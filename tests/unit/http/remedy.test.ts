import { describe, expect, it } from 'vitest';

import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  NetworkError,
  TimeoutError,
} from '../../../src/errors.ts';
import {
  addRemedy,
  contactsServerHelp,
  type Keys,
  findRemedy,
  mailServerHelp,
} from '../../../src/http/remedy.ts';

const SESSION = 'https://api.example.com/jmap/session';
const DAV = 'https://dav.example.com/';
const keys = (change: Partial<Keys> = {}): Keys => ({
  token: 'a-token',
  password: 'a-password',
  ...change,
});
const mail = mailServerHelp(SESSION, keys());
const contacts = contactsServerHelp(DAV, 'me@example.com', 'a-password');

const network = (code: string): NetworkError =>
  new NetworkError('said', { cause: Object.assign(new Error('cause'), { code }) });

describe('what to do about a failed request', () => {
  it.each([
    [
      'a refused token',
      new CredentialsError('x'),
      mail,
      /Manage API tokens.*MAILROOM_JMAP_TOKEN$/u,
    ],
    [
      'a refused app password',
      new CredentialsError('x'),
      contacts,
      /CARDDAV_USERNAME.*Manage app passwords.*MAILROOM_CARDDAV_PASSWORD$/u,
    ],
    ['nothing there', new HttpStatusError('x', 404), mail, /MAILROOM_JMAP_SESSION_URL right/u],
    [
      'a host that is unknown',
      network('ENOTFOUND'),
      contacts,
      /host name in MAILROOM_CARDDAV_URL/u,
    ],
    ['a name server that cannot say', network('EAI_AGAIN'), mail, /host name in MAILROOM_JMAP/u],
    ['a certificate of another', network('ERR_TLS_CERT_ALTNAME_INVALID'), mail, /host name in/u],
    ['a certificate of last year', network('CERT_HAS_EXPIRED'), mail, /clock/u],
    ['another protocol', network('ERR_SSL_WRONG_VERSION_NUMBER'), contacts, /speak https\?/u],
    [
      'half a chain of certificates',
      network('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
      contacts,
      /in front of MAILROOM_CARDDAV_URL.*NODE_EXTRA_CA_CERTS/u,
    ],
    ['nobody at the port', network('ECONNREFUSED'), mail, /port in MAILROOM_JMAP_SESSION_URL/u],
    ['http at the port', network('EPROTO'), mail, /SESSION_URL speak https\?/u],
    ['a certificate of tomorrow', network('CERT_NOT_YET_VALID'), mail, /clock/u],
    [
      'a certificate of one’s own',
      network('DEPTH_ZERO_SELF_SIGNED_CERT'),
      mail,
      /NODE_EXTRA_CA_CERTS/u,
    ],
  ])('%s', (_name, error, help, expected) => {
    expect(findRemedy(error, SESSION, help)).toMatch(expected);
  });

  it.each([
    ['a passing server error', new HttpStatusError('x', 503), SESSION],
    ['a card that is gone', new HttpStatusError('x', 404), 'https://dav.example.com/card.vcf'],
    ['a connection that broke', network('ECONNRESET'), SESSION],
    ['no answer in time', new TimeoutError('x'), SESSION],
    ['an account that is not as it should be', new AccountError('x'), SESSION],
  ])('%s: nothing but waiting helps, or the error says it', (_name, error, url) => {
    expect(findRemedy(error, url, contacts)).toBeNull();
  });

  it.each([
    [
      'the example’s token',
      mailServerHelp(SESSION, keys({ token: 'EXAMPLE-not-a-real-token' })),
      'JMAP_TOKEN still has',
    ],
    [
      'quotes',
      mailServerHelp(SESSION, keys({ token: '"a-token"' })),
      'MAILROOM_JMAP_TOKEN has quotes around it',
    ],
    [
      'the example’s user',
      contactsServerHelp(DAV, 'you@example.com', 'x'),
      'CARDDAV_USERNAME still has',
    ],
    ['half an address', contactsServerHelp(DAV, 'me', 'x'), 'MAILROOM_CARDDAV_USERNAME has no @'],
    [
      'the token in place of the app password',
      contactsServerHelp(DAV, 'me@example.com', 'fmu1-0000'),
      'MAILROOM_CARDDAV_PASSWORD is an API token',
    ],
    [
      'each in the other’s place',
      mailServerHelp(SESSION, { token: 'app-password', password: 'fmu1-0000' }),
      'MAILROOM_JMAP_TOKEN and MAILROOM_CARDDAV_PASSWORD have changed places',
    ],
  ])('refused credentials that can be seen to be wrong: %s', (_name, help, expected) => {
    expect(findRemedy(new CredentialsError('x'), SESSION, help)).toContain(expected);
  });

  it('stands in the message, without any value', () => {
    const error = addRemedy(new CredentialsError('HTTP 401'), SESSION, mail) as Error;

    expect(error.message).toMatch(/^HTTP 401\. Make a new API token/u);
    expect(error.message).not.toContain('a-token');
  });

  it('leaves what is no error of ours as it is', () => {
    const bug = new TypeError('a bug');

    expect(addRemedy(bug, SESSION, mail)).toBe(bug);
    expect(bug.message).toBe('a bug');
  });
});
