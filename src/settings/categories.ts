import { messageOf } from '../errors.ts';
import { findChain } from '../triage/chain.ts';
import type { Category, ContactType } from '../triage/model.ts';
import { findNameProblem } from '../triage/decision.ts';
import { isInboxName, isSameName } from '../triage/names.ts';
import { parseName } from './parsers.ts';
import { findSharedGroups } from './shared-groups.ts';

/** Mailbox names that no category may use as its label. */
export interface ReservedMailboxes {
  readonly screener: string;
  readonly errorLabel: string;
  readonly takeBackLabel: string;
  /** Null where warnings are switched off. */
  readonly warningLabel: string | null;
}

/** The categories, or what is wrong with the setting. */
export type CategoriesResult =
  | { readonly kind: 'valid'; readonly categories: readonly Category[] }
  /** Every problem, each a sentence; values of the JSON are quoted only where they are names. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Shown with every problem, so that the user sees a value that works. */
export const CATEGORIES_EXAMPLE =
  '["Imbox","Feed","Paper Trail","Jail","Person",{"name":"Family","contactType":"person","parent":"Imbox","destinationMailbox":"Family"}]';

/**
 * The categories of `MAILROOM_CATEGORIES`: names and objects. A name alone, or an object's `name`,
 * that is one of the defaults' stands for that default, with the object's other members replacing
 * its own.
 */
export function parseCategories(
  json: string,
  defaults: readonly Category[],
  reserved: ReservedMailboxes,
): CategoriesResult {
  let entries: unknown;
  try {
    entries = JSON.parse(json);
  } catch {
    return { kind: 'invalid', problems: ['is not JSON'] };
  }
  if (!Array.isArray(entries)) return { kind: 'invalid', problems: ['is not a JSON array'] };
  const problems: string[] = [];
  const categories: Category[] = [];
  for (const [index, entry] of entries.entries()) {
    const parsed = parseCategory(entry, `entry ${index + 1}`, defaults);
    if (parsed.problem !== null) problems.push(parsed.problem);
    if (parsed.category !== null) categories.push(parsed.category);
  }
  if (problems.length === 0) return validateCategories(categories, reserved);
  const others = categories.length === 0 ? [] : findProblems(categories, reserved);
  return { kind: 'invalid', problems: [...problems, ...others] };
}

/** Checks a whole set of categories; every problem at once. */
export function validateCategories(
  categories: readonly Category[],
  reserved: ReservedMailboxes,
): CategoriesResult {
  const problems = findProblems(categories, reserved);
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'valid', categories };
}

/** Empty labels, groups and destinations were reported before. */
function findProblems(
  categories: readonly Category[],
  reserved: ReservedMailboxes,
): readonly string[] {
  return [
    ...(categories.length === 0 ? ['names no category: at least one is needed'] : []),
    ...findDuplicates(categories, 'name'),
    ...findBadNames(categories),
    ...findDuplicates(categories, 'label'),
    ...findParentProblems(categories),
    ...findReservedNames(categories, reserved),
    ...findAddressableLabels(categories),
    ...findSharedGroups(categories),
  ];
}

const TEXT_MEMBERS = ['name', 'label', 'contactGroup', 'destinationMailbox'] as const;

const MEMBERS = [...TEXT_MEMBERS, 'contactType', 'parent', 'addToInbox'] as const;

const CONTACT_TYPES: readonly ContactType[] = ['company', 'person'];

/** What could be read of an entry, so that all can be checked together; null if it has no name. */
interface ParsedCategory {
  readonly category: Category | null;
  readonly problem: string | null;
}

