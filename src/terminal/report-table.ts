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
 * Lines of a table with a row for each sender: one line each, as far as the width allows. A sender
 * that is too long for its column moves the others aside, or has a line of its own.
 */
export function renderTable(rows: readonly ReportRow[], width: number): readonly string[] {
  const all = [HEAD, ...rows];
  const columns: Columns = {
    sender: widest(
      all.map(({ sender }) => sender),
      Math.floor(width * 0.35),
    ),
    decision: widest(
      all.map(({ decision }) => decision),
      16,
    ),
    emails: widest(
      all.flatMap(({ emails }) => emails),
      24,
    ),
    width,
  };
  return all.flatMap((row) => [
    ...renderRow(row, columns).map((line) => line.trimEnd()),
    ...row.remarks.flatMap((text) => wrapText(text, { width, indent: '    ', first: '  ! ' })),
  ]);
}

/** Widths. */
interface Columns {
  readonly sender: number;
  readonly decision: number;
  readonly emails: number;
  readonly width: number;
}

const GAP = '  ';

function renderRow(row: ReportRow, columns: Columns): readonly string[] {
  const { sender, decision, emails } = row;
  const aligned = [
    padToColumns(sender, columns.sender),
    padToColumns(decision, columns.decision),
    padToColumns(emails.join(', '), columns.emails),
  ].join(GAP);
  const close = [sender, decision, emails.join(', ')].join(GAP);
  for (const head of [aligned, close]) {
    const contact = fitContact(row.contact, columns.width - columnsOf(head + GAP));
    if (contact !== null) return [`${head}${GAP}${contact}`];
  }
  const details = [...emails, ...contactParts(row.contact)].join(', ');
  const indent = ' '.repeat(columns.sender + columns.decision + 2 * GAP.length);
  const hasOwnLine = columnsOf(sender) > columns.sender;
  const first = [
    padToColumns(hasOwnLine ? '' : sender, columns.sender),
    padToColumns(decision, columns.decision),
    '',
  ].join(GAP);
  return [
    ...(hasOwnLine ? [sender] : []),
    ...wrapText(details, { width: columns.width, indent, first }),
  ];
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
