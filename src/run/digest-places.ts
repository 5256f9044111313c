import { Backlog } from '../digest/backlog.ts';
import { AccountError } from '../errors.ts';
import type { DigestMail, DigestPlaces } from '../triage/digest.ts';
import type { TriageNames } from '../triage/layout.ts';
import { findMailbox, findUseProblem, findWithin } from '../triage/mailboxes.ts';
import type { EmailPatch, Mailbox, SenderAddress } from '../triage/model.ts';
import { isSameName } from '../triage/names.ts';

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
  const find = (name: string): Mailbox | null => {
    const search = findMailbox(mailboxes, name);
    return search.kind === 'found' ? search.mailbox : null;
  };
  const mailbox = find(digestMailbox);
  const screener = find(names.screenerMailbox);
  const trash = mailboxes.find(({ role }) => role === 'trash');
  const labels = [
    names.errorLabel,
    names.warningLabel,
    names.takeBackLabel,
    ...names.categories.map((one) => one.label),
  ];
  const labelIds = labels.flatMap((name) => (name === null ? [] : (find(name)?.id ?? [])));
  const problem = mailbox === null ? 'is missing, or not the only one of that name' : null;
  const useProblem = mailbox === null ? null : findUseProblem(mailbox, mailboxes, 'destination');
  const isLabel = mailbox !== null && labelIds.includes(mailbox.id);
  const why = problem ?? (isLabel ? 'is a label of Mailroom' : useProblem);
  if (mailbox === null || why !== null) {
    throw new AccountError(
      `mailbox "${digestMailbox}" ${why}: create it, or name another one in MAILROOM_DIGEST_MAILBOX`,
    );
  }
  if (screener === null) throw new AccountError(`mailbox "${names.screenerMailbox}" is missing`);
  if (trash === undefined) throw new AccountError('the account has no mailbox with the role trash');
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
