import { findChain } from './chain.ts';
import type { TriageNames } from './layout.ts';
import type { Category } from './model.ts';
import { isInboxName, isSameName } from './names.ts';

/*
 * Fastmail routes a sender's later mail by contact group, with rules that no program may make. Its
 * rules run from the top; one that matches is the last, unless it says "Continue to apply other
 * rules". Each adds one label at most, and "Archive" in any of them takes the email out of Inbox,
 * whatever the others say.
 */

/** A rule as its screen in Fastmail has it. */
export interface FastmailRule {
  readonly name: string;
  readonly condition:
    | { readonly kind: 'member'; readonly group: string }
    | { readonly kind: 'not a contact' };
  /** "Archive (remove Inbox label)". */
  readonly isArchiving: boolean;
  /** "Add label". */
  readonly label: string;
  /** "Continue to apply other rules". */
  readonly isContinuing: boolean;
}

/** The rules that the user makes by hand. */
export interface FastmailRules {
  /** In the order in which they have to stand. */
  readonly rules: readonly FastmailRule[];
  /** What is to be known besides, a sentence each. */
  readonly notes: readonly string[];
}

/** The rules that send later mail where triage sends the present: children first, Screener last. */
export function planFastmailRules(names: TriageNames): FastmailRules {
  const { categories } = names;
  const owners = findGroupOwners(categories);
  const rules = owners
    .toSorted((a, b) => depth(b, categories) - depth(a, categories))
    .flatMap((owner) => rulesOf(owner, categories));
  const screener: FastmailRule = {
    name: lastPart(names.screenerMailbox),
    condition: { kind: 'not a contact' },
    isArchiving: true,
    label: names.screenerMailbox,
    isContinuing: false,
  };
  const notes = owners
    .filter((owner) => rulesOf(owner, categories).length === 0 && !hasRuleAbove(owner, categories))
    .map(
      ({ contactGroup }) =>
        `"${contactGroup}" needs no rule: its senders are contacts, and mail of contacts that no rule matches stays in Inbox.`,
    );
  return { rules: [...rules, screener], notes: [...notes, ...findSharedGroupNotes(categories)] };
}

/** Of the categories that share a group, the topmost: a rule cannot tell them apart. */
function findGroupOwners(categories: readonly Category[]): readonly Category[] {
  return categories.filter((category) =>
    categories
      .filter((other) => isSameName(other.contactGroup, category.contactGroup))
      .every(
        (other) =>
          other === category ||
          depth(category, categories) < depth(other, categories) ||
          (depth(category, categories) === depth(other, categories) &&
            categories.indexOf(category) < categories.indexOf(other)),
      ),
  );
}

function rulesOf(owner: Category, categories: readonly Category[]): readonly FastmailRule[] {
  const [, ...ancestors] = findChain(owner, categories);
  const isInInbox = isKeptInInbox(owner, categories);
  const rule = (label: string, isContinuing: boolean): FastmailRule => ({
    name: isSameName(label, owner.destinationMailbox)
      ? owner.contactGroup
      : `${owner.contactGroup}, ${lastPart(label)}`,
    condition: { kind: 'member', group: owner.contactGroup },
    isArchiving: !isInInbox,
    label,
    isContinuing,
  });
  const isArchivedAbove = ancestors.some((ancestor) => !isKeptInInbox(ancestor, categories));
  if (isInInbox && isArchivedAbove) {
    // A rule of the parent's group would take the email out of Inbox: say it all here, and stop.
    const labels = labelsOf([owner, ...ancestors]);
    return labels.map((label, index) => rule(label, index < labels.length - 1));
  }
  if (isInboxName(owner.destinationMailbox)) return [];
  return [rule(owner.destinationMailbox, hasRuleAbove(owner, categories))];
}

/** Whether a rule of a parent's group matches these senders as well. */
function hasRuleAbove(owner: Category, categories: readonly Category[]): boolean {
  const [, ...ancestors] = findChain(owner, categories);
  return labelsOf(ancestors).some((label) => !isSameName(label, owner.destinationMailbox));
}

function isKeptInInbox(category: Category, categories: readonly Category[]): boolean {
  return (
    category.addToInbox ||
    findChain(category, categories).some(({ destinationMailbox }) =>
      isInboxName(destinationMailbox),
    )
  );
}

function labelsOf(chain: readonly Category[]): readonly string[] {
  const labels = chain.map(({ destinationMailbox }) => destinationMailbox);
  return [...new Set(labels.filter((label) => !isInboxName(label)))];
}

function findSharedGroupNotes(categories: readonly Category[]): readonly string[] {
  const owners = findGroupOwners(categories);
  return categories.flatMap((category) => {
    const owner = owners.find((one) => isSameName(one.contactGroup, category.contactGroup));
    const isSame =
      owner === undefined ||
      isSameName(owner.destinationMailbox, category.destinationMailbox) ||
      (isInboxName(owner.destinationMailbox) && isInboxName(category.destinationMailbox));
    return isSame
      ? []
      : [
          `"${category.name}" shares the contact group "${category.contactGroup}" with "${owner.name}", so later mail of its senders goes to "${owner.destinationMailbox}" alone. A group of its own would let a rule tell them apart.`,
        ];
  });
}

function depth(category: Category, categories: readonly Category[]): number {
  return findChain(category, categories).length;
}

function lastPart(path: string): string {
  return path.split('/').at(-1) ?? path;
}
