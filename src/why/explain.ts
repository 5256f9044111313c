import type { FastmailRule } from '../setup/fastmail-rules.ts';
import { type Decision, findDecisions } from '../triage/decision.ts';
import type { SenderAddress } from '../triage/model.ts';
import { isSameName } from '../triage/names.ts';

/** A card that has the sender's address. */
export interface ExplainedCard {
  readonly book: string;
  readonly name: string;
  /** Mailroom made it: it has the UID that Mailroom gives a card of this address. */
  readonly isOurs: boolean;
  readonly groups: readonly string[];
  readonly note: string;
}

/** Where a sender's next email goes, and why. */
export interface Explanation {
  readonly sentence: string;
  /** Mailboxes. */
  readonly goesTo: readonly string[];
  /** Names of the rules that sort it, in their order; none: no rule of ours does. */
  readonly rules: readonly string[];
  readonly decisions: readonly Decision[];
}

/** Follows the rules from the top, as the server does, for a sender with these cards. */
export function explain(
  address: SenderAddress,
  cards: readonly ExplainedCard[],
  rules: readonly FastmailRule[],
  triageGroups: readonly string[],
): Explanation {
  const groups = [...new Set(cards.flatMap((card) => card.groups))];
  const { matched, goesTo } = followRules(groups, cards.length > 0, rules);
  const decisions = cards
    .flatMap(({ note }) => findDecisions(note))
    .toSorted((a, b) => (a.date < b.date ? 1 : -1));
  const inGroups = groups.filter((name) => triageGroups.some((one) => isSameName(one, name)));
  return {
    sentence: `${address} ${sayWhere(goesTo, cards.length > 0)}: ${sayWhy(inGroups, cards.length > 0, decisions)}.`,
    goesTo,
    rules: matched.map(({ name }) => name),
    decisions,
  };
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

function sayWhere(goesTo: readonly string[], isContact: boolean): string {
  return isContact ? `goes to ${goesTo.join(' and ')}` : `waits in ${goesTo.join(' and ')}`;
}

function sayWhy(
  inGroups: readonly string[],
  isContact: boolean,
  decisions: readonly Decision[],
): string {
  if (!isContact) return 'not in your contacts';
  if (inGroups.length === 0) return 'in your contacts, in no triage group';
  const since = decisions[0] === undefined ? '' : ` since ${decisions[0].date}`;
  return `in group ${inGroups.join(' and ')}${since}`;
}
