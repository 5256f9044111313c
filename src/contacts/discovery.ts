import {
  AccountError,
  CredentialsError,
  HttpStatusError,
  MalformedAnswerError,
} from '../errors.ts';
import { comparablePath } from './card-paths.ts';
import { type DavClient, type ListedResource, parseHref } from './dav/client.ts';
import { CARDDAV, DAV, findChild, findHrefs, findText } from './dav/multistatus.ts';

/** An address book (RFC 6352 §5.2). */
export interface AddressBook {
  /** Absolute, with a slash at its end. */
  readonly url: string;
  readonly name: string;
  /** False when the server says that we may not write. In doubt true: a write will show. */
  readonly isWritableOrUnknown: boolean;
}

/** What discovery finds: where the address books are. */
export interface Discovered {
  /** RFC 6352 §7.1.1 addressbook-home-set. */
  readonly homeUrls: readonly string[];
  /** Never empty; the one for new cards first, then by URL. */
  readonly books: readonly AddressBook[];
}

/**
 * Finds the address books from the server's URL in the three steps of RFC 6764 §6: well-known
 * address (and its redirect), principal, home. Throws AccountError when the account has no address book.
 */
export async function discoverAddressBooks(
  client: DavClient,
  serverUrl: string,
): Promise<Discovered> {
  const principalUrl = await readPrincipal(client, serverUrl);
  const principal = await client.propfind(principalUrl, ['card:addressbook-home-set'], '0');
  const homeUrls = hrefsOf(principal, CARDDAV, 'addressbook-home-set');
  if (homeUrls.length === 0) {
    throw new AccountError(
      `no address books at ${new URL(principalUrl).host}: the app password of MAILROOM_CARDDAV_PASSWORD has to allow contacts (CardDAV)`,
    );
  }
  return { homeUrls, books: await listAddressBooks(client, homeUrls) };
}

/** The address books in these homes. Throws AccountError when there is none. */
export async function listAddressBooks(
  client: DavClient,
  homeUrls: readonly string[],
): Promise<readonly AddressBook[]> {
  const found = new Map<string, AddressBook>();
  for (const homeUrl of homeUrls) {
    for (const resource of await client.propfind(homeUrl, BOOK_PROPERTIES, '1')) {
      const book = toAddressBook(resource);
      if (book === null) continue;
      if (new URL(book.url).origin !== new URL(homeUrl).origin) {
        throw new MalformedAnswerError(
          `${new URL(homeUrl).host}: an address book on another host, ${new URL(book.url).host}`,
        );
      }
      const key = comparablePath(new URL(book.url).pathname);
      if (!found.has(key)) found.set(key, book);
    }
  }
  const books = [...found.values()].toSorted(byPreference);
  if (books.length > 0) return books;
  const host = homeUrls.map((url) => new URL(url).host).join(', ');
  throw new AccountError(`no address book at ${host}: create one, or open Contacts there once`);
}

const BOOK_PROPERTIES = ['d:resourcetype', 'd:displayname', 'd:current-user-privilege-set'];

async function readPrincipal(client: DavClient, serverUrl: string): Promise<string> {
  const [principal] = await readWellKnown(client, serverUrl);
  if (principal !== undefined) return principal;
  // Some servers redirect to a place that knows no principals.
  const root = await client.propfind(serverUrl, ['d:current-user-principal'], '0');
  const [rootPrincipal] = hrefsOf(root, DAV, 'current-user-principal');
  if (rootPrincipal !== undefined) return rootPrincipal;
  throw new AccountError(
    `${new URL(serverUrl).host} does not say whose address books are there (current-user-principal): is MAILROOM_CARDDAV_URL a CardDAV server?`,
  );
}

/**
 * Not every server has the address (RFC 6764 §5 asks for it): some answer with a page, an error or a
 * redirect to a page. Refused credentials, a redirect to a host that is not trusted, and no answer at
 * all are believed, and end the discovery.
 */
async function readWellKnown(client: DavClient, serverUrl: string): Promise<readonly string[]> {
  try {
    const url = new URL('/.well-known/carddav', serverUrl).href;
    const resources = await client.propfind(url, ['d:current-user-principal'], '0');
    return hrefsOf(resources, DAV, 'current-user-principal');
  } catch (error) {
    const isUseless =
      error instanceof MalformedAnswerError ||
      (error instanceof HttpStatusError && error.status !== 429) ||
      (error instanceof CredentialsError && error.status === 403);
    if (!isUseless) throw error;
    return [];
  }
}

/** The URLs in a property, of the first resource that has it. */
function hrefsOf(
  resources: readonly ListedResource[],
  namespace: string,
  property: string,
): readonly string[] {
  const name = `{${namespace}}${property}`;
  const resource = resources.find(({ properties }) => properties.has(name));
  if (resource === undefined) return [];
  return findHrefs(resource.properties.get(name)).map((href) => {
    const url = parseHref(href, resource.url.href);
    if (url !== null) return url.href;
    throw new MalformedAnswerError(`${resource.url.host}: ${property} is no URL`);
  });
}

function toAddressBook({ url, properties }: ListedResource): AddressBook | null {
  const type = properties.get(`{${DAV}}resourcetype`);
  if (findChild(type, CARDDAV, 'addressbook') === undefined) return null;
  const privileges = properties
    .get(`{${DAV}}current-user-privilege-set`)
    ?.children.flatMap(({ children }) => children.map(({ name }) => name));
  return {
    url: url.href.endsWith('/') ? url.href : `${url.href}/`,
    name: findText(properties.get(`{${DAV}}displayname`)) ?? '',
    isWritableOrUnknown: privileges === undefined || mayWrite(new Set(privileges)),
  };
}

/**
 * RFC 3744 §3: `all` and `write` include the others; `bind` is for new cards, `write-content` for
 * edits.
 */
function mayWrite(privileges: ReadonlySet<string>): boolean {
  const has = (name: string): boolean => privileges.has(`{${DAV}}${name}`);
  return has('all') || has('write') || (has('bind') && has('write-content'));
}

/**
 * New cards go to the first: one that may be written, Fastmail's and Cyrus's `Default`, in any
 * case, before others.
 */
function byPreference(a: AddressBook, b: AddressBook): number {
  return rank(a) - rank(b) || (a.url < b.url ? -1 : 1);
}

function rank({ url, isWritableOrUnknown }: AddressBook): number {
  const isDefault = new URL(url).pathname.split('/').at(-2)?.toLowerCase() === 'default';
  return (isWritableOrUnknown ? 0 : 2) + (isDefault ? 0 : 1);
}
