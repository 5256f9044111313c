import type { CardPart, RawCard } from './lines.ts';

/**
 * Whether a card that calls itself 3.0 may be stored as 4.0. Some servers serve everything as 3.0
 * unless asked for 4.0, by changing little more than VERSION, and refuse their own
 * text when it comes back, for example a 3.0 card without N.
 */
export function findSignOfVersion4(raw: RawCard, part: CardPart): 'proof' | 'hint' | null {
  if (part.version !== '3.0') return null;
  // RFC 2426 §3.1.2: N is required.
  if (!part.lines.some(({ name }) => name === 'N')) return 'proof';
  const isHint = part.lines.some(
    ({ name, value, parameters }) =>
      NAMES.has(name) ||
      (DATES.has(name) && value.trim().startsWith('--')) ||
      parameters.some((parameter) => PARAMETERS.has(parameter.name)),
  );
  return isHint || LOWER_CASE_GROUP.test(raw) ? 'hint' : null;
}

/** Of RFC 6350, RFC 6474 and RFC 9554; 3.0 does not have them. */
const NAMES: ReadonlySet<string> = new Set([
  'ANNIVERSARY',
  'CLIENTPIDMAP',
  'CREATED',
  'GENDER',
  'KIND',
  'LANG',
  'LANGUAGE',
  'MEMBER',
  'PRONOUNS',
  'RELATED',
  'SOCIALPROFILE',
  'XML',
]);

const DATES: ReadonlySet<string> = new Set(['BDAY', 'ANNIVERSARY']);

const PARAMETERS: ReadonlySet<string> = new Set([
  'ALTID',
  'CALSCALE',
  'DERIVED',
  'JSPTR',
  'MEDIATYPE',
  'PID',
  'PREF',
  'PROP-ID',
  'SORT-AS',
]);

/** How Cyrus writes KIND and MEMBER of 4.0 in 3.0. */
const LOWER_CASE_GROUP = /^x-addressbookserver-(?:kind|member)\b/mu;
