import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SettingsError, UrlNotTrustedError } from '../../../src/errors.ts';
import { createTrustRule, parseTrustedHost, type TrustRule } from '../../../src/http/trust.ts';

const fastmail = { configuredUrl: 'https://api.fastmail.com/jmap/session', trustedHosts: [] };

describe('where credentials may go', () => {
  it.each<[rule: string, url: string, options?: Partial<Parameters<typeof createTrustRule>[0]>]>([
    ['the configured URL', 'https://api.fastmail.com/jmap/session'],
    ['the configured host, another path', 'https://api.fastmail.com/other?a=b'],
    ['the configured host, its default port written out', 'https://api.fastmail.com:443/'],
    ['the configured host in capitals', 'https://API.Fastmail.COM/'],
    ['the configured host with the final dot of DNS', 'https://api.fastmail.com./'],
    ['a subdomain over https', 'https://phl.api.fastmail.com/jmap'],
    ['a subdomain of a subdomain', 'https://a.b.api.fastmail.com/'],
    [
      'a subdomain of a configured host with a port, on the default port',
      'https://x.dav.example/',
      { configuredUrl: 'https://dav.example:8443/' },
    ],
    [
      'the configured port',
      'https://dav.example:8443/x',
      { configuredUrl: 'https://dav.example:8443/' },
    ],
    [
      'an international name in either form',
      'https://xn--bcher-kva.example/',
      {
        configuredUrl: 'https://bücher.example/',
      },
    ],
    [
      'a trusted host on the default port',
      'https://mail.example/',
      { trustedHosts: ['mail.example'] },
    ],
    [
      'a trusted host in other letters',
      'https://mail.example/',
      { trustedHosts: ['Mail.Example.'] },
    ],
    ['a trusted host and port', 'https://mail.example:99/', { trustedHosts: ['mail.example:99'] }],
    [
      'a trusted host and its default port',
      'https://mail.example/',
      {
        trustedHosts: ['mail.example:443'],
      },
    ],
    [
      'a trusted IPv6 address and port',
      'https://[2001:db8::1]:99/',
      {
        trustedHosts: ['[2001:DB8:0::1]:99'],
      },
    ],
    ['http to 127.0.0.0/8', 'http://127.1.2.3:80/', { configuredUrl: 'http://127.1.2.3/' }],
    ['http to ::1', 'http://[::1]:8080/x', { configuredUrl: 'http://[::1]:8080/' }],
    ['http to localhost', 'http://localhost:8080/x', { configuredUrl: 'http://localhost:8080/' }],
  ])('%s: %s', (_rule, url, options = {}) => {
    const trust = createTrustRule({ ...fastmail, ...options });

    expect(() => trust.check(new URL(url))).not.toThrow();
  });

  it.each<[rule: string, url: string, options?: Partial<Parameters<typeof createTrustRule>[0]>]>([
    ['another host', 'https://evil.example/'],
    ['the parent of the configured host', 'https://fastmail.com/'],
    ['a sibling', 'https://carddav.fastmail.com/'],
    ['a host that only ends alike', 'https://evilapi.fastmail.com/'],
    ['a host that begins alike', 'https://api.fastmail.com.evil.example/'],
    ['a subdomain with an empty label', 'https://x..api.fastmail.com/'],
    ['nothing before the dot', 'https://.api.fastmail.com/'],
    ['two final dots', 'https://api.fastmail.com../'],
    ['another port of the configured host', 'https://api.fastmail.com:8443/'],
    ['a subdomain on another port', 'https://phl.api.fastmail.com:8443/'],
    ['http to the configured host', 'http://api.fastmail.com/'],
    ['http to the configured host on the https port', 'http://api.fastmail.com:443/'],
    ['http to a subdomain', 'http://phl.api.fastmail.com/'],
    ['http to a trusted host', 'http://mail.example/', { trustedHosts: ['mail.example'] }],
    [
      'a trusted host on a port not given',
      'https://mail.example:99/',
      {
        trustedHosts: ['mail.example'],
      },
    ],
    [
      'a trusted host on the default port, when another was given',
      'https://mail.example/',
      {
        trustedHosts: ['mail.example:99'],
      },
    ],
    [
      'a subdomain of a trusted host',
      'https://x.mail.example/',
      { trustedHosts: ['mail.example'] },
    ],
    ['user info', 'https://user:password@api.fastmail.com/'],
    ['a user name alone', 'https://user@api.fastmail.com/'],
    ['the configured host as user info', 'https://api.fastmail.com@evil.example/'],
    [
      'something before an IPv4 address',
      'https://x.example/',
      { configuredUrl: 'https://10.0.0.1/' },
    ],
    ['below a name of one label', 'https://evil.jmap/', { configuredUrl: 'https://jmap/' }],
    ['another loopback address', 'http://127.0.0.2:80/', { configuredUrl: 'http://127.0.0.1/' }],
    ['another loopback port', 'http://127.0.0.1:81/', { configuredUrl: 'http://127.0.0.1/' }],
    [
      'a name that begins like loopback',
      'http://127.0.0.1.evil.example/',
      {
        trustedHosts: ['127.0.0.1.evil.example'],
      },
    ],
    [
      'a name below localhost over http',
      'http://x.localhost/',
      {
        configuredUrl: 'http://localhost/',
        trustedHosts: ['x.localhost'],
      },
    ],
    ['another scheme', 'ftp://api.fastmail.com/'],
    ['data', 'data:text/plain,x'],
    ['file', 'file://api.fastmail.com/etc'],
    ['a letter that looks alike', 'https://api.fаstmail.com/'],
  ])('not %s: %s', (_rule, url, options = {}) => {
    const trust = createTrustRule({ ...fastmail, ...options });

    expect(() => trust.check(new URL(url))).toThrow(UrlNotTrustedError);
  });

  it('says which host, and the setting that would allow it', () => {
    const trust = createTrustRule({ ...fastmail, settingName: 'MAILROOM_JMAP_SESSION_URL' });

    expect(() => trust.check(new URL('https://evil.example:99/secret-path'))).toThrow(
      /evil\.example:99: .*MAILROOM_JMAP_SESSION_URL \(api\.fastmail\.com\).*add evil\.example:99 to MAILROOM_TRUSTED_HOSTS/u,
    );
  });

  it('does not repeat the user info that it refuses', () => {
    const trust = createTrustRule(fastmail);

    expect(() => trust.check(new URL('https://me:made-up-password@evil.example/'))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('made-up-password') }),
    );
  });

  it('trusts no host at all that is neither the configured one nor below it', () => {
    const trust = createTrustRule(fastmail);

    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl({ withFragments: true, withQueryParameters: true }),
          fc
            .tuple(fc.constantFrom('http', 'https'), fc.string(), fc.string())
            .map(([scheme, before, after]) => `${scheme}://${before}api.fastmail.com${after}`),
        ),
        (text) => {
          const url = URL.parse(text);
          fc.pre(url !== null);
          expect(isAllowed(trust, url)).toBe(isOurs(url));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('an entry of MAILROOM_TRUSTED_HOSTS', () => {
  it.each([
    ['mail.example', { hostname: 'mail.example', port: null }],
    [' Mail.Example. ', { hostname: 'mail.example', port: null }],
    ['mail.example:8443', { hostname: 'mail.example', port: 8443 }],
    ['mail.example:443', { hostname: 'mail.example', port: 443 }],
    ['[::1]', { hostname: '[::1]', port: null }],
    ['[::1]:80', { hostname: '[::1]', port: 80 }],
    ['bücher.example', { hostname: 'xn--bcher-kva.example', port: null }],
  ])('%s is a host', (text, host) => {
    expect(parseTrustedHost(text)).toEqual(host);
  });

  it.each([
    '',
    ' ',
    '*.mail.example',
    'https://mail.example',
    'mail.example/path',
    'user@mail.example',
    'mail.example?x',
    'mail.example#x',
    'mail.example:',
    'mail.example:0',
    'mail.example:65536',
    'mail.example:80:80',
    'mail.example:port',
    'a b',
    '::1',
    '[::1',
    'a,b%',
  ])('%j is none', (text) => {
    expect(parseTrustedHost(text)).toBeNull();
    expect(() => createTrustRule({ ...fastmail, trustedHosts: [text] })).toThrow(SettingsError);
  });
});

function isAllowed(trust: TrustRule, url: URL): boolean {
  try {
    trust.check(url);
    return true;
  } catch (error) {
    if (error instanceof UrlNotTrustedError) return false;
    throw error;
  }
}

/** The rule for the host of the tests once more, in other words. */
function isOurs(url: URL): boolean {
  return /^https:\/\/(?:[a-z0-9_-]+\.)*api\.fastmail\.com\.?(?:[/?#]|$)/u.test(url.href);
}
