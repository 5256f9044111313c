import { type DecisionWish, findDecisions, planDecision } from '../../triage/decision.ts';
import type { SenderAddress } from '../../triage/model.ts';
import { foldLine, foldQuotedPrintable, MAX_OCTETS } from './fold.ts';
import { asRawCard, type CardLine, type CardPart, hasParameter, type RawCard } from './lines.ts';
import { isFoundByRules } from './email-value.ts';
import { findEmailTexts, findFullName, findNote } from './parse.ts';
import {
  decodeText,
  encodeQuotedPrintable,
  escapeText,
  isBase64,
  isQuotedPrintable,
  isUtf8,
  oneLine,
  toOctets,
} from './values.ts';

/** What an existing contact is to have in addition. */
export interface ContactAdditions {
  readonly address: SenderAddress;
  /** FN, if the card has none or an empty one. */
  readonly fullName: string;
  /** For the line in NOTE. */
  readonly decision: DecisionWish;
}

/** A card that is there from BEGIN to END. */
export type WholeCardPart = CardPart & { readonly finish: CardLine };

/** Whether a card may be edited; one that is cut short may not. */
export function isWhole(part: CardPart): part is WholeCardPart {
  return part.finish !== null;
}

/**
 * The resource with the additions in one of its cards, written in the syntax of that card's
 * version. Every octet that was there stays, in its order; editing a second time changes nothing.
 */
export function editContactCard(
  raw: RawCard,
  part: WholeCardPart,
  additions: ContactAdditions,
): RawCard {
  const insertions = [
    ...planFullName(part, additions.fullName),
    ...planAddress(part, additions.address),
    ...planNote(part, additions.decision),
  ];
  return withInsertions(raw, insertions);
}

/** The resource with the decision alone in one of its cards. */
export function editDecision(raw: RawCard, part: WholeCardPart, decision: DecisionWish): RawCard {
  return withInsertions(raw, planNote(part, decision));
}

/** Text to be put in, as octets. */
export interface Insertion {
  readonly at: number;
  readonly octets: string;
}

/** Insertions at one place keep their order. */
export function withInsertions(raw: RawCard, insertions: readonly Insertion[]): RawCard {
  const pieces: string[] = [];
  let position = 0;
  for (const { at, octets } of insertions.toSorted((a, b) => a.at - b.at)) {
    pieces.push(raw.slice(position, at), octets);
    position = at;
  }
  return asRawCard([...pieces, raw.slice(position)].join(''));
}

/** A new line at the end of the card. `content` is octets. */
export function insertLine(part: WholeCardPart, content: string, fold = foldLine): Insertion {
  const { finish, beforeFinish, lineEnd } = part;
  // A line that ends in a soft line break would take in the next one.
  const isDangling = isQuotedPrintable(beforeFinish) && beforeFinish.value.endsWith('=');
  return {
    at: isDangling ? beforeFinish.start : finish.start,
    octets: fold(content, lineEnd),
  };
}

function planFullName(part: WholeCardPart, fullName: string): readonly Insertion[] {
  const name = oneLine(fullName);
  const value = escapeText(name, part.version);
  if (value === '' || findFullName(part) !== '') return [];
  const line = part.lines.find((one) => one.name === 'FN');
  if (line === undefined) {
    return [insertLine(part, `FN${charsetParameter(part, value)}:${toOctets(value)}`)];
  }
  // An empty value in base64, or in another character set, is nothing to add to; two FN are not allowed.
  if (isBase64(line) || !isUtf8(line)) return [];
  const octets = isQuotedPrintable(line) ? encodeQuotedPrintable(name) : toOctets(value);
  return [appendToLine(line, octets, part)];
}

/** Also where it stands in a form that no rule finds: the sender's next email would not be sorted. */
function planAddress(part: WholeCardPart, address: SenderAddress): readonly Insertion[] {
  if (hasFoundAddress(part, address)) return [];
  const value = escapeText(address, part.version);
  return [
    insertLine(
      part,
      `EMAIL${internetParameter(part)}${charsetParameter(part, value)}:${toOctets(value)}`,
    ),
  ];
}

