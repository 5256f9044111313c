import { mailboxUse, type TriageNames } from '../triage/layout.ts';
import {
  findAlikeMailbox,
  findMailbox,
  findUseProblem,
  type MailboxUse,
  offerAlike,
} from '../triage/mailboxes.ts';
import type { Mailbox } from '../triage/model.ts';
import { findAlikeName, isInboxName, isSameName } from '../triage/names.ts';
import type { CheckArea } from './check.ts';

/** A mailbox that the settings name, and what for. */
export interface RequiredMailbox {
  readonly area: CheckArea;
  /** Its name or path, as the settings give it. */
  readonly name: string;
  readonly use: MailboxUse;
}

/** Every mailbox that must exist, each once, under the first of its purposes. */
export function requiredMailboxes(names: TriageNames): readonly RequiredMailbox[] {
  const { categories } = names;
  const all: readonly Omit<RequiredMailbox, 'use'>[] = [
    { area: 'mailbox', name: names.screenerMailbox },
    ...categories.map(({ destinationMailbox: name }) => ({ area: 'mailbox' as const, name })),
    ...categories.map(({ label: name }) => ({ area: 'triage label' as const, name })),
    { area: 'error label', name: names.errorLabel },
    ...(names.warningLabel === null
      ? []
      : [{ area: 'warning label' as const, name: names.warningLabel }]),
  ];
  return all
    .filter(({ name }, index) => all.findIndex((one) => one.name === name) === index)
    .map((one) => ({ ...one, use: mailboxUse(one.name, names) }));
}

/** Whether a mailbox is there, and what has to be created if it is not. */
export type MailboxPlan =
  | { readonly kind: 'exists'; readonly path: string }
  | { readonly kind: 'unclear'; readonly problem: string }
  /** To be created below `parentId`, one in the other, in this order. */
  | {
      readonly kind: 'missing';
      readonly parentId: string | null;
      readonly names: readonly string[];
    };

/** Finds the mailbox as a pass would; where it is missing, says which parts of its path are. */
export function planMailbox(
  mailboxes: readonly Mailbox[],
  { name: setting, use }: Pick<RequiredMailbox, 'name' | 'use'>,
): MailboxPlan {
  const search = findMailbox(mailboxes, setting);
  switch (search.kind) {
    case 'found': {
      const problem = findUseProblem(search.mailbox, mailboxes, use);
      return problem === null
        ? { kind: 'exists', path: setting }
        : { kind: 'unclear', problem: `it ${problem}` };
    }
    case 'ambiguous':
      return {
        kind: 'unclear',
        problem: `it could be ${search.paths.map((path) => `"${path}"`).join(' or ')}: name it by its path`,
      };
    case 'missing': {
      const alike = findAlikeMailbox(mailboxes, setting);
      if (alike !== null) return { kind: 'unclear', problem: offerAlike(alike) };
      return planPath(mailboxes, setting.split('/'), use);
    }
    default:
      return search satisfies never;
  }
}

function planPath(
  mailboxes: readonly Mailbox[],
  path: readonly string[],
  use: MailboxUse,
): MailboxPlan {
  let parentId: string | null = null;
  for (const [depth, name] of path.entries()) {
    const found: Mailbox | undefined = mailboxes.find((mailbox) =>
      depth === 0 && isInboxName(name)
        ? mailbox.role === 'inbox'
        : mailbox.parentId === parentId && isSameName(mailbox.name, name),
    );
    if (found === undefined) {
      if (depth === 0 && isInboxName(name)) {
        return { kind: 'unclear', problem: 'the account has no mailbox with the role inbox' };
      }
      const siblings = mailboxes.filter((mailbox) => mailbox.parentId === parentId);
      const alike = findAlikeName(
        name,
        siblings.map((mailbox) => mailbox.name),
      );
      if (alike !== null) return { kind: 'unclear', problem: offerAlike(alike) };
      const toCreate: Mailbox = { id: '', name, parentId, role: null, totalEmails: 0 };
      const problem = findUseProblem(toCreate, mailboxes, use);
      return problem === null
        ? { kind: 'missing', parentId, names: path.slice(depth) }
        : { kind: 'unclear', problem: `it ${problem}` };
    }
    parentId = found.id;
  }
  return { kind: 'exists', path: path.join('/') };
}
