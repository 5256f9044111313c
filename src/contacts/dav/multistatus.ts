import { MalformedAnswerError } from '../../errors.ts';
import { type XmlElement, XmlError, XmlReader } from './xml-parser.ts';

/** One response of a multistatus (RFC 4918 §14.24). */
export interface DavResponse {
  /** As the server wrote it. */
  readonly href: string;
  /** Of the response as a whole; null where each property has its own. */
  readonly status: number | null;
  /** The properties that were found (2xx), by `{namespace}name`. */
  readonly properties: ReadonlyMap<string, XmlElement>;
}

/** WebDAV's XML namespace (RFC 4918). */
export const DAV = 'DAV:';

/** CardDAV's XML namespace (RFC 6352). */
export const CARDDAV = 'urn:ietf:params:xml:ns:carddav';

/** As MultistatusReader, of a whole document. */
export function parseMultistatus(
  document: string,
  source: string,
  visit: (response: DavResponse) => void,
): void {
  const reader = new MultistatusReader(source, visit);
  reader.write(document);
  reader.end();
}

/**
 * Hands over each response of a multistatus that arrives piece by piece, given as octets. What was
 * visited counts only once `end` has returned: it throws MalformedAnswerError when the document is
 * not whole, or the server says that it left something out (RFC 6352 §8.6.1), and what `visit` threw.
 * `source` names the server in the error.
 */
export class MultistatusReader {
  readonly #source: string;
  readonly #reader: XmlReader;
  #problem: unknown = null;

  constructor(source: string, visit: (response: DavResponse) => void) {
    this.#source = source;
    this.#reader = new XmlReader(`{${DAV}}multistatus`, (element) => {
      if (element.name === `{${DAV}}response`) visit(this.#requireUsable(toResponse(element)));
    });
  }

  /** Never throws: the answer is read to its end, whatever it is. */
  write(octets: string): void {
    if (this.#problem !== null) return;
    try {
      this.#reader.write(octets);
    } catch (error) {
      this.#problem = error;
    }
  }

  end(): void {
    try {
      if (this.#problem !== null) throw this.#problem;
      this.#reader.end();
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      throw new MalformedAnswerError(`${this.#source}: no complete multistatus: ${error.message}`, {
        cause: error,
      });
    }
  }

  #requireUsable(response: DavResponse): DavResponse {
    if (response.href === '') {
      throw new MalformedAnswerError(`${this.#source}: a response without href`);
    }
    if (response.status === 507) {
      throw new MalformedAnswerError(
        `${this.#source}: the server left out a part of the listing (507)`,
      );
    }
    return response;
  }
}

/** The text of an element, without surrounding space; null where there is none. */
export function findText(element: XmlElement | undefined): string | null {
  const text = Buffer.from(element?.text ?? '', 'latin1')
    .toString('utf8')
    .trim();
  return text === '' ? null : text;
}

/** The first child of that name; undefined where there is none, or no element. */
export function findChild(
  element: XmlElement | undefined,
  namespace: string,
  local: string,
): XmlElement | undefined {
  const name = `{${namespace}}${local}`;
  return element?.children.find((child) => child.name === name);
}

/** The text of every href in a property. */
export function findHrefs(element: XmlElement | undefined): readonly string[] {
  const hrefs = element?.children.filter(({ name }) => name === `{${DAV}}href`) ?? [];
  return hrefs.map(findText).filter((href) => href !== null);
}

function toResponse(element: XmlElement): DavResponse {
  const properties = new Map<string, XmlElement>();
  for (const propstat of element.children) {
    if (propstat.name !== `{${DAV}}propstat`) continue;
    const status = parseStatus(findChild(propstat, DAV, 'status')) ?? 200;
    if (status < 200 || status > 299) continue;
    for (const property of findChild(propstat, DAV, 'prop')?.children ?? []) {
      properties.set(property.name, property);
    }
  }
  return {
    href: findText(findChild(element, DAV, 'href')) ?? '',
    status: parseStatus(findChild(element, DAV, 'status')),
    properties,
  };
}

function parseStatus(element: XmlElement | undefined): number | null {
  const found = /^\s*HTTP\/\S+\s+(?<status>\d{3})\b/u.exec(element?.text ?? '')?.groups;
  return found === undefined ? null : Number(found['status']);
}
