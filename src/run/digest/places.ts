import { Backlog } from './backlog.ts';
import { AccountError } from '../../errors.ts';
import type { DigestMail, DigestPlaces } from '../../triage/digest.ts';
import type { TriageNames } from '../../triage/layout.ts';
import {
  findAlikeMailbox,
  findMailbox,
  findUseProblem,
  findWithin,
  offerAlike,
} from '../../triage/mailboxes.ts';
import type { EmailPatch, Mailbox, SenderAddress } from '../../triage/model.ts';
import { isSameName } from '../../triage/names.ts';

/** Mailboxes that a digest is about, and where it goes. */
export interface Places {
  readonly mailboxId: string;
  /** Digests that are in that mailbox, on their way to Trash; labels of Mailroom's own come off. */
  readonly retire: readonly EmailPatch[];
  readonly screener: Mailbox;
  readonly jail: Mailbox | null;
  readonly jailName: string;
  readonly leftAloneIds: ReadonlySet<string>;
  readonly errorLabelled: number;
}

/**
 * Finds them by their names; `digestMailbox` as in the settings. Throws AccountError with what is
 * missing.
 */
export function findPlaces(
  { mailboxes, digests }: DigestPlaces,
  digestMailbox: string,
  names: TriageNames,
): Places {
  const problem = findDigestProblem(mailboxes, digestMailbox, names);
  if (problem !== null) throw new AccountError(problem);
  const find = (name: string): Mailbox | null => findByName(mailboxes, name);
  const [mailbox, screener] = [find(digestMailbox), find(names.screenerMailbox)];
  const trash = findTrash(mailboxes);
  if (mailbox === null || screener === null || trash === undefined) {
    throw new AccountError(`mailbox "${names.screenerMailbox}" is missing`);
  }
  const labelIds = findLabelIds(mailboxes, names);
  const jail = names.categories.find(({ name }) => isSameName(name, 'Jail'))?.destinationMailbox;
  return {
    mailboxId: mailbox.id,
    retire: digests
      .filter(({ mailboxIds }) => mailboxIds.has(mailbox.id))
      .map(({ id, mailboxIds }) => ({
        emailId: id,
        add: [trash.id],
        remove: [mailbox.id, ...labelIds.filter((labelId) => mailboxIds.has(labelId))],
      })),
    screener,
    jail: jail === undefined ? null : find(jail),
    jailName: jail ?? '',
    leftAloneIds: findWithin(mailboxes, new Set(['trash', 'junk', 'drafts', 'sent'])),
    errorLabelled: find(names.errorLabel)?.totalEmails ?? 0,
  };
}

/** Why a digest cannot be left there, with the remedy; null when it can. */
export function findDigestProblem(
  mailboxes: readonly Mailbox[],
  digestMailbox: string,
  names: TriageNames,
): string | null {
  if (findTrash(mailboxes) === undefined) return 'the account has no mailbox with the role trash';
  const why = findMailboxProblem(mailboxes, digestMailbox, names);
  return why === null ? null : `mailbox "${digestMailbox}" ${why} (MAILROOM_DIGEST_MAILBOX)`;
}

function findMailboxProblem(
  mailboxes: readonly Mailbox[],
  digestMailbox: string,
  names: TriageNames,
): string | null {
  const search = findMailbox(mailboxes, digestMailbox);
  switch (search.kind) {
    case 'missing': {
      const alike = findAlikeMailbox(mailboxes, digestMailbox);
      return `is missing: ${alike === null ? 'create it, or name another one' : offerAlike(alike)}`;
    }
    case 'ambiguous':
      return `could be ${search.paths.map((path) => `"${path}"`).join(' or ')}: name it by its path`;
    case 'found':
      return findLabelIds(mailboxes, names).includes(search.mailbox.id)
        ? 'is a label of Mailroom: name another one'
        : findUseProblem(search.mailbox, mailboxes, 'destination');
    default:
      return search satisfies never;
  }
}

function findByName(mailboxes: readonly Mailbox[], name: string): Mailbox | null {
  const search = findMailbox(mailboxes, name);
  return search.kind === 'found' ? search.mailbox : null;
}

function findTrash(mailboxes: readonly Mailbox[]): Mailbox | undefined {
  return mailboxes.find(({ role }) => role === 'trash');
}

function findLabelIds(mailboxes: readonly Mailbox[], names: TriageNames): readonly string[] {
  const labels = [
    names.errorLabel,
    names.warningLabel,
    names.takeBackLabel,
    ...names.categories.map((one) => one.label),
  ];
  return labels.flatMap((name) => (name === null ? [] : (findByName(mailboxes, name)?.id ?? [])));
}

/** `gone`: senders who, but for a dry run, would have left Screener by now. */
export async function readBacklog(
  { screener, jail, leftAloneIds }: Places,
  mail: DigestMail,
  gone: ReadonlySet<SenderAddress>,
): Promise<Backlog> {
  const read = [screener, jail].filter((one) => one !== null && one.totalEmails !== 0) as Mailbox[];
  const totals = new Map(read.map(({ id, totalEmails }) => [id, totalEmails ?? Infinity]));
  const backlog = new Backlog(
    { screenerId: screener.id, jailId: jail?.id ?? null, leftAloneIds, totals },
    (sender) => gone.has(sender),
  );
  for await (const emails of mail.readTitledEmails([...totals.keys()])) {
    backlog.add(emails);
    if (backlog.isComplete()) break;
  }
  return backlog;
}