/** Whether the server's rules find the address on the card. */
export function hasFoundAddress(part: CardPart, address: SenderAddress): boolean {
  return findEmailTexts(part).some((text) => isFoundByRules(text, address));
}

/** A type in vCard 3.0, a bare word in 2.1; 4.0 no longer has it (RFC 6350 §5.6). */
function internetParameter({ version }: CardPart): string {
  if (version === '4.0') return '';
  return version === '2.1' ? ';INTERNET' : ';TYPE=INTERNET';
}

/** Only vCard 2.1 takes text for ASCII unless told otherwise. */
function charsetParameter({ version }: CardPart, value: string): string {
  return version === '2.1' && /\P{ASCII}/u.test(value) ? ';CHARSET=UTF-8' : '';
}

function planNote(part: WholeCardPart, decision: DecisionWish): readonly Insertion[] {
  const added = planDecision(findNote(part), decision);
  if (added === null) return [];
  const note = findNoteToAppendTo(part);
  if (note !== undefined) return [appendToNote(note, oneLine(added), part)];
  // Quoted-printable, so that another line can be added later.
  if (part.version === '2.1') {
    const encoding = `;ENCODING=QUOTED-PRINTABLE${charsetParameter(part, added)}`;
    const line = `NOTE${encoding}:${encodeQuotedPrintable(oneLine(added))}`;
    return [insertLine(part, line, foldQuotedPrintable)];
  }
  return [insertLine(part, `NOTE:${toOctets(escapeText(oneLine(added), part.version))}`)];
}

/**
 * Of several, the one with the last decision: the line has to come behind it, or else it would not be
 * the last one when the card is read again, and each pass would write one more.
 */
function findNoteToAppendTo(part: CardPart): CardLine | undefined {
  const notes = part.lines.filter(({ name }) => name === 'NOTE');
  const decided = notes.findLast((line) => findDecisions(decodeText(line)).length > 0);
  return (decided === undefined ? notes : [decided]).find((line) => mayBeAppendedTo(line, part));
}

/**
 * Nothing can be added to base64, to a reference or to another character set, nor to plain text of
 * vCard 2.1, which has only one line.
 */
function mayBeAppendedTo(note: CardLine, { version }: CardPart): boolean {
  if (
    isBase64(note) ||
    !isUtf8(note) ||
    hasParameter(note, 'VALUE', 'URI', 'URL', 'CONTENT-ID', 'CID')
  )
    return false;
  return version !== '2.1' || isQuotedPrintable(note) || note.value.trim() === '';
}

function appendToNote(note: CardLine, added: string, part: WholeCardPart): Insertion {
  const text = decodeText(note);
  const isAtLineStart = text.trim() === '' || text.endsWith('\n');
  if (isQuotedPrintable(note)) {
    const octets = encodeQuotedPrintable(added);
    return appendToLine(note, `${isAtLineStart ? '' : '=0D=0A'}${octets}`, part);
  }
  // A lone backslash at the end would escape the first character of ours.
  const dangling = /(?<!\\)(?:\\\\)*\\$/u.test(note.value) ? '\\' : '';
  const octets = toOctets(escapeText(added, part.version));
  return appendToLine(note, `${dangling}${isAtLineStart ? '' : '\\n'}${octets}`, part);
}

/** Adds octets at the end of a line, folded as its encoding requires if it gets too long. */
function appendToLine(line: CardLine, octets: string, part: WholeCardPart): Insertion {
  const at = line.end;
  const { lineEnd, version } = part;
  const withoutEnd = (folded: string): string => folded.slice(0, -lineEnd.length);
  if (isQuotedPrintable(line) && line.value.endsWith('=')) {
    return { at, octets: lineEnd + withoutEnd(foldQuotedPrintable(octets, lineEnd)) };
  }
  const room = MAX_OCTETS - (line.end - line.lastStart);
  if (octets.length <= room) return { at, octets };
  if (isQuotedPrintable(line) && version === '2.1') {
    return { at, octets: `=${lineEnd}${withoutEnd(foldQuotedPrintable(octets, lineEnd))}` };
  }
  return { at, octets: lineEnd + withoutEnd(foldLine(` ${octets}`, lineEnd)) };
}
