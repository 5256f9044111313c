import { findChain } from './chain.ts';
import { SCREENER } from './decision.ts';
import {
  findAlikeMailbox,
  findMailbox,
  findUseProblem,
  findWithin,
  type MailboxUse,
} from './mailboxes.ts';
import { findGroups, offer } from './groups.ts';
import type { Category, ContactGroup, ContactType, Mailbox } from './model.ts';

/** The names a pass works with, from the settings. */
export interface TriageNames {
  readonly screenerMailbox: string;
  readonly errorLabel: string;
  /** Null where warnings are switched off: then it is neither used nor required. */
  readonly warningLabel: string | null;
  /** Takes a decision back. If the account has no such mailbox, nothing can be taken back. */
  readonly takeBackLabel: string;
  readonly categories: readonly Category[];
}

/** A category with the account's ids in place of names; parents' groups and destinations included. */
export interface ResolvedCategory {
  readonly name: string;
  readonly contactType: ContactType;
  readonly labelId: string;
  readonly groupHrefs: readonly string[];
  readonly destinationIds: readonly string[];
  /** Where emails swept from Screener go as well: Inbox for `addToInbox`. */
  readonly fromScreenerAlsoIds: readonly string[];
  /** Its own group and destination, without those of its parents. */
  readonly own: { readonly groupHref: string; readonly destinationId: string };
}

/** The account as a pass needs it. */
export interface Layout {
  readonly screenerId: string;
  readonly errorLabelId: string;
  readonly warningLabelId: string | null;
  readonly inboxIds: readonly string[];
  readonly junkIds: readonly string[];
  /** Trash, Junk and all below them, Drafts, Sent: emails in these are never swept. */
  readonly leftAloneIds: ReadonlySet<string>;
  /** Archive: emails in it are swept only when they are in Screener as well. */
  readonly archiveIds: ReadonlySet<string>;
  readonly categories: readonly ResolvedCategory[];
  /**
   * Further groups of the name of a category's group: href → href of the one that is used. Who is in
   * one of them is in that category, but nobody is put there.
   */
  readonly namesakes: ReadonlyMap<string, string>;
  /** The label that takes a decision back, as a category that leads to Screener; null: none. */
  readonly takeBack: ResolvedCategory | null;
}

/** The account as the settings want it, or what it lacks. */
export type LayoutResult =
  | { readonly kind: 'complete'; readonly layout: Layout }
  /** All that is missing or unclear, a phrase each. */
  | { readonly kind: 'incomplete'; readonly problems: readonly string[] };

/** Names of all contact groups that must exist. */
export function requiredGroupNames(names: TriageNames): readonly string[] {
  return [...new Set(names.categories.map(({ contactGroup }) => contactGroup.normalize('NFC')))];
}

/** Names or paths of all mailboxes that must exist, labels included. */
export function requiredMailboxNames(names: TriageNames): readonly string[] {
  return [
    ...new Set([
      names.screenerMailbox,
      ...names.categories.map(({ label }) => label),
      names.errorLabel,
      ...(names.warningLabel === null ? [] : [names.warningLabel]),
      ...names.categories.map(({ destinationMailbox }) => destinationMailbox),
    ]),
  ];
}

/** What a mailbox that the settings name is used for. */
export function mailboxUse(name: string, { categories }: TriageNames): MailboxUse {
  return categories.some(({ destinationMailbox }) => destinationMailbox === name)
    ? 'destination'
    : 'label';
}

/** Finds every mailbox and group that the names ask for, and says all that is missing at once. */
export function findLayout(
  mailboxes: readonly Mailbox[],
  groups: readonly ContactGroup[],
  names: TriageNames,
): LayoutResult {
  const problems: string[] = [];
  const mailboxIds = new Map<string, string>();
  for (const name of requiredMailboxNames(names)) {
    const search = findMailbox(mailboxes, name);
    if (search.kind === 'found') {
      const problem = findUseProblem(search.mailbox, mailboxes, mailboxUse(name, names));
      if (problem !== null) problems.push(`mailbox "${name}" ${problem}`);
      mailboxIds.set(name, search.mailbox.id);
    } else if (search.kind === 'missing') {
      problems.push(`mailbox "${name}" is missing${offer(findAlikeMailbox(mailboxes, name))}`);
    } else {
      problems.push(
        `mailbox "${name}" could be ${search.paths.map((path) => `"${path}"`).join(' or ')}: name it by its path`,
      );
    }
  }
  const takeBack = findMailbox(mailboxes, names.takeBackLabel);
  if (takeBack.kind === 'ambiguous') {
    problems.push(
      `mailbox "${names.takeBackLabel}" could be ${takeBack.paths.map((path) => `"${path}"`).join(' or ')}: name it by its path`,
    );
  } else if (takeBack.kind === 'found') {
    const problem = findUseProblem(takeBack.mailbox, mailboxes, 'label');
    if (problem !== null) problems.push(`mailbox "${names.takeBackLabel}" ${problem}`);
  }
  const { hrefs, namesakes, ...found } = findGroups(groups, requiredGroupNames(names));
  problems.push(...found.problems);
  if (problems.length > 0) return { kind: 'incomplete', problems };
  const mailboxId = (name: string): string => required(mailboxIds, name);
  const groupHref = (name: string): string => required(hrefs, name.normalize('NFC'));
  if (takeBack.kind === 'found') mailboxIds.set(names.takeBackLabel, takeBack.mailbox.id);
  problems.push(...findDoubleUse(names, mailboxId, takeBack.kind === 'found'));
  if (problems.length > 0) return { kind: 'incomplete', problems };
  const withRole = (...roles: readonly string[]): ReadonlySet<string> =>
    new Set(mailboxes.filter(({ role }) => roles.includes(role ?? '')).map(({ id }) => id));
  return {
    kind: 'complete',
    layout: {
      screenerId: mailboxId(names.screenerMailbox),
      errorLabelId: mailboxId(names.errorLabel),
      warningLabelId: names.warningLabel === null ? null : mailboxId(names.warningLabel),
      inboxIds: [...withRole('inbox')],
      junkIds: [...withRole('junk')],
      leftAloneIds: new Set([
        ...findWithin(mailboxes, new Set(['trash', 'junk'])),
        ...withRole('drafts', 'sent'),
      ]),
      archiveIds: withRole('archive'),
      categories: names.categories.map((category) =>
        resolveCategory(findChain(category, names.categories), {
          mailboxId,
          groupHref,
          inboxIds: [...withRole('inbox')],
        }),
      ),
      namesakes,
      takeBack:
        takeBack.kind === 'found'
          ? createTakeBack(takeBack.mailbox.id, mailboxId(names.screenerMailbox))
          : null,
    },
  };
}

