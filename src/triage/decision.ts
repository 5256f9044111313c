/**
 * Decisions are written on the contact's card, one line each at the end of its NOTE, in words that
 * a person can read on the phone. There is no other journal: cards outlive the cluster.
 */
export interface Decision {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Name of the category before; null: it was the first decision. */
  readonly from: string | null;
  /** Name of the category, or `Screener`: taken back. */
  readonly to: string;
  /** Mailroom made the card for it. */
  readonly isContactAdded: boolean;
}

/** What a pass wants to have written on a card. */
export interface DecisionWish {
  readonly to: string;
  /** Name of the category of the group that the sender was in; null: of none. */
  readonly groupCategory: string | null;
  /** `YYYY-MM-DD` (UTC). */
  readonly today: string;
}

/** The name under which a decision is taken back; no category may have it. */
export const SCREENER = 'Screener';

const ARROW = ' → ';
const ADDED = ' (contact added)';

/** `Mailroom 2026-11-25: Feed → Jail`. */
export function renderDecision({ date, from, to, isContactAdded }: Decision): string {
  return `Mailroom ${date}: ${from === null ? '' : `${from}${ARROW}`}${to}${isContactAdded ? ADDED : ''}`;
}

/** The decisions in a NOTE, in its order. Only lines of exactly that shape are Mailroom's. */
export function findDecisions(note: string): readonly Decision[] {
  return note.split('\n').flatMap((line) => parseDecision(line) ?? []);
}

/**
 * Whether a line of a NOTE is entirely Mailroom's, of this version or an earlier one: it names no
 * other categories than these.
 */
export function isOurLine(line: string, categories: readonly string[]): boolean {
  const decision = parseDecision(line);
  if (decision === null) return EARLIER.test(line.trim());
  const known = new Set([...categories, SCREENER].map(nameKey));
  return [decision.to, decision.from ?? decision.to].every((name) => known.has(nameKey(name)));
}

/** Whether two names, as settings have them or as they come back from a card, are one category's. */
export function isSameCategoryName(a: string, b: string): boolean {
  return nameKey(a) === nameKey(b);
}

/**
 * The line to be written at the end of a NOTE; null where its last decision is this one: a retry, a
 * crash or a second pass adds nothing.
 */
export function planDecision(note: string, wish: DecisionWish): string | null {
  const last = findDecisions(note).at(-1);
  if (last !== undefined && isSameCategoryName(last.to, wish.to)) return null;
  const from = last?.to ?? (wish.groupCategory === wish.to ? null : wish.groupCategory);
  return renderDecision({ date: wish.today, from, to: wish.to, isContactAdded: false });
}

/** Why a category cannot have this name, a phrase that goes on after it; null when it can. */
export function findNameProblem(name: string): string | null {
  const key = nameKey(name);
  if (key.toLowerCase() === SCREENER.toLowerCase()) {
    return `is the word for a decision that was taken back; choose another name`;
  }
  // At an end of the name as well, where the space beside it is that of the line.
  if (` ${key} `.includes(ARROW)) return `must not hold "${ARROW}": it divides two names on a card`;
  if (` ${key}`.endsWith(ADDED)) return `must not end in "${ADDED}": cards say so of themselves`;
  return /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)
    ? 'must not hold a line break or control character'
    : null;
}

/**
 * What is left of a name however a card has it: white space of any kind and length, accents in one
 * character or two, and backslashes, which the escapes of some cards add and drop.
 */
function nameKey(name: string): string {
  return name.normalize('NFC').replaceAll('\\', '').replace(/\s+/gu, ' ').trim();
}

const SHAPE = /^Mailroom (?<date>\d{4}-\d\d-\d\d): (?<said>\S.*)$/u;

const EARLIER = /^(?:Added|Updated) by Mailroom on \d{4}-\d\d-\d\d$/u;

function parseDecision(line: string): Decision | null {
  const { date, said } = SHAPE.exec(line.trim())?.groups ?? {};
  if (date === undefined || said === undefined) return null;
  const isContactAdded = said.endsWith(ADDED);
  const names = (isContactAdded ? said.slice(0, -ADDED.length) : said).split(ARROW);
  const [first = '', second] = names;
  if (names.length > 2 || names.some((name) => name.trim() === '')) return null;
  // A card is added with its first decision.
  if (second !== undefined && isContactAdded) return null;
  return second === undefined
    ? { date, from: null, to: first, isContactAdded }
    : { date, from: first, to: second, isContactAdded: false };
}
