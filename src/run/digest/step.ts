import type { Backlog } from './backlog.ts';
import { type DigestContent, isNothingToTell, renderDigest } from './render.ts';
import { createLastDueTime, type Schedule } from './due.ts';
import { type DigestNews, findLostSince, keepDecided, type Passed, toUtcDate } from './kept.ts';
import type { PickNoted } from '../../contacts/card-notes.ts';
import { MailroomError, messageOf } from '../../errors.ts';
import type { Logger } from '../../log/logger.ts';
import { toPlainLine } from '../../log/plain-line.ts';
import type { Redact } from '../../log/redaction.ts';
import type { Settings } from '../../settings/settings.ts';
import {
  type DigestChange,
  type DigestMemory,
  emptyDigestMemory,
  MAX_AHEAD_MS,
} from '../../state/digest-memory.ts';
import type { Decision, DigestMail, StoredDigest } from '../../triage/digest.ts';
import type { TriageNames } from '../../triage/layout.ts';
import type { TriageReport } from '../../triage/report.ts';
import { findCardDecisions, withoutRepeats } from './card-decisions.ts';
import { findPlaces, type Places, readBacklog } from './places.ts';

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
export interface DigestStep extends Passed {
  readonly settings: DigestSettings;
  readonly names: TriageNames;
  readonly mail: DigestMail;
  /** What was decided stands in the notes of contacts, where the state was lost. */
  readonly readNotes: (pick: PickNoted<Decision>) => Promise<readonly Decision[]>;
  /** UTCDate of the newest digest; null: there is none. Undefined: the pass did not ask. */
  readonly newest: string | null | undefined;
  readonly report: TriageReport;
  readonly log: Logger;
  readonly redact: Redact;
  readonly isDryRun: boolean;
}

/**
 * Leaves a digest in the user's mailbox when one is due, and gives what is to be remembered. Never
 * throws: a digest that fails is a warning, and the next pass tries again.
 */
export async function tellDigest(step: DigestStep): Promise<DigestChange> {
  const { settings, log, now } = step;
  const known = sane(step.memory ?? emptyDigestMemory, now);
  const memory = { ...known, lostSince: findLostSince(known, step.missingSince) };
  const untold = { ...keepDecided(step), failure: null };
  try {
    const due = createLastDueTime(settings)(now).getTime();
    if (memory.toldAt !== null && due <= Date.parse(memory.toldAt)) return untold;
    // The first digest ever is due the next time.
    if (memory.toldAt === null && step.newest === null)
      return { ...untold, toldAt: toUtcDate(now) };
    if (step.newest && due <= Date.parse(step.newest)) {
      return { ...untold, toldAt: step.newest, lostSince: step.newest };
    }
    return { failure: null, ...(await tell({ ...step, memory }, untold.decided, due)) };
  } catch (error) {
    log.warning('digest_failed', { error });
    const problem = toPlainLine(step.redact(messageOf(error)), MOST_OF_PROBLEM);
    return { ...untold, failure: { since: toUtcDate(now), problem } };
  }
}

/** In characters: enough for a sentence. */
const MOST_OF_PROBLEM = 300;

async function tell(
  step: DigestStep & { readonly memory: DigestMemory },
  decided: readonly Decision[],
  due: number,
): Promise<DigestNews> {
  const { mail, memory, now, settings, log } = step;
  const nowText = toUtcDate(now);
  let backlog: Backlog | null = null;
  let untold: readonly Decision[] | null = null;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const read = await mail.readDigestPlaces();
    const newest = findNewestDate(read.digests, now);
    if (memory.toldAt === null && newest === null) {
      return { toldAt: nowText, decided, told: emptyDigestMemory };
    }
    if (newest !== null && due <= Date.parse(newest)) {
      // Another run has told, or this one was killed before it could say so.
      const told = toldBefore(memory, newest);
      return { toldAt: newest, decided, told, lostSince: memory.toldAt === null ? newest : null };
    }
    const places = findPlaces(read, settings.mailbox, step.names);
    const gone = step.isDryRun ? step.done : [];
    backlog ??= await readBacklog(places, mail, new Set(gone.map(({ sender }) => sender)));
    untold ??= await findUntold(step, newest, decided);
    const content = contentOf(backlog, places, untold, step);
    const allTold = { toldAt: nowText, decided: [], told: memory, lostSince: null };
    if (isNothingToTell(content)) return allTold;
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
      return allTold;
    }
    const { mailboxId, retire } = places;
    const outcome = await mail.saveDigest(
      { mailboxId, retire, receivedAt: nowText, subject, text },
      read.state,
    );
    switch (outcome.kind) {
      case 'created':
        log.info('digest_sent', { ...fields, retired: outcome.retired });
        return { ...allTold, sentAt: nowText };
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

/** A date that is still to come was written by a clock that was wrong: no digest would be due. */
export function findNewestDate(digests: readonly StoredDigest[], now: Date): string | null {
  return digests.find(({ receivedAt }) => !isToCome(receivedAt, now))?.receivedAt ?? null;
}

function sane(memory: DigestMemory, now: Date): DigestMemory {
  const isWrong = memory.toldAt !== null && isToCome(memory.toldAt, now);
  return isWrong ? { ...memory, toldAt: null } : memory;
}

function isToCome(time: string, now: Date): boolean {
  return Date.parse(time) > now.getTime() + MAX_AHEAD_MS;
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

/** Where the state was lost, the cards know what was decided since the newest digest then. */
async function findUntold(
  { memory, readNotes }: Pick<DigestStep, 'memory' | 'readNotes'>,
  newest: string | null,
  decided: readonly Decision[],
): Promise<readonly Decision[]> {
  const remembered = [...(memory?.decided ?? []), ...decided];
  const since = memory?.lostSince ?? (memory?.toldAt ? null : newest);
  if (since === null) return remembered;
  const sinceDay = since.slice(0, 10);
  const onCards = await readNotes((card) => findCardDecisions(card, sinceDay));
  return withoutRepeats(onCards, remembered);
}

function contentOf(
  backlog: Backlog,
  { errorLabelled }: Places,
  untold: readonly Decision[],
  { memory, report }: DigestStep,
): DigestContent {
  return {
    waiting: backlog.waiting(),
    withoutSender: backlog.withoutSender,
    decided: untold,
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
