import { SettingsError, UrlNotTrustedError } from '../errors.ts';

/** Says where credentials may go. */
export interface TrustRule {
  /** Throws UrlNotTrustedError, which names the host and what to do; sends nothing. */
  check(url: URL): void;
}

/** The settings that say where credentials may go. */
export interface TrustRuleOptions {
  /** The URL of the settings; its host and port are trusted, and its subdomains over https. */
  readonly configuredUrl: string;
  /** `MAILROOM_TRUSTED_HOSTS`: `host` (the scheme's default port) or `host:port`. */
  readonly trustedHosts: readonly string[];
  /** The setting that holds `configuredUrl`, for the error message. */
  readonly settingName?: string;
}

/** One entry of `MAILROOM_TRUSTED_HOSTS`. */
export interface TrustedHost {
  /** In the form of `URL.hostname`: lower case, ASCII, IPv6 in brackets, no dot at the end. */
  readonly hostname: string;
  /** Null: the default port of the URL's scheme. */
  readonly port: number | null;
}

/**
 * Credentials go to the configured host and port, to its subdomains over https on the default port
 * (a provider may answer with a host of its own below the configured one), and to the trusted
 * hosts; over https only, or over http to loopback. Look-alikes are refused, and so is a URL with
 * user info: a doubt costs a pass, not a password. Throws SettingsError for an entry that is not a
 * host.
 */
export function createTrustRule(options: TrustRuleOptions): TrustRule {
  const configured = new URL(options.configuredUrl);
  const trustedHosts = options.trustedHosts.map((text) => {
    const host = parseTrustedHost(text);
    if (host !== null) return host;
    throw new SettingsError([`MAILROOM_TRUSTED_HOSTS must be ${TRUSTED_HOST_FORM}`]);
  });

  return {
    check(url) {
      if (url.username !== '' || url.password !== '') {
        throw refusal(url, 'its URL carries a user name or password of its own');
      }
      if (!isSafeTransport(url)) {
        throw refusal(url, 'credentials are sent over https only (http to this machine alone)');
      }
      if (isSamePlace(url, configured) || isSubdomain(url, configured)) return;
      if (trustedHosts.some((host) => isTrustedHost(url, host))) return;
      const setting = options.settingName === undefined ? '' : ` of ${options.settingName}`;
      throw refusal(
        url,
        `it is not the host${setting} (${configured.host}) nor a subdomain of it; ` +
          `if it is your provider's, add ${url.host} to MAILROOM_TRUSTED_HOSTS`,
      );
    },
  };
}

/** What an entry of `MAILROOM_TRUSTED_HOSTS` looks like, for error messages. */
export const TRUSTED_HOST_FORM =
  'a comma list of hosts, each as host or host:port (no scheme, no path, no wildcard)';

/** Null if the text is neither `host` nor `host:port`. */
export function parseTrustedHost(text: string): TrustedHost | null {
  const entry = text.trim();
  if (/[\s/\\?#@*]/u.test(entry)) return null;
  // `URL` drops the default port of a scheme, so the port is cut off before.
  const port = /^(?:\[[^\]]*\]|[^:]*):(?<port>\d+)$/u.exec(entry)?.groups?.['port'];
  const host = port === undefined ? entry : entry.slice(0, -port.length - 1);
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return null;
  if (!host.startsWith('[') && host.includes(':')) return null;
  const url = URL.parse(`https://${host}`);
  if (url === null || url.port !== '' || url.pathname !== '/') return null;
  const hostname = withoutFinalDot(url.hostname);
  if (hostname === '') return null;
  return { hostname, port: port === undefined ? null : Number(port) };
}

/** https, or http to loopback: 127.0.0.0/8, ::1 and `localhost`. */
export function isSafeTransport(url: URL): boolean {
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && isLoopback(withoutFinalDot(url.hostname));
}

function isLoopback(hostname: string): boolean {
  // `URL` has already normalised every way to write an IPv4 or IPv6 address.
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/u.test(hostname);
}

function isSamePlace(url: URL, configured: URL): boolean {
  return (
    withoutFinalDot(url.hostname) === withoutFinalDot(configured.hostname) &&
    effectivePort(url) === effectivePort(configured)
  );
}

function isSubdomain(url: URL, configured: URL): boolean {
  if (url.protocol !== 'https:' || url.port !== '') return false;
  const parent = withoutFinalDot(configured.hostname);
  if (!isDomainName(parent)) return false;
  const hostname = withoutFinalDot(url.hostname);
  if (!hostname.endsWith(`.${parent}`)) return false;
  const labels = hostname.slice(0, -parent.length - 1).split('.');
  return labels.every((label) => /^[a-z0-9_-]+$/u.test(label));
}

/** At least two labels, and not an IP address: nobody owns everything below `com` or `1.2.3.4`. */
function isDomainName(hostname: string): boolean {
  return hostname.includes('.') && !hostname.startsWith('[') && !/\.\d+$/u.test(hostname);
}

function isTrustedHost(url: URL, host: TrustedHost): boolean {
  if (withoutFinalDot(url.hostname) !== host.hostname) return false;
  return host.port === null ? url.port === '' : effectivePort(url) === host.port;
}

function effectivePort(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'http:' ? 80 : 443;
}

function withoutFinalDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

function refusal(url: URL, reason: string): UrlNotTrustedError {
  return new UrlNotTrustedError(`no credentials were sent to ${url.host}: ${reason}`);
}