function parseCategory(
  entry: unknown,
  where: string,
  defaults: readonly Category[],
): ParsedCategory {
  if (typeof entry === 'string') return parseCategory({ name: entry }, where, defaults);
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return { category: null, problem: `${where} is neither a name nor an object` };
  }
  const given = new Map<string, unknown>(Object.entries(entry));
  const problems: string[] = [];
  for (const key of given.keys()) {
    if (!MEMBERS.some((member) => member === key)) {
      problems.push(`has the unknown member ${JSON.stringify(key)} (known: ${MEMBERS.join(', ')})`);
    }
  }
  const text = (key: string, fallback: string): string => {
    // Without a usable name there are no defaults either.
    if (key !== 'name' && !given.has(key) && fallback === '') return '';
    const value = given.has(key) ? given.get(key) : fallback;
    if (typeof value !== 'string' || value.trim() === '') {
      problems.push(`needs ${key} as a string that is not empty`);
      return '';
    }
    try {
      return parseName(value.trim());
    } catch (error) {
      problems.push(`has a ${key} that ${messageOf(error)}`);
      return '';
    }
  };
  const name = text('name', '');
  const base = defaults.find((category) => isSameName(category.name, name));
  const parent = given.has('parent') ? given.get('parent') : (base?.parent ?? null);
  if (parent !== null && typeof parent !== 'string') {
    problems.push('needs parent as the name of another category, or null');
  }
  const contactType = given.has('contactType')
    ? given.get('contactType')
    : (base?.contactType ?? 'company');
  const knownType = CONTACT_TYPES.find((type) => type === contactType);
  if (knownType === undefined) problems.push('needs contactType as "company" or "person"');
  const addToInbox = given.has('addToInbox')
    ? given.get('addToInbox')
    : (base?.addToInbox ?? false);
  if (typeof addToInbox !== 'boolean') problems.push('needs addToInbox as true or false');
  const category: Category = {
    name,
    label: text('label', base?.label ?? `@To${name.replaceAll(/\s+/gu, '')}`),
    contactGroup: text('contactGroup', base?.contactGroup ?? name),
    destinationMailbox: text('destinationMailbox', base?.destinationMailbox ?? name),
    contactType: knownType ?? 'company',
    parent: typeof parent === 'string' ? parent.trim() : null,
    addToInbox: addToInbox === true,
  };
  const who = name === '' ? where : `${where} (${name})`;
  return {
    category: name === '' ? null : category,
    problem: problems.length === 0 ? null : `${who} ${problems.join(', and ')}`,
  };
}

/** Names are written on cards, in lines of a fixed shape. */
function findBadNames(categories: readonly Category[]): readonly string[] {
  return categories.flatMap(({ name }) => {
    const problem = findNameProblem(name);
    return problem === null ? [] : [`has ${JSON.stringify(name)} as a name, which ${problem}`];
  });
}

function findDuplicates(categories: readonly Category[], key: 'name' | 'label'): readonly string[] {
  const seen = new Map<string, number>();
  for (const category of categories) {
    const value = category[key].normalize('NFC');
    seen.set(value, (seen.get(value) ?? 0) + 1);
  }
  return [...seen]
    .filter(([value, count]) => value !== '' && count > 1)
    .map(([value, count]) => `has the ${key} ${JSON.stringify(value)} ${count} times`);
}

function findParentProblems(categories: readonly Category[]): readonly string[] {
  const problems: string[] = [];
  for (const category of categories) {
    const { name, parent } = category;
    if (parent === null) continue;
    if (!categories.some((other) => isSameName(other.name, parent))) {
      problems.push(`has ${name} with the parent ${JSON.stringify(parent)}, which is no category`);
      continue;
    }
    const top = findChain(category, categories).at(-1);
    if (top?.parent !== null) problems.push(`has ${name} in a circle of parents`);
  }
  return problems;
}

function findReservedNames(
  categories: readonly Category[],
  reserved: ReservedMailboxes,
): readonly string[] {
  const taken: readonly (readonly [string, string])[] = [
    ['Screener', reserved.screener],
    ['the error label', reserved.errorLabel],
    ...(reserved.warningLabel === null
      ? []
      : [['the warning label', reserved.warningLabel] as const]),
    ['the label that takes a decision back', reserved.takeBackLabel],
  ];
  const problems: string[] = [];
  for (const { name, label, destinationMailbox } of categories) {
    for (const [what, mailbox] of taken) {
      if (isSameMailboxName(label, mailbox))
        problems.push(`has ${name} with a label that is ${what}`);
      if (isSameMailboxName(destinationMailbox, mailbox)) {
        problems.push(`has ${name} with a destination that is ${what}`);
      }
    }
    const owner = categories.find((other) => isSameMailboxName(label, other.destinationMailbox));
    if (label !== '' && owner !== undefined) {
      problems.push(`has ${name} with a label that is the destination of ${owner.name}`);
    }
    if (isInboxName(label)) problems.push(`has ${name} with a label that is Inbox`);
  }
  return [...new Set(problems)];
}

/**
 * Servers deliver mail to `you+ToFeed@…` into a mailbox `ToFeed`: strangers would triage
 * themselves.
 */
function findAddressableLabels(categories: readonly Category[]): readonly string[] {
  return categories
    .filter(({ label }) => label !== '' && !ownNameOf(label).startsWith('@'))
    .map(({ name, label }) => {
      const own = ownNameOf(label);
      const better = JSON.stringify(label.slice(0, label.length - own.length) + `@${own}`);
      return (
        `has ${name} with the label ${JSON.stringify(label)}, and mail sent to you+${own}@… is ` +
        `delivered into such a mailbox, so that a stranger could triage himself: call it ${better}`
      );
    });
}

/** The last part of a mailbox's path. */
function ownNameOf(label: string): string {
  return label.slice(label.lastIndexOf('/') + 1);
}

function isSameMailboxName(a: string, b: string): boolean {
  return isSameName(a, b) || (isInboxName(a) && isInboxName(b));
}
