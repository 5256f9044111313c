import type { FastmailRule } from '../../triage/fastmail-rules.ts';
import { type Decision, findDecisions, isSameCategoryName } from '../../triage/decision.ts';
import type { Category, SenderAddress } from '../../triage/model.ts';
import { isSameName } from '../../triage/names.ts';
import { findMatch } from './rule-match.ts';

/** A card on which the sender's address stands, or a pattern that covers it. */
export interface ExplainedCard {
  readonly book: string;
  readonly name: string;
  /** Mailroom made it: it has the UID that Mailroom gives a card of this address. */
  readonly isOurs: boolean;
  /** Values of its EMAILs, as written. */
  readonly emails: readonly string[];
  /** Contact groups that it is in. */
  readonly groups: readonly string[];
  /** Those of them in which the server's rules find it: they compare members letter by letter. */
  readonly foundInGroups: readonly string[];
  readonly note: string;
}

/** Where a sender's next email goes, and why. */
export interface Explanation {
  readonly sentence: string;
  /** Mailboxes. */
  readonly goesTo: readonly string[];
  /** Names of the rules that sort it, in their order; none: no rule of ours does. */
  readonly rules: readonly string[];
  /** Newest first. */
  readonly decisions: readonly Decision[];
}

/** Follows the rules from the top, as the server does, for a sender with these cards. */
export function explain(
  address: SenderAddress,
  cards: readonly ExplainedCard[],
  rules: readonly FastmailRule[],
  categories: readonly Category[],
): Explanation {
  const own = cards.filter((card) => findPattern(card, address) === null);
  const known = cards.filter(({ emails }) => emails.some((text) => findMatch(text, address)));
  const groups = [...new Set(known.flatMap((card) => card.foundInGroups))];
  const { matched, goesTo } = followRules(groups, known.length > 0, rules);
  const decisions = newestFirst(own.flatMap(({ note }) => findDecisions(note)));
  const reason = sayWhy({ address, cards: own, known, decisions }, categories);
  return {
    sentence: `${address} ${known.length > 0 ? 'goes to' : 'waits in'} ${goesTo.join(' and ')}: ${reason}.`,
    goesTo,
    rules: matched.map(({ name }) => name),
    decisions,
  };
}

/** The pattern because of which the card is the sender's; null where it has the address itself. */
export function findPattern({ emails }: ExplainedCard, address: SenderAddress): string | null {
  const matches = emails.map((text) => ({ text, kind: findMatch(text, address) }));
  if (matches.some(({ kind }) => kind === 'address')) return null;
  return matches.find(({ kind }) => kind === 'pattern')?.text.trim() ?? null;
}

/** Of one day: the one further down on the card is the newer one. */
export function newestFirst<T extends Decision>(decisions: readonly T[]): readonly T[] {
  return decisions.toReversed().toSorted((a, b) => {
    if (a.date === b.date) return 0;
    return a.date < b.date ? 1 : -1;
  });
}

function followRules(
  groups: readonly string[],
  isContact: boolean,
  rules: readonly FastmailRule[],
): { readonly matched: readonly FastmailRule[]; readonly goesTo: readonly string[] } {
  const matched: FastmailRule[] = [];
  for (const rule of rules) {
    const { condition } = rule;
    const isMatch =
      condition.kind === 'not a contact'
        ? !isContact
        : groups.some((name) => isSameName(name, condition.group));
    if (!isMatch) continue;
    matched.push(rule);
    if (!rule.isContinuing) break;
  }
  const labels = [...new Set(matched.map(({ label }) => label))];
  const staysInInbox = !matched.some(({ isArchiving }) => isArchiving);
  return { matched, goesTo: [...(staysInInbox ? ['Inbox'] : []), ...labels] };
}

interface Known {
  readonly address: SenderAddress;
  /** Cards that have the address itself. */
  readonly cards: readonly ExplainedCard[];
  /** Cards by which the server's rules know the sender. */
  readonly known: readonly ExplainedCard[];
  readonly decisions: readonly Decision[];
}

function sayWhy(
  { address, cards, known, decisions }: Known,
  categories: readonly Category[],
): string {
  const [first] = cards;
  if (known.length === 0 && first !== undefined) {
    return `its contact has the address as "${first.emails.join('", "')}", which rules do not find`;
  }
  if (known.length === 0) return 'not in your contacts';
  const own = known.filter((card) => findPattern(card, address) === null);
  const inGroups = triageGroupsOf(
    own.flatMap(({ foundInGroups }) => foundInGroups),
    categories,
  );
  const byPattern = known.flatMap((card) => {
    const pattern = findPattern(card, address);
    const named = pattern === null ? [] : triageGroupsOf(card.foundInGroups, categories);
    return named.length === 0 ? [] : [`in group ${named.join(' and ')} by ${pattern}`];
  });
  const reasons = [
    ...(inGroups.length === 0
      ? []
      : [`in group ${inGroups.join(' and ')}${saySince(decisions[0], inGroups, categories)}`]),
    ...byPattern,
  ];
  const [card] = known;
  const pattern = own.length > 0 || card === undefined ? null : findPattern(card, address);
  const contact = `in your contacts${pattern === null ? '' : ` by ${pattern}`}`;
  const unfound = triageGroupsOf(
    own.flatMap(({ groups, foundInGroups }) =>
      groups.filter((name) => !foundInGroups.includes(name)),
    ),
    categories,
  );
  return [
    reasons.length === 0 ? `${contact}, in no triage group` : reasons.join(' and '),
    ...unfound.map((name) => `in group ${name} in a spelling that rules do not find`),
  ].join('; ');
}

function triageGroupsOf(
  names: readonly string[],
  categories: readonly Category[],
): readonly string[] {
  return [...new Set(names)].filter((name) =>
    categories.some(({ contactGroup }) => isSameName(contactGroup, name)),
  );
}

/** A group that the user chose by hand after the last decision is not what was decided then. */
function saySince(
  last: Decision | undefined,
  groups: readonly string[],
  categories: readonly Category[],
): string {
  const decided = categories.find(
    ({ name }) => last !== undefined && isSameCategoryName(name, last.to),
  )?.contactGroup;
  const isDecided = groups.some((name) => decided !== undefined && isSameName(name, decided));
  return last !== undefined && isDecided ? ` since ${last.date}` : '';
}
