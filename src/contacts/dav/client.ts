import { CredentialsError, HttpStatusError, MalformedAnswerError } from '../../errors.ts';
import type { Http } from '../../http/http.ts';
import { type RawCard, toBytes, toRawCard } from '../vcard/lines.ts';
import { strongEtag } from './etag.ts';
import { createDavFetch } from './guard.ts';
import {
  CARDDAV,
  DAV,
  type DavResponse,
  findText,
  MultistatusReader,
  parseMultistatus,
} from './multistatus.ts';
import { renderXml, type XmlTree } from './xml-writer.ts';

/** A card as it is stored. */
export interface StoredCard {
  readonly raw: RawCard;
  /** Strong, with its quotes; null when the server gave none: then the card must not be written. */
  readonly etag: string | null;
}

/** A response of a listing, its href resolved. */
export interface ListedResource extends DavResponse {
  readonly url: URL;
}

/** What is kept of one resource of a listing; null: nothing. Everything else is dropped. */
export type ReadResource<Item> = (resource: ListedResource) => Item | null;

/**
 * The part of WebDAV that CardDAV needs. tsdav makes the requests; the answers are parsed here,
 * because tsdav takes pages and broken documents for empty listings, cuts and retypes values, and
 * holds the whole answer as a tree. The query, which every pass sends, is written here too: loading
 * tsdav and its XML libraries costs 12 ms of CPU, which an idle pass saves.
 */
export class DavClient {
  readonly #fetch: Http;

  constructor(http: Http) {
    this.#fetch = createDavFetch(http);
  }

  /** RFC 4918 §9.1. `properties` have prefixes `d` (DAV) or `card` (CardDAV). */
  async propfind(
    url: string,
    properties: readonly string[],
    depth: '0' | '1',
  ): Promise<readonly ListedResource[]> {
    const { propfind } = await import('tsdav');
    const props = Object.fromEntries(properties.map((name) => [name, {}]));
    const resources: ListedResource[] = [];
    const { fetch, read } = this.#capture();
    await propfind({ url, props, depth, fetch });
    read((resource) => resources.push(resource));
    return resources;
  }

  /**
   * RFC 6352 §8.6, one address book; no filter: all cards. The answer is parsed as it arrives, and
   * never whole in memory. A server that does not know how to answer may say 403: HttpStatusError
   * here.
   */
  async query<Item>(
    url: string,
    { props, filter = {} }: { readonly props: XmlTree; readonly filter?: XmlTree },
    read: ReadResource<Item>,
  ): Promise<readonly Item[]> {
    const tree = { 'd:prop': props, 'card:filter': filter };
    return this.#report(url, 'card:addressbook-query', tree, read);
  }

  /** RFC 6352 §8.7, the named cards of one address book. As `query`. */
  async multiget<Item>(
    url: string,
    props: XmlTree,
    paths: readonly string[],
    read: ReadResource<Item>,
  ): Promise<readonly Item[]> {
    const tree = { 'd:prop': props, 'd:href': paths.map((path) => ({ _text: path })) };
    return this.#report(url, 'card:addressbook-multiget', tree, read);
  }

