import { SCREENER } from '../../triage/decision.ts';
import type { Decision } from '../../triage/digest.ts';
import type { ConflictReport, SenderFailure } from '../../triage/report.ts';
import type { JailedSender, WaitingSender } from './backlog.ts';
import { cleanAddress, cleanText, cut } from './clean.ts';

/** All that a digest tells. */
export interface DigestContent {
  /** The longest waiting first. */
  readonly waiting: readonly WaitingSender[];
  /** Emails in Screener that are nobody's. */
  readonly withoutSender: number;
  /** Since the last digest, oldest first. */
  readonly decided: readonly Decision[];
  /** Decisions that were not kept: there were too many. */
  readonly decidedBesides: number;
  readonly unsolved: {
    readonly conflicts: readonly ConflictReport[];
    readonly failures: readonly SenderFailure[];
    /** Emails that carry the error label. */
    readonly errorLabelled: number;
  };
  /** Those with most emails in Jail first. */
  readonly jailed: readonly JailedSender[];
}

/** The time, zone and names to tell it with. */
export interface DigestFrame {
  readonly now: Date;
  /** IANA name; dates are its dates. */
  readonly timeZone: string;
  /** Names of mailboxes, as the settings give them. */
  readonly screener: string;
  readonly jail: string;
  readonly errorLabel: string;
}

/** Nobody waits, and nothing was decided: then there is no digest. */
export function isNothingToTell({
  waiting,
  withoutSender,
  decided,
  decidedBesides,
}: DigestContent): boolean {
  return waiting.length + withoutSender + decided.length + decidedBesides === 0;
}

/**
 * Subject and text, plain and for a phone: a line for each sender, of at most 998 octets (RFC 5322
 * §2.1.1), an empty one between them. Addresses are whole; what strangers wrote is cleaned.
 */
export function renderDigest(
  content: DigestContent,
  frame: DigestFrame,
): { readonly subject: string; readonly text: string } {
  const dateOf = createDateOf(frame);
  const blocks = [
    describeWaiting(content, frame, dateOf),
    ...content.waiting.slice(0, MOST_LINES).map((one) => waitingLine(one, dateOf)),
    ...more(content.waiting.length - MOST_LINES),
    ...(content.withoutSender === 0
      ? []
      : [
          `${count(content.withoutSender, 'email')} in ${frame.screener} ${content.withoutSender === 1 ? 'has' : 'have'} no usable sender.`,
        ]),
    ...renderDecided(content),
    ...renderUnsolved(content.unsolved, frame),
    ...section(
      `Most in ${frame.jail}`,
      content.jailed.map(({ address, name, emails }) =>
        senderLine({ address, name, rest: `: ${count(emails, 'email')}` }),
      ),
    ),
    ...(content.waiting.length === 0
      ? []
      : ['To decide on a sender, put a label on one of its emails.']),
  ];
  return {
    subject: subjectOf(content, dateOf),
    text: `${blocks.map((block) => cut(block, Infinity, MOST_OCTETS)).join('\n\n')}\n`,
  };
}

/** The most of one kind: nobody would read more. */
const MOST_LINES = 50;

const MOST_OCTETS = 998;

type DateOf = (utcDate: string) => string;

function subjectOf({ waiting, decided, withoutSender }: DigestContent, dateOf: DateOf): string {
  const [oldest] = waiting;
  if (oldest !== undefined) {
    const since = `since ${dateOf(oldest.since)}`;
    return waiting.length === 1
      ? `1 sender waits, ${since}`
      : `${waiting.length} senders wait, the oldest ${since}`;
  }
  if (withoutSender > 0) return `${count(withoutSender, 'email')} without a usable sender`;
  return `Nobody waits, ${count(decided.length, 'sender')} decided on`;
}

