import { toPlainLine } from '../../log/plain-line.ts';
import { columnsOf, padToColumns } from '../../terminal/columns.ts';
import { wrapText } from '../../terminal/wrap-text.ts';
import { renderDecision } from '../../triage/decision.ts';
import type { SenderAddress } from '../../triage/model.ts';
import { type ExplainedCard, findPattern } from './explain.ts';
import type { Why, WrittenDecision } from './read.ts';

/** The sentence first, then what it rests on, in lines of `width` columns. Ends in a line break. */
export function renderWhy(why: Why, width: number): string {
  const { cards, decisions, emails, labels, rules, waiting } = why;
  const facts: readonly (readonly [name: string, fact: string])[] = [
    ...(cards.length === 0
      ? ([['Contact', 'none']] as const)
      : cards.map((card) => ['Contact', describeContact(card, why.address)] as const)),
    ...decisions.map((decision) => ['Decision', renderDecision(decision)] as const),
    [
      'Rule',
      rules.length === 0 ? 'none: what no rule sorts stays in Inbox' : rules.join(', then '),
    ],
    [
      'Screener',
      `${waiting.emails} ${waiting.emails === 1 ? 'email' : 'emails'}${waiting.since === null ? '' : `, the oldest of ${waiting.since.slice(0, 10)}`}`,
    ],
    ...Object.entries(emails).map(([place, count]) => ['Emails', `${count} in ${place}`] as const),
    ...(labels.length === 0 ? [] : ([['Labels on', labels.join(', ')]] as const)),
    ['Next pass', describePlan(why)],
  ];
  const indent = ' '.repeat(NAME_COLUMNS);
  const lines = [
    ...wrapText(toPlainLine(why.sentence), { width, indent: '  ', first: '' }),
    '',
    ...facts.flatMap(([name, fact]) =>
      wrapText(toPlainLine(fact), { width, indent, first: name.padEnd(NAME_COLUMNS) }),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** `Labels on`, `Next pass`, and a gap. */
const NAME_COLUMNS = 11;

function describePlan({ plan, labels }: Why): string {
  if (plan === null) {
    return labels.length === 0
      ? 'does nothing: no email carries a triage label'
      : 'leaves it alone: the labels contradict one another';
  }
  const moves = plan.moves.map(
    ({ emails, from, to }) => `, ${emails} ${from.join(' + ')} → ${to.join(' + ')}`,
  );
  return `to ${plan.category}${moves.join('')}`;
}

function describeContact(card: ExplainedCard, address: SenderAddress): string {
  const { name, book, isOurs, groups } = card;
  const pattern = findPattern(card, address);
  return [
    `"${name}" in ${book}`,
    isOurs ? 'made by Mailroom' : 'your own',
    ...(pattern === null ? [] : [`by ${pattern}`]),
    ...(groups.length === 0 ? [] : [`in ${groups.join(', ')}`]),
  ].join(', ');
}

/** A line for each decision, newest first; where `width` columns are too few it goes on below. */
export function renderDecisions(decisions: readonly WrittenDecision[], width: number): string {
  if (decisions.length === 0) return 'No decision is written on a card.\n';
  const lines = decisions.flatMap((decision) => {
    const { date, from, to, addresses, contact } = decision;
    const said = toPlainLine(from === null ? to : `${from} → ${to}`);
    const rest = toPlainLine(`${addresses.join(', ')}  ${contact}`);
    const line = `${date}  ${padToColumns(said, DECISION_COLUMNS)}  ${rest}`;
    if (columnsOf(line) <= width) return [line];
    const indent = ' '.repeat(date.length + 2);
    return [
      ...wrapText(said, { width, indent, first: `${date}  ` }),
      ...wrapText(rest, { width, indent }),
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** Room for `Paper Trail → Paper Trail`, nearly. */
const DECISION_COLUMNS = 24;