  /**
   * The octets of a card; compressed ones would come with a weak ETag. Some servers serve each card
   * as 3.0, unless asked for `version` 4.0. HttpStatusError also for 403.
   */
  async readCard(url: string, version = ''): Promise<StoredCard> {
    const type = version === '4.0' ? 'text/vcard; version=4.0' : 'text/vcard';
    const response = await notAboutCredentials(url, () =>
      this.#fetch(url, {
        headers: { accept: `${type}, */*;q=0.1`, 'accept-encoding': 'identity' },
      }),
    );
    return {
      raw: toRawCard(new Uint8Array(await response.arrayBuffer())),
      etag: strongEtag(response.headers.get('etag')),
    };
  }

  /** As PROPFIND has it. */
  async readEtag(url: string): Promise<string | null> {
    const [resource] = await this.propfind(url, ['d:getetag'], '0');
    return resource === undefined ? null : findStrongEtag(resource);
  }

  /** `If-None-Match: *`: HttpStatusError 412 if there is a card already. */
  async createCard(bookUrl: string, fileName: string, raw: RawCard): Promise<void> {
    const { createVCard } = await import('tsdav');
    await createVCard({
      addressBook: { url: bookUrl },
      filename: fileName,
      vCardString: asBody(raw),
      fetch: this.#asFetch(this.#fetch),
    });
  }

  /**
   * `If-Match`: HttpStatusError 412 if the card has changed since it was read. False if
   * the answer has no ETag: the server may have changed what it stored (RFC 6352 §6.3.2.3).
   */
  async updateCard(url: string, raw: RawCard, etag: string): Promise<boolean> {
    const { updateVCard } = await import('tsdav');
    const response = await updateVCard({
      vCard: { url, data: asBody(raw), etag },
      fetch: this.#asFetch(this.#fetch),
    });
    return response.headers.has('etag');
  }

  async #report<Item>(
    url: string,
    name: string,
    tree: XmlTree,
    read: ReadResource<Item>,
  ): Promise<readonly Item[]> {
    const report = renderXml(name, {
      _attributes: { 'xmlns:d': DAV, 'xmlns:card': CARDDAV },
      ...tree,
    });
    let items: Item[] = [];
    let reader = new MultistatusReader(sourceOf(url), () => undefined);
    const receive = (answeredUrl: URL): ((piece: Uint8Array) => void) => {
      const base = answeredUrl.href;
      const source = sourceOf(base);
      const own: Item[] = [];
      items = own;
      reader = new MultistatusReader(source, (response) => {
        const item = read(resolve(response, base, source));
        if (item !== null) own.push(item);
      });
      const current = reader;
      return (piece) => current.write(toOctetText(piece));
    };
    await notAboutCredentials(url, () =>
      this.#fetch(url, {
        method: 'REPORT',
        headers: { 'content-type': 'text/xml;charset=UTF-8', depth: '1' },
        body: `<?xml version="1.0" encoding="utf-8"?>${report}`,
        receive,
      }),
    );
    reader.end();
    return items;
  }

  /** `If-Match`: HttpStatusError 412 if the card has changed since it was read. */
  async deleteCard(url: string, etag: string): Promise<void> {
    const { deleteVCard } = await import('tsdav');
    await deleteVCard({ vCard: { url, etag }, fetch: this.#asFetch(this.#fetch) });
  }

  /** For one request of tsdav: takes the answer before tsdav does, so that it is read here. */
  #capture(): {
    readonly fetch: typeof globalThis.fetch;
    readonly read: (visit: (resource: ListedResource) => void) => void;
  } {
    let answer: { readonly bytes: ArrayBuffer; readonly url: string } | null = null;
    const fetch = this.#asFetch(async (target, init) => {
      const response = await this.#fetch(target, init);
      answer = { bytes: await response.arrayBuffer(), url: response.url || String(target) };
      return new Response(null, { status: 207 });
    });
    const read = (visit: (resource: ListedResource) => void): void => {
      if (answer === null) throw new MalformedAnswerError('tsdav sent no request');
      parseAnswer(answer.bytes, answer.url, visit);
    };
    return { fetch, read };
  }

  /** tsdav calls with a URL as text, and never with a Request. */
  #asFetch(http: Http): typeof globalThis.fetch {
    return (input, init) => http(input instanceof Request ? input.url : input, init);
  }
}

/** The ETag in a listing. */
export function findStrongEtag({ properties }: ListedResource): string | null {
  return strongEtag(findText(properties.get(`{${DAV}}getetag`)));
}

/** 403 to one card or to one kind of query does not say that the password is wrong. */
async function notAboutCredentials<Result>(
  url: string,
  send: () => Promise<Result>,
): Promise<Result> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof CredentialsError) || error.status !== 403) throw error;
    const { host, pathname } = new URL(url);
    const said = error.detail === '' ? '' : ` (${error.detail})`;
    throw new HttpStatusError(`${host}${pathname}: HTTP 403${said}`, 403, {
      cause: error,
      detail: error.detail,
    });
  }
}

function parseAnswer(
  bytes: ArrayBuffer,
  url: string,
  visit: (resource: ListedResource) => void,
): void {
  const source = sourceOf(url);
  parseMultistatus(toOctetText(new Uint8Array(bytes)), source, (response) =>
    visit(resolve(response, url, source)),
  );
}

/** How errors name the server whose answer it is. */
function sourceOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function toOctetText({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

function resolve(response: DavResponse, base: string, source: string): ListedResource {
  const url = parseHref(response.href, base);
  if (url === null) throw new MalformedAnswerError(`${source}: an href that is no URL`);
  return { ...response, url };
}

/**
 * An href in an answer. One that begins with `//` is a path with a slash too many, as servers behind
 * a proxy write it, unless it names this very host (RFC 3986 §4.2).
 */
export function parseHref(href: string, base: string): URL | null {
  const { host } = new URL(base);
  const isPath = href.startsWith('//') && !`${href}/`.startsWith(`//${host}/`);
  return URL.parse(isPath ? href.replace(/^\/+/u, '/') : href, base);
}

/** tsdav is typed for text only, but passes octets on unchanged. */
function asBody(raw: RawCard): string {
  return toBytes(raw) as unknown as string;
}
