export interface Address {
  readonly name: string | null;
  readonly email: string;
}

/** A message's From fields: as they are written, and as the server reads them. */
export interface FromHeader {
  /** RFC 8621 §4.1.2.1 and §4.1.3, `header:From:asRaw:all`. */
  readonly fields: readonly string[];
  /** RFC 8621 §4.1.2.3, `from`; null if the last field is empty. */
  readonly from: readonly Address[] | null;
}

/**
 * What Cyrus 3.6.1 makes of a From value that may hold more fields (`a@b\r\nFrom: c@d`): octets
 * beyond ASCII become X, and of several fields the last is read.
 */
export function readFromHeader(value: string | null): FromHeader {
  const octets = Buffer.from(value ?? '', 'utf8').toString('latin1');
  const text = octets.replace(/[\u0080-\u00FF]/gu, 'X');
  const fields = value === null ? [] : ` ${text}`.split(/\r\nfrom:/iu);
  const last = fields.at(-1) ?? '';
  return { fields, from: last.trim() === '' ? null : new Parser(last).addresses() };
}

/**
 * The addresses that Cyrus' rules find, which differ from what JMAP says. They find none if there
 * are several fields, and they decode encoded words (RFC 2047) before they read the field, so that
 * an address in an encoded name counts too.
 */
export function readRuleAddresses(value: string | null): readonly Address[] {
  const { fields, from } = readFromHeader(value === null ? null : decodeWords(value));
  return fields.length > 1 ? [] : (from ?? []);
}

/** Reads From exactly as carelessly as Cyrus does. */
class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  addresses(): readonly Address[] {
    const found: Address[] = [];
    let stop = ',';
    do {
      // A domain may have ended at the bracket of the next address.
      const phrase = stop === '<' ? { text: '', stop } : this.#phrase(',@<:;');
      stop = phrase.stop;
      if (stop === '@') {
        const { domain, comment, ...end } = this.#domain();
        stop = end.stop;
        add(found, comment, phrase.text, domain);
      } else if (stop === '<') {
        this.#angled(phrase.text, found);
        stop = ',';
      }
    } while (stop !== '');
    return found;
  }

  #angled(name: string, found: Address[]): void {
    let local = this.#phrase('@>');
    if (local.stop !== '@') {
      if (name !== '') found.push({ name: decodeWords(name), email: '' });
      return;
    }
    // RFC 5322 §4.4: a route is passed over.
    const route = local.text === '' && !this.#isQuotedBefore() ? this.#route() : null;
    if (route !== null) {
      this.#at = route;
      local = this.#phrase('@>');
    }
    const { domain, stop } = this.#domain();
    add(found, name, local.text, domain);
    if (stop === '>' || stop === '') return;
    const end = this.#text.indexOf('>', this.#at);
    this.#at = end === -1 ? this.#text.length : end + 1;
  }

  /** Whether what stands before the `@` is an empty quoted string. */
  #isQuotedBefore(): boolean {
    return this.#text.charAt(this.#at - 2) === '"';
  }

  /** Where the address behind a route begins. */
  #route(): number | null {
    const colon = this.#text.indexOf(':', this.#at);
    return colon === -1 ? null : colon + 1;
  }

  /**
   * The text up to one of the stops, and that stop; without quotes and comments, spaces collapsed.
   */
  #phrase(stops: string): { readonly text: string; readonly stop: string } {
    let text = '';
    for (;;) {
      const character = this.#next();
      if (character === '' || stops.includes(character)) {
        return { text: text.trimEnd(), stop: character };
      }
      if (character === '(') this.#comment();
      else if (character === '"') text += this.#quoted();
      else if (!/\s/u.test(character)) text += character;
      else if (text !== '' && !text.endsWith(' ')) text += ' ';
    }
  }

  /** The domain up to the first character that Cyrus does not accept, and that character. */
  #domain(): { readonly domain: string; readonly comment: string; readonly stop: string } {
    let domain = '';
    let comment = '';
    for (;;) {
      const character = this.#next();
      if (/[a-z\d[\]@:.-]/iu.test(character)) comment = '';
      if (/[a-z\d[\]@:-]/iu.test(character)) domain += character;
      else if (character === '.') domain += domain === '' || domain.endsWith('.') ? '' : '.';
      else if (character === '(') comment = this.#comment();
      else if (!/^\s$/u.test(character)) {
        return { domain: domain.replace(/\.$/u, ''), comment, stop: character };
      }
    }
  }

  #quoted(): string {
    let text = '';
    for (let character = this.#next(); character !== '"'; character = this.#next()) {
      if (character === '') break;
      if (character === '\r' || character === '\n') continue;
      text += character === '\\' ? this.#next() : character;
    }
    return text;
  }

  #comment(): string {
    let text = '';
    for (let depth = 1; depth > 0;) {
      const character = this.#next();
      if (character === '') break;
      if (character === '(') depth += 1;
      if (character === ')') depth -= 1;
      if (depth > 0) text += character === '\\' ? this.#next() : character;
    }
    return text;
  }

  #next(): string {
    this.#at += 1;
    return this.#text.charAt(this.#at - 1);
  }
}

function add(found: Address[], name: string, local: string, domain: string): void {
  if (domain === '') return;
  found.push({ name: name === '' ? null : decodeWords(name), email: `${local}@${domain}` });
}

/** RFC 2047 encoded words, UTF-8 only. */
function decodeWords(text: string): string {
  return text
    .replace(/\?=\s+=\?/gu, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/giu, (_, encoding: string, data: string) =>
      encoding.toLowerCase() === 'b'
        ? Buffer.from(data, 'base64').toString('utf8')
        : decodeQuotedPrintable(data),
    );
}

function decodeQuotedPrintable(data: string): string {
  const bytes = data
    .replace(/_/gu, ' ')
    .replace(/=([0-9a-f]{2})/giu, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
