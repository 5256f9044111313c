type HeadersSource =
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[]>>
  | undefined;

/** The Headers of the Fetch standard (§2.2.2), as far as HTTP clients use it. */
export class LightHeaders {
  readonly #values = new Map<string, string>();

  constructor(source?: HeadersSource) {
    if (source === undefined) return;
    const entries = Symbol.iterator in source ? source : Object.entries(source);
    for (const [name, value] of entries) this.append(name, String(value));
  }

  append(name: string, value: string): void {
    const before = this.get(name);
    this.set(name, before === null ? value : `${before}, ${value}`);
  }

  set(name: string, value: string): void {
    this.#values.set(checkName(name), checkValue(value));
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  forEach(callback: (value: string, name: string) => void): void {
    for (const [name, value] of this) callback(value, name);
  }

  keys(): IterableIterator<string> {
    return this.#sorted().keys();
  }

  values(): IterableIterator<string> {
    return this.#sorted().values();
  }

  entries(): IterableIterator<[string, string]> {
    return this.#sorted().entries();
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  /** In order of name, as the standard has it. */
  #sorted(): Map<string, string> {
    return new Map([...this.#values].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** RFC 9110 §5.1. */
function checkName(name: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/u.test(name)) return name.toLowerCase();
  throw new TypeError('a header name has characters that it must not have');
}

/** RFC 9110 §5.5: a line break in a value would make a header of what follows it. */
function checkValue(value: string): string {
  const trimmed = value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/gu, '');
  if (/^[\t\u0020-\u007E\u0080-\u00FF]*$/u.test(trimmed)) return trimmed;
  throw new TypeError('a header value has characters that it must not have');
}
