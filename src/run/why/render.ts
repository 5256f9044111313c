import { toPlainLine } from '../../log/plain-line.ts';
import { padToColumns } from '../../terminal/columns.ts';
import { renderDecision } from '../../triage/decision.ts';
import type { SenderAddress } from '../../triage/model.ts';
import { type ExplainedCard, findPattern } from './explain.ts';
import type { Why, WrittenDecision } from './read.ts';

/** The sentence first, then what it rests on. Ends in a line break. */
export function renderWhy(why: Why): string {
  const { cards, decisions, emails, labels, plan, rules, waiting } = why;
  const lines = [
    why.sentence,
    '',
    ...(cards.length === 0
      ? ['Contact    none']
      : cards.map((card) => contactLine(card, why.address))),
    ...decisions.map((decision) => `Decision   ${renderDecision(decision)}`),
    `Rule       ${rules.length === 0 ? 'none: what no rule sorts stays in Inbox' : rules.join(', then ')}`,
    `Screener   ${waiting.emails} ${waiting.emails === 1 ? 'email' : 'emails'}${waiting.since === null ? '' : `, the oldest of ${waiting.since.slice(0, 10)}`}`,
    ...Object.entries(emails).map(([place, count]) => `Emails     ${count} in ${place}`),
    ...(labels.length === 0 ? [] : [`Labels on  ${labels.join(', ')}`]),
    ...(plan === null
      ? [
          `Next pass  ${labels.length === 0 ? 'does nothing: no email carries a triage label' : 'leaves it alone: the labels contradict one another'}`,
        ]
      : [
          `Next pass  to ${plan.category}${plan.moves.map(({ emails: count, from, to }) => `, ${count} ${from.join(' + ')} → ${to.join(' + ')}`).join('')}`,
        ]),
  ];
  return `${lines.map((line) => toPlainLine(line)).join('\n')}\n`;
}

function contactLine(card: ExplainedCard, address: SenderAddress): string {
  const { name, book, isOurs, groups } = card;
  const pattern = findPattern(card, address);
  return [
    `Contact    "${name}" in ${book}`,
    isOurs ? 'made by Mailroom' : 'your own',
    ...(pattern === null ? [] : [`by ${pattern}`]),
    ...(groups.length === 0 ? [] : [`in ${groups.join(', ')}`]),
  ].join(', ');
}

/** A line for each decision, newest first. */
export function renderDecisions(decisions: readonly WrittenDecision[]): string {
  if (decisions.length === 0) return 'No decision is written on a card.\n';
  const lines = decisions.map((decision) => {
    const { date, from, to, addresses, contact } = decision;
    const said = from === null ? to : `${from} → ${to}`;
    return `${date}  ${padToColumns(said, 24)}  ${addresses.join(', ')}  ${contact}`;
  });
  return `${lines.map((line) => toPlainLine(line)).join('\n')}\n`;
}
