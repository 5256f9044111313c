import { CALENDARSERVER, CARDDAV, DAV, escapeXml } from '../xml.ts';
import type { Answer } from './exchange.ts';

/** A property's content as XML, by `{namespace}name`. */
export type PropertyValues = ReadonlyMap<string, string>;

/**
 * One DAV:response (RFC 4918 §14.24), as a binary string: each property that was asked for, found
 * or not.
 */
export function renderResponse(
  href: string,
  asked: readonly string[],
  values: PropertyValues,
): string {
  const found = asked.filter((name) => values.has(name));
  const missing = asked.filter((name) => !values.has(name));
  const parts = [
    renderPropstat(
      found.map((name) => renderProperty(name, values.get(name) ?? '')),
      '200 OK',
    ),
    renderPropstat(
      missing.map((name) => renderProperty(name, '')),
      '404 Not Found',
    ),
  ];
  return `<d:response><d:href>${escapeXml(href)}</d:href>${parts.join('')}</d:response>`;
}

export function renderMissing(href: string): string {
  return `<d:response><d:href>${escapeXml(href)}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>`;
}

export function multistatusAnswer(responses: readonly string[]): Answer {
  return {
    status: 207,
    headers: XML_TYPE,
    body: Buffer.from(
      `${PROLOG}<d:multistatus ${NAMESPACES}>\n${responses.join('')}</d:multistatus>`,
      'latin1',
    ),
  };
}

/** RFC 4918 §16: a refusal that names the condition. */
export function conditionAnswer(status: number, content: string, description = ''): Answer {
  const text =
    description === ''
      ? ''
      : `<d:responsedescription>${escapeXml(description)}</d:responsedescription>`;
  return {
    status,
    headers: XML_TYPE,
    body: `${PROLOG}<d:error ${NAMESPACES}>${content}${text}</d:error>`,
  };
}

/** A text as a binary string, like cards. */
export function encodeText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Character data that keeps its line ends. `]]>` is split as in libxml2. */
export function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

const PROLOG = '<?xml version="1.0" encoding="utf-8"?>\n';
const XML_TYPE = { 'content-type': 'application/xml; charset=utf-8' };
const PREFIXES: ReadonlyMap<string, string> = new Map([
  [DAV, 'd'],
  [CARDDAV, 'c'],
  [CALENDARSERVER, 'cs'],
]);
const NAMESPACES = [...PREFIXES]
  .map(([namespace, prefix]) => `xmlns:${prefix}="${namespace}"`)
  .join(' ');

function renderPropstat(properties: readonly string[], status: string): string {
  if (properties.length === 0) return '';
  return `<d:propstat><d:prop>${properties.join('')}</d:prop><d:status>HTTP/1.1 ${status}</d:status></d:propstat>`;
}

function renderProperty(name: string, content: string): string {
  const end = name.indexOf('}');
  const namespace = name.slice(1, end);
  const local = name.slice(end + 1);
  const prefix = PREFIXES.get(namespace);
  if (prefix !== undefined) return `<${prefix}:${local}>${content}</${prefix}:${local}>`;
  return `<${local} xmlns="${escapeXml(namespace)}">${content}</${local}>`;
}