function describeWaiting(
  { waiting }: DigestContent,
  { screener, now }: DigestFrame,
  dateOf: DateOf,
): string {
  const [oldest] = waiting;
  if (oldest === undefined) return `Nobody waits in ${screener}.`;
  const days = Math.floor((now.getTime() - Date.parse(oldest.since)) / DAY_MS);
  const since = `since ${dateOf(oldest.since)}${days > 0 ? ` (${count(days, 'day')})` : ''}`;
  return waiting.length === 1
    ? `1 sender waits in ${screener}, ${since}:`
    : `${waiting.length} senders wait in ${screener}, the oldest ${since}:`;
}

const DAY_MS = 24 * 60 * 60 * 1000;

function waitingLine(
  { address, name, emails, since, subject }: WaitingSender,
  dateOf: DateOf,
): string {
  const rest = `, ${count(emails, 'email')} since ${dateOf(since)}: `;
  const cleaned = cleanText(subject, MOST_SUBJECT);
  return senderLine({ address, name, rest, subject: cleaned === '' ? '(no subject)' : cleaned });
}

interface SenderLine {
  readonly address: string;
  /** As the sender wrote it. */
  readonly name: string;
  readonly rest: string;
  /** Cleaned. */
  readonly subject?: string;
}

/** Subject and name make room for the address, which is useful only when it is whole. */
function senderLine({ address, name: written, rest, subject = '' }: SenderLine): string {
  const name = cleanText(written, MOST_NAME);
  const plain = cleanAddress(address);
  const shownAddress = name === '' ? plain : ` <${plain}>`;
  const room = MOST_OCTETS - Buffer.byteLength(`• ${shownAddress}${rest}`);
  const shownName = cut(name, Infinity, Math.max(3, Math.min(room, MOST_NAME_OCTETS)));
  const left = Math.max(3, room - Buffer.byteLength(shownName));
  return `• ${shownName}${shownAddress}${rest}${cut(subject, Infinity, left)}`;
}

/** Of a name that is shown, in characters. */
export const MOST_NAME = 60;

const MOST_SUBJECT = 120;

/** A few letters with dozens of accents each may still be long. */
export const MOST_NAME_OCTETS = 240;

function renderDecided({ decided, decidedBesides }: DigestContent): readonly string[] {
  const shown = decided.slice(-MOST_LINES).map(({ sender, name, category }) =>
    senderLine({
      address: sender,
      name,
      rest: `: ${category === SCREENER ? 'back to Screener' : cleanText(category, MOST_NAME)}`,
    }),
  );
  return section('Decided since the last digest', [
    ...shown,
    ...more(decided.length - shown.length + decidedBesides),
  ]);
}

function renderUnsolved(
  { conflicts, failures, errorLabelled }: DigestContent['unsolved'],
  { errorLabel }: DigestFrame,
): readonly string[] {
  const lines = [
    ...conflicts.map(
      ({ sender, categories }) =>
        `• ${cleanAddress(sender)} has the labels of ${categories.map((one) => cleanText(one, 60)).join(' and ')}: leave one on.`,
    ),
    ...failures.map(
      ({ sender, step, failure }) =>
        `• ${cleanAddress(sender)} could not be handled (${step}): ${cleanText(failure.problem, 200)}`,
    ),
  ];
  return section('Unsolved', [
    ...lines.slice(0, MOST_LINES),
    ...more(lines.length - MOST_LINES),
    ...(errorLabelled === 0
      ? []
      : [`• ${count(errorLabelled, 'email')} in ${cleanText(errorLabel, 60)}.`]),
  ]);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines];
}

function more(left: number): readonly string[] {
  return left > 0 ? [`and ${left} more`] : [];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `3 Nov`, with the year if it is not this one. */
function createDateOf({ now, timeZone }: DigestFrame): DateOf {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  const partsOf = (date: Date): ReadonlyMap<string, string> =>
    new Map(format.formatToParts(date).map(({ type, value }) => [type, value]));
  const thisYear = partsOf(now).get('year');
  return (utcDate) => {
    const parts = partsOf(new Date(utcDate));
    const day = `${parts.get('day')} ${parts.get('month')}`;
    return parts.get('year') === thisYear ? day : `${day} ${parts.get('year')}`;
  };
}
