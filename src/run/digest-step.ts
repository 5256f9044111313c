import { Backlog } from '../digest/backlog.ts';
import { type DigestContent, isNothingToTell, renderDigest } from '../digest/render.ts';
import { lastDueTime, type Schedule } from '../digest/due.ts';
import { AccountError, MailroomError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Settings } from '../settings/settings.ts';
import { type DigestChange, type DigestMemory, emptyDigestMemory } from '../state/digest-memory.ts';
import type { Decision, DigestMail, DigestPlaces } from '../triage/digest.ts';
import type { TriageNames } from '../triage/layout.ts';
import { findMailbox, findUseProblem, findWithin } from '../triage/mailboxes.ts';
import type { EmailPatch, Mailbox } from '../triage/model.ts';
import { isSameName } from '../triage/names.ts';
import type { TriageReport } from '../triage/report.ts';

/** When a digest is due, and where it goes. */
interface DigestSettings extends Schedule {
  readonly mailbox: string;
}

/** Null: digests are off. */
export function digestSettings(settings: Settings): DigestSettings | null {
  const { digest, digestHour: hour, digestTimeZone: timeZone, digestMailbox: mailbox } = settings;
  if (digest === 'off') return null;
  return { every: digest === 'daily' ? 'day' : 'week', hour, timeZone, mailbox };
}

/** What the step works with, after a pass that succeeded. */
export interface DigestStep {
  readonly settings: DigestSettings;
  readonly names: TriageNames;
  readonly mail: DigestMail;
  readonly memory: DigestMemory | null;
  readonly report: TriageReport;
  readonly log: Logger;
  readonly isDryRun: boolean;
  readonly now: Date;
}

/**
 * Leaves a digest in the user's mailbox when one is due, and gives what is to be remembered. Never
 * throws: a digest that fails is a warning, and the next pass tries again.
 */
export async function tellDigest(step: DigestStep): Promise<DigestChange> {
  const { settings, log, now } = step;
  const memory = step.memory ?? emptyDigestMemory;
  const decided = decisionsOf(step);
  const untold: DigestChange = { toldAt: null, decided, told: emptyDigestMemory };
  try {
    const due = lastDueTime(settings, now).getTime();
    if (memory.toldAt !== null && due <= Date.parse(memory.toldAt)) return untold;
    return await tell({ ...step, memory }, decided, due);
  } catch (error) {
    log.warning('digest_failed', { error });
    return untold;
  }
}

async function tell(
  step: DigestStep & { readonly memory: DigestMemory },
  decided: readonly Decision[],
  due: number,
): Promise<DigestChange> {
  const { mail, memory, now, settings, log } = step;
  const nowText = toUtcDate(now);
  let backlog: Backlog | null = null;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const read = await mail.readDigestPlaces();
    const newest = read.digests[0]?.receivedAt ?? null;
    // The first digest ever is due the next time.
    if (memory.toldAt === null && newest === null) {
      return { toldAt: nowText, decided, told: emptyDigestMemory };
    }
    if (newest !== null && due <= Date.parse(newest)) {
      // Another run has told, or this one was killed before it could say so.
      return { toldAt: newest, decided, told: toldBefore(memory, newest) };
    }
    const places = findPlaces(read, step);
    backlog ??= await readBacklog(places, step);
    const content = contentOf(backlog, places, decided, step);
    if (isNothingToTell(content)) return { toldAt: nowText, decided: [], told: memory };
    const { subject, text } = renderDigest(content, {
      now,
      timeZone: settings.timeZone,
      screener: step.names.screenerMailbox,
      jail: places.jailName,
      errorLabel: step.names.errorLabel,
    });
    const fields = {
      mailbox: settings.mailbox,
      waiting: content.waiting.length,
      decided: content.decided.length,
    };
    if (step.isDryRun) {
      log.info('would_send_digest', fields);
      return { toldAt: nowText, decided: [], told: memory };
    }
    const { mailboxId, retire } = places;
    const outcome = await mail.saveDigest(
      { mailboxId, retire, receivedAt: nowText, subject, text },
      read.state,
    );
    switch (outcome.kind) {
      case 'created':
        log.info('digest_sent', { ...fields, retired: outcome.retired });
        return { toldAt: nowText, decided: [], told: memory };
      case 'stale':
        break;
      case 'refused':
      case 'failed':
        throw new DigestError(`the digest could not be written: ${outcome.problem}`);
      default:
        return outcome satisfies never;
    }
  }
  throw new DigestError(`emails changed ${MOST_ATTEMPTS} times while the digest was written`);
}

