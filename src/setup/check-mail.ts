import { messageOf } from '../errors.ts';
import type { JmapSession } from '../mail/jmap/session.ts';
import type { JmapMailStore } from '../mail/mail-store.ts';
import { findDigestProblem } from '../run/digest/places.ts';
import type { Progress } from '../terminal/progress.ts';
import type { TriageNames } from '../triage/layout.ts';
import type { Mailbox } from '../triage/model.ts';
import type { Check } from './check.ts';
import { planMailbox, type RequiredMailbox, requiredMailboxes } from './required-mailboxes.ts';

/** What is to be checked on the JMAP server, and whether it may be created. */
export interface MailCheckOptions {
  readonly mail: JmapMailStore;
  readonly names: TriageNames;
  /** As in the settings; null: digests are off. */
  readonly digestMailbox: string | null;
  /** Create what is missing. */
  readonly mayWrite: boolean;
  readonly progress: Progress;
}

/** What was found there. */
export interface MailChecks {
  readonly checks: readonly Check[];
  /** What the server says of the account; null if that could not be read. */
  readonly session: JmapSession | null;
  /** All mailboxes after the check; null if they could not be read. */
  readonly mailboxes: readonly Mailbox[] | null;
}

/** The API token, the limits of the server, and every mailbox; never throws. */
export async function checkMail(options: MailCheckOptions): Promise<MailChecks> {
  const required = requiredMailboxes(options.names);
  const { progress } = options;
  try {
    progress.set('mail', 'reading the account');
    const session = await options.mail.readAccount();
    progress.set('mail', 'reading mailboxes');
    const mailboxes = [...(await options.mail.readMailboxes())];
    const checks: Check[] = [...describeAccount(session)];
    for (const mailbox of required) {
      progress.set('mail', `checking ${mailbox.name}`);
      checks.push(await checkMailbox(mailbox, mailboxes, options));
    }
    checks.push(await checkTakeBack(mailboxes, options));
    checks.push(...(await checkDigest(checks, mailboxes, options)));
    return { checks, session, mailboxes };
  } catch (error) {
    const failed = { area: 'credential', name: TOKEN, status: 'failed' } as const;
    return {
      checks: [{ ...failed, detail: messageOf(error) }, ...required.map(notChecked)],
      session: null,
      mailboxes: null,
    };
  } finally {
    progress.set('mail', null);
  }
}

const TOKEN = 'MAILROOM_JMAP_TOKEN';

function describeAccount({ accountName, capabilities, limits }: JmapSession): readonly Check[] {
  const scopes = findScopes(capabilities);
  return [
    {
      area: 'credential',
      name: TOKEN,
      status: 'exists',
      detail: `works, may write; account ${accountName}${describeScopes(scopes)}`,
    },
    {
      area: 'server limits',
      name: 'JMAP',
      status: 'exists',
      detail:
        `in use: ${limits.maxObjectsInGet} emails a read, ${limits.maxObjectsInSet} a write, ` +
        `${limits.maxCallsInRequest} calls and ${limits.maxSizeRequest} bytes a request, ` +
        `${limits.maxConcurrentRequests} requests at once`,
    },
  ];
}

/**
 * `mail`, `submission` and so on: what the token may do, as far as the account's capabilities say.
 */
function findScopes(capabilities: readonly string[]): readonly string[] {
  return capabilities
    .filter((name) => name.startsWith(IETF) && !name.endsWith(':core'))
    .map((name) => name.slice(IETF.length))
    .toSorted();
}

const IETF = 'urn:ietf:params:jmap:';

function describeScopes(scopes: readonly string[]): string {
  if (scopes.length === 0) return '';
  const mayMore = scopes.includes('submission')
    ? ' (submission, the right to send mail, is not needed: a token without it is safer)'
    : '';
  return `; scope ${scopes.join(', ')}${mayMore}`;
}

function notChecked({ area, name }: RequiredMailbox): Check {
  return { area, name, status: 'failed', detail: 'not checked: mail could not be read' };
}

/** Adds what it creates to `mailboxes`. */
async function checkMailbox(
  required: RequiredMailbox,
  mailboxes: Mailbox[],
  { mail, mayWrite }: MailCheckOptions,
): Promise<Check> {
  const { area, name } = required;
  const plan = planMailbox(mailboxes, required);
  switch (plan.kind) {
    case 'exists':
      return { area, name, status: 'exists', detail: null };
    case 'unclear':
      return { area, name, status: 'failed', detail: plan.problem };
    case 'missing':
      break;
    default:
      return plan satisfies never;
  }
  const parents = plan.names.slice(0, -1);
  const note = parents.length === 0 ? null : `with its parent ${parents.join('/')}`;
  if (!mayWrite) return { area, name, status: 'missing', detail: note };
  try {
    let { parentId } = plan;
    for (const part of plan.names) parentId = await create(part, parentId, mailboxes, mail);
    return { area, name, status: 'created', detail: note };
  } catch (error) {
    return await afterFailure(required, error, mailboxes, mail);
  }
}

/** The label that takes decisions back: without it everything else works. */
async function checkTakeBack(mailboxes: Mailbox[], options: MailCheckOptions): Promise<Check> {
  const { takeBackLabel: name } = options.names;
  const label: RequiredMailbox = { area: 'triage label', name, use: 'label' };
  const check = await checkMailbox(label, mailboxes, options);
  return check.status === 'missing'
    ? { ...check, status: 'optional', detail: 'takes a decision back; --apply makes it' }
    : check;
}

/** Where digests go; a mailbox that has been checked for another purpose is not named twice. */
async function checkDigest(
  others: readonly Check[],
  mailboxes: Mailbox[],
  options: MailCheckOptions,
): Promise<readonly Check[]> {
  const { digestMailbox: name, names } = options;
  if (name === null) return [];
  const known = others.find((one) => one.name === name);
  const check =
    known ?? (await checkMailbox({ area: 'digest', name, use: 'destination' }, mailboxes, options));
  if (check.status === 'failed' || check.status === 'missing') return known ? [] : [check];
  const problem = findDigestProblem(mailboxes, name, names);
  if (problem !== null) return [{ area: 'digest', name, status: 'failed', detail: problem }];
  return known ? [] : [check];
}

async function create(
  name: string,
  parentId: string | null,
  mailboxes: Mailbox[],
  mail: JmapMailStore,
): Promise<string> {
  const outcome = await mail.createMailbox(name, parentId);
  if (outcome.kind !== 'created') throw new Error(outcome.problem);
  mailboxes.push({ id: outcome.id, name, parentId, role: null, totalEmails: 0 });
  return outcome.id;
}

/** Somebody else may have made it in the meantime, or the server made it and its answer was lost. */
async function afterFailure(
  required: RequiredMailbox,
  error: unknown,
  mailboxes: Mailbox[],
  mail: JmapMailStore,
): Promise<Check> {
  const { area, name } = required;
  const failed: Check = { area, name, status: 'failed', detail: messageOf(error) };
  try {
    mailboxes.splice(0, mailboxes.length, ...(await mail.readMailboxes()));
  } catch {
    return failed;
  }
  return planMailbox(mailboxes, required).kind === 'exists'
    ? { area, name, status: 'exists', detail: 'made meanwhile' }
    : failed;
}
