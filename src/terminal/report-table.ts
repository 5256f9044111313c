import { columnsOf, cutToColumns, padToColumns } from './columns.ts';
import { wrapText } from './wrap-text.ts';

/** One sender. All texts are one harmless line. */
export interface ReportRow {
  readonly sender: string;
  readonly decision: string;
  /** Moves, each as text. */
  readonly emails: readonly string[];
  readonly contact: {
    readonly lead: string;
    /** Cut or left out if that makes the row one line. */
    readonly name: string | null;
    readonly groups: readonly string[];
  };
  /** What a person has to know besides, a line each. */
  readonly remarks: readonly string[];
}

const HEAD: ReportRow = {
  sender: 'SENDER',
  decision: 'DECISION',
  emails: ['EMAILS'],
  contact: { lead: 'CONTACT', name: null, groups: [] },
  remarks: [],
};

/**
 * Lines of a table with a row for each sender: one line each, as far as the width allows. On a narrow
 * screen emails and contact share a column. A sender that is too long for its column moves the others
 * aside, or has a line of its own.
 */
export function renderTable(rows: readonly ReportRow[], width: number): readonly string[] {
  const all = [HEAD, ...rows];
  const most = { sender: Math.floor(width * 0.35), decision: 16, emails: 24 };
  const sender = widest(
    all.map((row) => row.sender),
    most.sender,
  );
  const decision = widest(
    all.map((row) => row.decision),
    most.decision,
  );
  const emails = widest(
    all.flatMap((row) => row.emails),
    most.emails,
  );
  const isNarrow = width - sender - decision - emails - 3 * GAP.length < LEAST_CONTACT;
  const columns = { sender, decision, emails: isNarrow ? null : emails, width };
  return all.flatMap((row) => [
    ...renderRow(row, columns).map((line) => line.trimEnd()),
    ...row.remarks.flatMap((text) => wrapText(text, { width, indent: '    ', first: '  ! ' })),
  ]);
}

/** Widths. */
interface Columns {
  readonly sender: number;
  readonly decision: number;
  /** Null: emails have no column of their own. */
  readonly emails: number | null;
  readonly width: number;
}

const GAP = '  ';

/** Room for `new "The N…"`. */
const LEAST_CONTACT = 12;

function renderRow(row: ReportRow, columns: Columns): readonly string[] {
  const { sender, emails, contact } = row;
  const isLong = columnsOf(sender) > columns.sender;
  if (isLong) {
    const moved = [sender, row.decision, joinEmails(emails, contact, 0)].join(GAP);
    const shown = fitContact(contact, columns.width - columnsOf(moved));
    return shown === null
      ? [sender, ...renderRow({ ...row, sender: '' }, columns)]
      : [`${moved}${shown}`];
  }
  const first = [
    padToColumns(sender, columns.sender),
    padToColumns(row.decision, columns.decision),
    '',
  ].join(GAP);
  const aligned = `${first}${joinEmails(emails, contact, columns.emails)}`;
  const shown = fitContact(contact, columns.width - columnsOf(aligned));
  if (shown !== null) return [`${aligned}${shown}`];
  const details = [...emails, ...contactParts(contact)].join(', ');
  return wrapText(details, { width: columns.width, indent: ' '.repeat(columnsOf(first)), first });
}

/** The emails and what divides them from the contact. */
function joinEmails(
  emails: readonly string[],
  contact: ReportRow['contact'],
  column: number | null,
): string {
  const text = emails.join(', ');
  if (column !== null) return `${padToColumns(text, column)}${GAP}`;
  return text === '' || contactParts(contact).length === 0 ? text : `${text}, `;
}

/** In so many columns; null if that cannot be. */
function fitContact(contact: ReportRow['contact'], columns: number): string | null {
  const whole = contactParts(contact).join(', ');
  if (columnsOf(whole) <= columns) return whole;
  const { name } = contact;
  if (name === null) return null;
  const without = contactParts({ ...contact, name: null }).join(', ');
  const space = columns - columnsOf(without) - columnsOf(' ""');
  if (space >= LEAST_NAME) {
    return contactParts({ ...contact, name: cutToColumns(name, space) }).join(', ');
  }
  return columnsOf(without) <= columns ? without : null;
}

/** A shorter piece of a name says nothing. */
const LEAST_NAME = 4;

function contactParts({ lead, name, groups }: ReportRow['contact']): readonly string[] {
  const contact = name === null ? lead : `${lead} "${name}"`;
  return [...(contact === '' ? [] : [contact]), ...groups];
}

/** The width of the widest text that is no wider than `most`. */
function widest(texts: readonly string[], most: number): number {
  return Math.max(0, ...texts.map(columnsOf).filter((columns) => columns <= most));
}