/** The digest was refused, or could not be written for now. */
class DigestError extends MailroomError {}

const MOST_ATTEMPTS = 5;

/** Of the memory, what the digest of that time told. */
function toldBefore(memory: DigestMemory, receivedAt: string): DigestMemory {
  return {
    ...memory,
    // Of the same second: told twice rather than never.
    decided: memory.decided.filter(({ at }) => Date.parse(at) < Date.parse(receivedAt)),
  };
}

function decisionsOf({ report, now }: DigestStep): readonly Decision[] {
  return report.details.senders
    .filter(({ isDone }) => isDone)
    .map(({ sender, displayName, category }) => ({
      sender,
      name: displayName,
      category,
      at: toUtcDate(now),
    }));
}

/** Mailboxes that a digest is about, and where it goes. */
interface Places {
  readonly mailboxId: string;
  /** Digests that are in that mailbox, on their way to Trash; labels of Mailroom's own come off. */
  readonly retire: readonly EmailPatch[];
  readonly screener: Mailbox;
  readonly jail: Mailbox | null;
  readonly jailName: string;
  readonly leftAloneIds: ReadonlySet<string>;
  readonly errorLabelled: number;
}

/** Throws AccountError with what is missing. */
function findPlaces({ mailboxes, digests }: DigestPlaces, { settings, names }: DigestStep): Places {
  const find = (name: string): Mailbox | null => {
    const search = findMailbox(mailboxes, name);
    return search.kind === 'found' ? search.mailbox : null;
  };
  const mailbox = find(settings.mailbox);
  const screener = find(names.screenerMailbox);
  const trash = mailboxes.find(({ role }) => role === 'trash');
  const labels = [
    names.errorLabel,
    names.warningLabel,
    ...names.categories.map((one) => one.label),
  ];
  const labelIds = labels.flatMap((name) => (name === null ? [] : (find(name)?.id ?? [])));
  const problem = mailbox === null ? 'is missing, or not the only one of that name' : null;
  const useProblem = mailbox === null ? null : findUseProblem(mailbox, mailboxes, 'destination');
  const isLabel = mailbox !== null && labelIds.includes(mailbox.id);
  const why = problem ?? (isLabel ? 'is a label of Mailroom' : useProblem);
  if (mailbox === null || why !== null) {
    throw new AccountError(
      `mailbox "${settings.mailbox}" ${why}: create it, or name another one in MAILROOM_DIGEST_MAILBOX`,
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

async function readBacklog(
  { screener, jail, leftAloneIds }: Places,
  { mail, report, isDryRun }: DigestStep,
): Promise<Backlog> {
  const read = [screener, jail].filter((one) => one !== null && one.totalEmails > 0) as Mailbox[];
  const totals = new Map(read.map(({ id, totalEmails }) => [id, totalEmails]));
  const gone = new Set(
    report.details.senders.filter(({ isDone }) => isDone && isDryRun).map(({ sender }) => sender),
  );
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

function contentOf(
  backlog: Backlog,
  { errorLabelled }: Places,
  decided: readonly Decision[],
  { memory, report }: DigestStep,
): DigestContent {
  return {
    waiting: backlog.waiting(),
    withoutSender: backlog.withoutSender,
    decided: [...(memory?.decided ?? []), ...decided],
    decidedBesides: memory?.decidedBesides ?? 0,
    unsolved: {
      conflicts: report.details.conflicts,
      failures: report.failures,
      errorLabelled,
    },
    jailed: backlog.jailed(MOST_JAILED),
  };
}

const MOST_JAILED = 3;

/** RFC 8620 §1.4, in whole seconds. */
function toUtcDate(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