/** What names stand for in the account. */
interface Ids {
  readonly mailboxId: (name: string) => string;
  readonly groupHref: (name: string) => string;
  readonly inboxIds: readonly string[];
}

/** `chain`: the category, its parent, and so on all the way up. */
function resolveCategory(
  chain: readonly [Category, ...Category[]],
  { mailboxId, groupHref, inboxIds }: Ids,
): ResolvedCategory {
  const [category] = chain;
  const destinationIds = [
    ...new Set(chain.map(({ destinationMailbox }) => mailboxId(destinationMailbox))),
  ];
  return {
    name: category.name,
    contactType: category.contactType,
    labelId: mailboxId(category.label),
    groupHrefs: [...new Set(chain.map(({ contactGroup }) => groupHref(contactGroup)))],
    destinationIds,
    fromScreenerAlsoIds: category.addToInbox
      ? inboxIds.filter((id) => !destinationIds.includes(id))
      : [],
    own: {
      groupHref: groupHref(category.contactGroup),
      destinationId: mailboxId(category.destinationMailbox),
    },
  };
}

/** Its contact stays as it is, its mail goes to Screener, it has no group. */
function createTakeBack(labelId: string, screenerId: string): ResolvedCategory {
  return {
    name: SCREENER,
    contactType: 'company',
    labelId,
    groupHrefs: [],
    destinationIds: [screenerId],
    fromScreenerAlsoIds: [],
    own: { groupHref: '', destinationId: screenerId },
  };
}

/** All that a label may say: the categories, and taking back. */
export function choicesOf({ categories, takeBack }: Layout): readonly ResolvedCategory[] {
  return takeBack === null ? categories : [...categories, takeBack];
}

/** Two names may lead to one mailbox (`Screener` and `Inbox/Screener`): labels must stay apart. */
function findDoubleUse(
  names: TriageNames,
  mailboxId: (name: string) => string,
  mayTakeBack: boolean,
): readonly string[] {
  const labels = [
    names.screenerMailbox,
    names.errorLabel,
    ...(names.warningLabel === null ? [] : [names.warningLabel]),
    ...names.categories.map(({ label }) => label),
    ...(mayTakeBack ? [names.takeBackLabel] : []),
  ];
  const destinations = names.categories.map(({ destinationMailbox }) => destinationMailbox);
  const problems = labels.flatMap((label, index) =>
    [...labels.slice(index + 1), ...destinations]
      .filter((other) => mailboxId(other) === mailboxId(label))
      .map((other) => `"${label}" and "${other}" are one mailbox, and must be two`),
  );
  return [...new Set(problems)];
}

function required(map: ReadonlyMap<string, string>, key: string): string {
  const value = map.get(key);
  if (value === undefined) throw new TypeError(`layout: ${key} was not looked up`);
  return value;
}

/** The mailboxes that are labels of Mailroom's own. */
export function labelIdsOf(layout: Layout): ReadonlySet<string> {
  const { errorLabelId, warningLabelId } = layout;
  return new Set([
    ...choicesOf(layout).map(({ labelId }) => labelId),
    errorLabelId,
    ...(warningLabelId === null ? [] : [warningLabelId]),
  ]);
}

/** What was read of the account before anything is written. */
export interface Snapshot {
  readonly layout: Layout;
  readonly mailboxes: readonly Mailbox[];
  readonly groups: readonly ContactGroup[];
  readonly requiredGroups: readonly string[];
  /** Mailboxes known to be empty need not be listed. */
  readonly emptyMailboxIds: ReadonlySet<string>;
}
