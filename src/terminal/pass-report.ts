import type { SenderAddress } from '../triage/model.ts';
import type { ConflictReport, EmailMoves, SenderReport, TriageReport } from '../triage/report.ts';
import { toPlainLine } from '../log/plain-line.ts';

export interface ReportOptions {
  /** Tells what would be done. */
  readonly isDryRun: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/**
 * What a pass did, for a person: a row for each sender, with what was decided, how many emails went
 * from where to where, contact and groups; then what is left to do, and totals. Ends in a line break.
 */
export function renderReport(report: TriageReport, options: ReportOptions): string {
  const { senders, conflicts } = report.details;
  const rows = senders.map((sender) => rowOf(sender, options));
  const blocks = [
    ...(options.isDryRun ? [['What a pass would do now (nothing was written):']] : []),
    ...(rows.length === 0 ? [] : [renderRows(rows, options.width)]),
    ...leftToDo(report, conflicts).map((text) => renderItem(text, options.width)),
    [...wrap(totals(report, options), options.width, 0)],
  ];
  return `\n${blocks.map((lines) => lines.map((line) => toPlainLine(line)).join('\n')).join('\n\n')}\n`;
}

interface Row {
  readonly sender: SenderAddress;
  readonly category: string;
  readonly parts: readonly string[];
  /** What a person has to know besides, a line each. */
  readonly remarks: readonly string[];
}

function rowOf(sender: SenderReport, { isDryRun }: ReportOptions): Row {
  const { failure, otherName, displayName, category } = sender;
  // Most groups are called what their category is called: that need not be said.
  const joined = sender.groupsJoined.filter((name) => name !== category);
  return {
    sender: sender.sender,
    category,
    parts: [
      ...sender.moves.map(describeMoves),
      ...(sender.contact === null ? [] : [describeContact(sender.contact)]),
      ...(joined.length === 0 ? [] : [`into ${joined.join(' and ')}`]),
      ...(sender.groupsLeft.length === 0 ? [] : [`out of ${sender.groupsLeft.join(' and ')}`]),
    ],
    remarks: [
      ...(otherName === null
        ? []
        : [
            `is called "${displayName}" in the email and "${otherName}" in your contacts: the email ${isDryRun ? 'gets' : 'has'} the warning label`,
          ]),
      ...(failure === null
        ? []
        : [
            `not done (${failure.step}): ${failure.failure.problem}. ${failure.failure.kind === 'failed' ? 'The next pass tries again' : 'The email has the error label: look at what the server says'}`,
          ]),
    ],
  };
}

function describeMoves({ emails, from, to }: EmailMoves): string {
  const count = `${emails} ${emails === 1 ? 'email' : 'emails'}`;
  if (to.length === 0)
    return from.length === 0 ? `${count} done` : `${count} out of ${names(from)}`;
  return from.length === 0 ? `${count} to ${names(to)}` : `${count} ${names(from)} → ${names(to)}`;
}

function names(paths: readonly string[]): string {
  return paths.join(' + ');
}

function describeContact({ result, name }: NonNullable<SenderReport['contact']>): string {
  switch (result) {
    case 'created':
      return `new contact "${name}"`;
    case 'updated':
    case 'unchanged':
      return `known as "${name}"`;
    case 'removed':
      return 'no contact of yours any longer';
    case 'kept':
      return `stays your contact "${name}", and so is not screened`;
    default:
      return result satisfies never;
  }
}

/** Senders in a column, decisions in a column, and the rest wrapped beside them. */
function renderRows(rows: readonly Row[], width: number): readonly string[] {
  const senderWidth = columnWidth(
    rows.map(({ sender }) => sender),
    Math.floor(width * 0.4),
  );
  const categoryWidth = columnWidth(
    rows.map(({ category }) => category),
    16,
  );
  const indent = senderWidth + categoryWidth + 4;
  return rows.flatMap(({ sender, category, parts, remarks }) => {
    const head = `${sender.padEnd(senderWidth)}  ${category.padEnd(categoryWidth)}  `;
    const details = wrap(parts.join(', '), width, indent);
    const [first = '', ...others] = details;
    const lines =
      sender.length > senderWidth
        ? [
            sender,
            `${' '.repeat(senderWidth)}  ${category.padEnd(categoryWidth)}  ${first.trimStart()}`,
            ...others,
          ]
        : [`${head}${first.trimStart()}`, ...others];
    return [
      ...lines.map((line) => line.trimEnd()),
      ...remarks.flatMap((text) => wrap(`! ${text}`, width, 4)),
    ];
  });
}

/** As wide as the widest text that is no wider than `most`; a wider one gets a line of its own. */
function columnWidth(texts: readonly string[], most: number): number {
  return Math.max(0, ...texts.map((text) => text.length).filter((length) => length <= most));
}

function leftToDo(
  { details: { withoutSender } }: TriageReport,
  conflicts: readonly ConflictReport[],
): readonly string[] {
  const count = withoutSender.length;
  const reasons = [...new Set(withoutSender)].join('; ');
  return [
    ...conflicts.map(
      ({ sender, categories }) =>
        `${sender} is left alone: its labels say ${categories.join(' and ')}. Leave one of them on; where it shares a contact with another sender, the labels of both count.`,
    ),
    ...(count === 0
      ? []
      : [
          `${count} labelled ${count === 1 ? 'email is' : 'emails are'} left alone: nobody can be sure who sent ${count === 1 ? 'it' : 'them'} (${reasons}). Take the triage label off.`,
        ]),
  ];
}

function renderItem(text: string, width: number): readonly string[] {
  const [first = '', ...others] = wrap(text, width - 2, 0);
  return [`! ${first}`, ...others.map((line) => `  ${line}`)];
}

function totals(report: TriageReport, { isDryRun }: ReportOptions): string {
  if (report.triagedSenders === 0 && report.emailsWithoutSender === 0) {
    return 'No email carries a triage label.';
  }
  const byCategory = new Map<string, number>();
  for (const { category, isDone } of report.details.senders) {
    if (isDone) byCategory.set(category, (byCategory.get(category) ?? 0) + 1);
  }
  const parts = [...byCategory].map(([category, count]) => `${count} to ${category}`);
  const done = `${report.processed} of ${report.triagedSenders} ${report.triagedSenders === 1 ? 'sender' : 'senders'}`;
  const emails = `${report.emailsSwept} ${report.emailsSwept === 1 ? 'email' : 'emails'}`;
  return (
    `${done} ${isDryRun ? 'would be handled' : 'handled'}` +
    `${parts.length === 0 ? '' : ` (${parts.join(', ')})`}, ${emails} ${isDryRun ? 'would move' : 'moved'}.`
  );
}

/** Lines of at most `width` columns, each after the first indented by `indent`, and the first too. */
function wrap(text: string, width: number, indent: number): readonly string[] {
  const space = Math.max(20, width - indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > space) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((one) => `${' '.repeat(indent)}${one}`);
}
