import { toPlainLine } from '../log/plain-line.ts';
import { findChain } from '../triage/chain.ts';
import type { Category } from '../triage/model.ts';
import { AREAS, type Check, type CheckStatus, countStatuses, isReady } from './check.ts';
import type { FastmailRule, FastmailRules } from './fastmail-rules.ts';

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

/** For people; ends in a line break. */
export function renderSetupText(report: SetupReport, useColor: boolean): string {
  const { version, isApplied, checks, warnings } = report;
  const paint = useColor ? colored : plain;
  const blocks = [
    [`Mailroom ${version}: is the account ready?`],
    ...(warnings.length === 0 ? [] : [['Settings', ...warnings.map((text) => `  ${text}`)]]),
    ...AREAS.map((area) => checks.filter((check) => check.area === area))
      .filter((items) => items.length > 0)
      .map((items) => renderArea(items, paint)),
    ['What the labels do', ...renderCategories(report.categories)],
    renderResult(checks, isApplied, paint),
    renderRules(report.rules),
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

function renderArea(items: readonly Check[], paint: Paint): readonly string[] {
  const title = TITLES[items[0]?.area ?? 'categories'];
  const width = Math.max(...items.map(({ name }) => toPlainLine(name).length));
  return [
    title,
    ...items.map(({ name, status, detail }) => {
      const line = `  ${paint(status, status.padEnd('optional'.length))}  ${toPlainLine(name).padEnd(width)}`;
      return detail === null ? line.trimEnd() : `${line}  ${toPlainLine(detail)}`;
    }),
  ];
}

const TITLES: Readonly<Record<Check['area'], string>> = {
  credential: 'Credentials',
  'server limits': 'Limits of the server',
  mailbox: 'Mailboxes',
  'triage label': 'Triage labels',
  'error label': 'Error label',
  'warning label': 'Warning label',
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

function renderCategories(categories: readonly Category[]): readonly string[] {
  const rows = categories.map((category) => describeCategory(category, categories));
  const width = Math.max(...rows.map(({ label }) => label.length));
  return rows.map(({ label, contactType, contactGroups, destinationMailboxes, addToInbox }) => {
    const groups = `${contactGroups.length === 1 ? 'group' : 'groups'} ${contactGroups.join(' + ')}`;
    const mail = `mail to ${destinationMailboxes.join(' + ')}`;
    const inbox = addToInbox ? ', and what waits in Screener to Inbox too' : '';
    return `  ${label.padEnd(width)}  ${contactType} in ${groups}; ${mail}${inbox}`;
  });
}

function renderResult(
  checks: readonly Check[],
  isApplied: boolean,
  paint: Paint,
): readonly string[] {
  const { exists, created, missing, optional, failed } = countStatuses(checks);
  const counts = [
    `${exists} as it should be`,
    ...(created > 0 ? [paint('created', `${created} created`)] : []),
    ...(missing > 0 ? [paint('missing', `${missing} missing`)] : []),
    ...(optional > 0 ? [paint('optional', `${optional} optional`)] : []),
    ...(failed > 0 ? [paint('failed', `${failed} failed`)] : []),
  ].join(', ');
  return [`Result: ${counts}. ${whatNow(missing, failed, created, isApplied)}`];
}

function whatNow(missing: number, failed: number, created: number, isApplied: boolean): string {
  if (failed > 0) return 'See the reasons above; run setup again when they are dealt with.';
  if (missing > 0) return 'Run setup again with --apply to create what is missing.';
  if (created > 0) return 'The account is ready; running this again would change nothing.';
  return isApplied ? 'Nothing to do: the account is ready.' : 'The account is ready.';
}

function renderRules({ rules, notes }: FastmailRules): readonly string[] {
  return [
    'Rules to make by hand in Fastmail (no program may), so that later mail goes where triage sent the first',
    '  Settings > Mail rules > Create rule, once for each, in this order from the top.',
    '  They need labels, which is a choice in Settings > Preferences; with folders, "Move to" that',
    '  folder stands for Archive and Add label together, and an email is in one folder only.',
    ...rules.flatMap((rule, index) => ['', ...renderRule(rule, index + 1, rules.length)]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `  ${note}`)]),
  ];
}

function renderRule(rule: FastmailRule, number: number, count: number): readonly string[] {
  const [first = '', ...others] = actionTexts(rule);
  const last = number === count ? '  (the last of all rules)' : '';
  return [
    `  ${number}. ${rule.name}${last}`,
    `     If    ${conditionText(rule)}`,
    `     Then  ${first}`,
    ...others.map((action) => `           ${action}`),
  ];
}

function conditionText({ condition }: FastmailRule): string {
  return condition.kind === 'member'
    ? `Sender is a member of group "${condition.group}"`
    : 'Sender is not a contact';
}

function actionTexts({ isArchiving, label, isContinuing }: FastmailRule): readonly string[] {
  return [
    ...(isArchiving ? ['Archive (remove Inbox label)'] : []),
    `Add label "${label}"`,
    ...(isContinuing ? ['Continue to apply other rules'] : []),
  ];
}
