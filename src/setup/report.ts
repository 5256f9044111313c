import { toPlainLine } from '../log/plain-line.ts';
import { findChain } from '../triage/chain.ts';
import type { Category } from '../triage/model.ts';
import { columnsOf, padToColumns } from '../terminal/columns.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import {
  AREAS,
  type Check,
  type CheckStatus,
  countStatuses,
  isNotChecked,
  isReady,
} from './check.ts';
import type { FastmailRules } from '../triage/fastmail-rules.ts';
import { actionTexts, conditionText, renderRules } from './rules-text.ts';

/** All that setup found, and what is to be done by hand. */
export interface SetupReport {
  readonly version: string;
  /** What was missing was created, as far as it could be. */
  readonly isApplied: boolean;
  readonly checks: readonly Check[];
  readonly categories: readonly Category[];
  readonly rules: FastmailRules;
  /** Sentences about variables that look like settings and are none. */
  readonly warnings: readonly string[];
}

/** One JSON object, for programs; ends in a line break. */
export function renderSetupJson(report: SetupReport): string {
  const { version, isApplied, checks, categories, rules, warnings } = report;
  const json = {
    ok: isReady(checks),
    version,
    applied: isApplied,
    counts: countStatuses(checks),
    items: checks.map(({ area, name, status, detail }) => ({ area, name, status, detail })),
    categories: categories.map((category) => describeCategory(category, categories)),
    rules: rules.rules.map((rule) => ({
      name: rule.name,
      condition: conditionText(rule),
      actions: actionTexts(rule),
    })),
    notes: rules.notes,
    warnings,
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** How the report is shown to a person. */
export interface TextOptions {
  readonly useColor: boolean;
  /** Columns of a line. */
  readonly width: number;
  /** `--rules`: show the rules also where something failed. */
  readonly areRulesWanted: boolean;
}

/**
 * For people; ends in a line break. What there is to do and the result come last, so that they stand
 * on a small screen. Only the rules follow, and only when there is nothing else to deal with.
 */
export function renderSetupText(report: SetupReport, options: TextOptions): string {
  const { version, isApplied, checks, warnings } = report;
  const paint = options.useColor ? colored : plain;
  const hasFailed = checks.some(({ status }) => status === 'failed');
  const rules = [renderRules(report.rules, options.width)];
  const blocks = [
    [`Mailroom ${version}: is the account ready?`],
    ...AREAS.map((area) => checks.filter((check) => check.area === area))
      .filter((items) => items.length > 0)
      .map((items) => renderArea(items, paint, options.width)),
    ['What the labels do', ...renderCategories(report.categories, options.width)],
    ...(hasFailed && options.areRulesWanted ? rules : []),
    ...renderWarnings(warnings, options.width),
    [
      ...renderReasons(checks, options.width),
      ...renderResult(checks, isApplied, paint, options.width),
    ],
    ...(hasFailed ? [] : rules),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

type Paint = (status: CheckStatus, text: string) => string;

const COLORS: Readonly<Record<CheckStatus, number>> = {
  exists: 32,
  created: 36,
  missing: 33,
  optional: 33,
  failed: 31,
};

const plain: Paint = (_status, text) => text;

const colored: Paint = (status, text) => `\u001B[${COLORS[status]}m${text}\u001B[39m`;

function renderArea(items: readonly Check[], paint: Paint, columns: number): readonly string[] {
  const [first] = items;
  if (first === undefined) return [];
  const title = TITLES[first.area];
  if (items.every(isNotChecked)) {
    const shown = `${title}: ${toPlainLine(first.detail ?? '')}`;
    return wrapText(shown, { width: columns, indent: '    ', first: '' });
  }
  const width = Math.max(...items.map(({ name }) => columnsOf(toPlainLine(name))));
  return [
    title,
    ...items.flatMap(({ name, status, detail }) => {
      const first = `  ${status.padEnd('optional'.length)}  ${padToColumns(toPlainLine(name), width)}  `;
      // Reasons of failures stand at the end of the report.
      const shown = status === 'failed' ? 'see below' : toPlainLine(detail ?? '');
      const [line = '', ...more] = wrapText(shown, { width: columns, indent: INDENT, first });
      return [line.replace(status, paint(status, status)).trimEnd(), ...more];
    }),
  ];
}

/** Below the name of an item. */
const INDENT = ' '.repeat('  optional  '.length);

/** What failed and why, one reason once, and what is missing. */
function renderReasons(checks: readonly Check[], width: number): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const check of checks.filter((one) => one.status === 'failed' && !isNotChecked(one))) {
    const reason = toPlainLine(check.detail ?? 'failed');
    byReason.set(reason, [...(byReason.get(reason) ?? []), toPlainLine(check.name)]);
  }
  const missing = checks
    .filter(({ status }) => status === 'missing')
    .map(({ area, name }) => (area === 'contact group' ? `group ${name}` : name));
  const indent = '    ';
  return [
    ...[...byReason].flatMap(([reason, names]) =>
      wrapText(`${names.join(', ')}: ${reason}`, { width, indent, first: '  ' }),
    ),
    ...(missing.length === 0
      ? []
      : wrapText(`Missing: ${toPlainLine(missing.join(', '))}`, { width, indent, first: '  ' })),
  ];
}

function renderWarnings(
  warnings: readonly string[],
  width: number,
): readonly (readonly string[])[] {
  if (warnings.length === 0) return [];
  const lines = warnings.flatMap((text) =>
    wrapText(toPlainLine(text), { width, indent: '    ', first: '  ' }),
  );
  return [['Please look at this', ...lines]];
}

const TITLES: Readonly<Record<Check['area'], string>> = {
  credential: 'Credentials',
  'server limits': 'Limits of the server',
  mailbox: 'Mailboxes',
  'triage label': 'Triage labels',
  'error label': 'Error label',
  'warning label': 'Warning label',
  digest: 'Digest',
  'contact group': 'Contact groups',
  categories: 'Categories',
  state: 'State',
  clock: 'Clock',
};

interface DescribedCategory {
  readonly name: string;
  readonly label: string;
  readonly contactType: string;
  /** Parents' too. */
  readonly contactGroups: readonly string[];
  /** Parents' too. */
  readonly destinationMailboxes: readonly string[];
  readonly addToInbox: boolean;
}

function describeCategory(category: Category, categories: readonly Category[]): DescribedCategory {
  const chain = findChain(category, categories);
  const { name, label, contactType, addToInbox } = category;
  return {
    name,
    label,
    contactType,
    contactGroups: [...new Set(chain.map(({ contactGroup }) => contactGroup))],
    destinationMailboxes: [...new Set(chain.map(({ destinationMailbox }) => destinationMailbox))],
    addToInbox,
  };
}

function renderCategories(categories: readonly Category[], columns: number): readonly string[] {
  const rows = categories.map((category) => describeCategory(category, categories));
  const width = Math.max(...rows.map(({ label }) => columnsOf(label)));
  return rows.flatMap(({ label, contactType, contactGroups, destinationMailboxes, addToInbox }) => {
    const groups = `${contactGroups.length === 1 ? 'group' : 'groups'} ${contactGroups.join(' + ')}`;
    const mail = `mail to ${destinationMailboxes.join(' + ')}`;
    const inbox = addToInbox ? ', and what waits in Screener to Inbox too' : '';
    const first = `  ${padToColumns(label, width)}  `;
    const indent = ' '.repeat(columnsOf(first));
    return wrapText(`${contactType} in ${groups}; ${mail}${inbox}`, {
      width: columns,
      indent,
      first,
    });
  });
}

function renderResult(
  checks: readonly Check[],
  isApplied: boolean,
  paint: Paint,
  width: number,
): readonly string[] {
  const { exists, created, missing, optional, failed } = countStatuses(checks);
  const unchecked = checks.filter(isNotChecked).length;
  const counts = [
    `${exists} as it should be`,
    ...(created > 0 ? [paint('created', `${created} created`)] : []),
    ...(missing > 0 ? [paint('missing', `${missing} missing`)] : []),
    ...(optional > 0 ? [paint('optional', `${optional} optional`)] : []),
    ...(failed > unchecked ? [paint('failed', `${failed - unchecked} failed`)] : []),
    ...(unchecked > 0 ? [`${unchecked} not checked`] : []),
  ].join(', ');
  return [`Result: ${counts}.`, whatNow({ missing, failed, created }, isApplied)].flatMap((text) =>
    wrapText(text, { width, indent: '' }),
  );
}

function whatNow(
  { missing, failed, created }: Readonly<Record<'missing' | 'failed' | 'created', number>>,
  isApplied: boolean,
): string {
  if (failed > 0) return 'The reasons are above. Deal with them, then run setup again.';
  if (missing > 0) return 'Run setup again with --apply to create what is missing.';
  const ready = 'The account is ready, except for the rules below, which no program can see.';
  return isApplied && created === 0 ? `Nothing to do. ${ready}` : ready;
}
