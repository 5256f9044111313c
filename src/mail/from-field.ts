import type { parseFrom } from 'email-addresses';

import type { FromReading } from '../triage/author.ts';

/** Reads the raw value of a From field, `header:From:asRaw` of RFC 8621 §4.1.2.1. Never throws. */
export type ReadFromField = (raw: string) => FromReading;

/** Loads the library for RFC 5322 addresses. A pass that reads no email does not need it. */
export async function loadFromReader(): Promise<ReadFromField> {
  const { default: library } = await import('email-addresses');
  return (raw) => readFromField(raw.trim(), library.parseFrom);
}

type Parse = typeof parseFrom;

/**
 * A field that is not plainly one address and its name is nobody's: servers differ about groups and
 * routes, and about a domain with space, comment or final dot. Comments elsewhere are fine.
 */
function readFromField(raw: string, parse: Parse): FromReading {
  if (!raw.includes('@')) return nobody('no address');
  // Parsing time grows with the square of the length, and faster still with nested comments.
  if (raw.length > MAX_LENGTH || raw.split('(').length > MAX_COMMENTS) {
    return nobody('unclear From field');
  }
  const entries = parse({ input: raw, rfc6532: true }) ?? parseWithComma(raw, parse) ?? [];
  const [entry, ...others] = entries;
  if (others.length > 0) return nobody('several addresses');
  if (entry?.type !== 'mailbox') return nobody('unclear From field');
  const { parts, local: localPart, domain } = entry;
  const isPlain =
    isLocalPartAsWritten(parts.local.tokens, localPart) &&
    isDomainAsWritten(parts.domain.tokens, domain) &&
    !ROUTE.test(raw.replace(QUOTED, '""'));
  return isPlain ? { kind: 'address', localPart, domain } : nobody('unclear From field');
}

/** `Name, Jr. <a@example.com>`, which should have quotes: only where one address at most is in it. */
function parseWithComma(raw: string, parse: Parse): ReturnType<Parse> {
  if (raw.indexOf('@') !== raw.lastIndexOf('@')) return null;
  return parse({ input: raw, rfc6532: true, commaInDisplayName: true });
}

/**
 * Comments and space may come before it, and `@` comes after it. The library trims space at the end
 * of a quoted string, which would make it somebody else's address.
 */
function isLocalPartAsWritten(tokens: string, localPart: string): boolean {
  if (!tokens.endsWith('"')) return tokens.endsWith(localPart) && !/[\s"()]/u.test(localPart);
  const quoted = /^(?:\s|\([^()"]*\))*"(?<content>(?:[^"\\]|\\.)*)"$/u.exec(tokens);
  return quoted?.groups?.['content']?.replace(/\\(.)/gu, '$1') === localPart;
}

/** Comments and space may follow it. */
function isDomainAsWritten(tokens: string, domain: string): boolean {
  return tokens.startsWith(domain) && /^(?:$|[\s(])/u.test(tokens.slice(domain.length));
}

/** RFC 5322 §4.4: `<@relay.example:a@example.com>`. */
const ROUTE = /@[^@]*:[^@]*@/u;

const QUOTED = /"(?:[^"\\]|\\.)*"/gsu;

/** In UTF-16 code units; a name of 250 letters of any script, encoded, and an address. */
const MAX_LENGTH = 800;

const MAX_COMMENTS = 10;

function nobody(reason: Extract<FromReading, { kind: 'nobody' }>['reason']): FromReading {
  return { kind: 'nobody', reason };
}
