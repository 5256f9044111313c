import { messageOf, SettingsError } from '../errors.ts';
import { toPlainLine } from '../log/plain-line.ts';
import type { ConflictReport, EmailMoves, SenderReport, TriageReport } from '../triage/report.ts';
import { cutToColumns } from './columns.ts';
import { renderProblems } from './problems.ts';
import { type ReportRow, renderTable } from './report-table.ts';
import { wrapText } from './wrap-text.ts';

/** How the report is told. */
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
    [
      ...(options.isDryRun ? ['What a pass would do now (nothing was written):'] : []),
      ...(rows.length === 0 ? [] : renderTable(rows, options.width)),
    ],
    ...leftToDo(report, conflicts).map((text) => renderItem(text, options.width)),
    wrapText(totals(report, options), { width: options.width, indent: '' }),
  ];
  return `\n${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** How a pass ended that has nothing to report. */
export interface PassFailure {
  readonly event: 'poll_complete' | 'poll_failed' | 'startup_failed' | 'run_stopped';
  readonly error?: unknown;
}

/** Why there is no report, and what somebody has to do. Ends in a line break. */
export function renderFailure({ event, error }: PassFailure, width: number): string {
  if (error instanceof SettingsError) {
    const sentence = 'The pass failed, and you need to act: the settings are not valid.';
    return `\n${renderProblems(sentence, error.problems, width).join('\n')}\n`;
  }
  const problem = toPlainLine(messageOf(error)).replace(/(?<![.?!])$/u, '.');
  const text =
    event === 'run_stopped'
      ? 'The pass was stopped. What was not finished keeps its label for the next one.'
      : event === 'startup_failed'
        ? `The pass failed, and you need to act: ${problem}`
        : `The pass failed, and the next one tries again: ${problem}`;
  return `\n${wrapText(text, { width, indent: '' }).join('\n')}\n`;
}

function rowOf(sender: SenderReport, { isDryRun }: ReportOptions): ReportRow {
  const { failure, otherName, displayName, category, contact, isWithdrawn } = sender;
  // Most groups are called what their category is called: that need not be said.
  const joined = sender.groupsJoined.filter((name) => name !== category);
  return plainRow({
    sender: sender.sender,
    decision: category,
    emails: sender.moves.map((moves) => describeMoves(moves, category)),
    contact: {
      lead: contact === null ? '' : CONTACT_WORDS[contact.result],
      name: contact === null || contact.name === '' ? null : contact.name,
      groups: [
        ...(joined.length === 0 ? [] : [`into ${joined.join(' and ')}`]),
        ...(sender.groupsLeft.length === 0 ? [] : [`out of ${sender.groupsLeft.join(' and ')}`]),
      ],
    },
    remarks: [
      ...(otherName === null
        ? []
        : [
            `is called "${short(displayName)}" in the email and "${short(otherName)}" in your contacts: the email ${isDryRun ? 'gets' : 'has'} the warning label`,
          ]),
      ...(contact?.result === 'kept'
        ? [
            `stays your contact, and so is not screened: the email ${isDryRun ? 'gets' : 'has'} the warning label`,
          ]
        : []),
      ...(isWithdrawn
        ? ['the label came off, or another one went on, while the pass ran: no more was done']
        : []),
      ...(failure === null
        ? []
        : [
            `not done (${failure.step}): ${withoutPaths(failure.failure.problem)}. ${failure.failure.kind === 'failed' ? 'The next pass tries again' : 'The email has the error label: look at what the server says'}`,
          ]),
    ],
  });
}

/** A stranger may write a name of a thousand letters. */
function short(name: string): string {
  return cutToColumns(name, 40);
}

/** The log has the whole of what is too long a word here: `carddav.example.com/…: HTTP 403`. */
function withoutPaths(problem: string): string {
  return problem.replaceAll(/(?<host>[\w.-]+(?::\d+)?)\/[^\s:]{16,}/gu, '$<host>/…');
}

const CONTACT_WORDS = {
  created: 'new',
  updated: 'known',
  unchanged: 'known',
  removed: 'removed',
  kept: 'kept',
} as const satisfies Record<NonNullable<SenderReport['contact']>['result'], string>;

/** A place with the category's name is left out, because the category stands beside it. */
function describeMoves({ emails, from, to }: EmailMoves, category: string): string {
  if (to.length === 0)
    return from.length === 0 ? `${emails} done` : `${emails} out of ${names(from)}`;
  const isPlain = to.length === 1 && to[0] === category;
  if (from.length === 0) return `${emails} ${isPlain ? 'there' : `to ${names(to)}`}`;
  return `${emails} ${isPlain ? `from ${names(from)}` : `${names(from)} → ${names(to)}`}`;
}

function names(paths: readonly string[]): string {
  return paths.join(' + ');
}

function plainRow({ sender, decision, emails, contact, remarks }: ReportRow): ReportRow {
  return {
    sender: toPlainLine(sender),
    decision: toPlainLine(decision),
    emails: emails.map((text) => toPlainLine(text)),
    contact: {
      lead: contact.lead,
      name: contact.name === null ? null : toPlainLine(contact.name),
      groups: contact.groups.map((text) => toPlainLine(text)),
    },
    remarks: remarks.map((text) => toPlainLine(text)),
  };
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
        `${sender} is left alone: its labels say ${categories.join(' and ')}. Take one of them off. (Senders who share a contact count as one.)`,
    ),
    ...(count === 0
      ? []
      : [
          `${count} labelled ${count === 1 ? 'email is' : 'emails are'} left alone: nobody can be sure who sent ${count === 1 ? 'it' : 'them'} (${reasons}). Take the triage label off.`,
        ]),
  ];
}

function renderItem(text: string, width: number): readonly string[] {
  return wrapText(toPlainLine(text), { width, indent: '  ', first: '! ' });
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
