import { invalidArguments, MethodError } from './jmap-errors.ts';
import {
  checkArguments,
  checkLimit,
  isObject,
  isStringArray,
  type JmapContext,
  type JsonObject,
  pick,
  readIds,
  readProperties,
} from './jmap-context.ts';
import type { EmailRecord, MailState } from './mail-state.ts';
import { createEmail } from './email-creation.ts';
import { orNull } from './mailbox-methods.ts';
import { invalidProperties, mailboxProblem } from './set-errors.ts';

/** RFC 8621 §4.2, only for metadata and header properties. */
export function getEmails(args: JsonObject, context: JmapContext): JsonObject {
  checkArguments(args, ['ids', 'properties', 'fetchTextBodyValues']);
  const { state } = context;
  const properties = readProperties(args, PROPERTIES);
  const ids = readIds(args, context);
  // A client may not ask for all emails of an account at once (RFC 8620 §5.1).
  if (ids === null) throw new MethodError('requestTooLarge');
  const list: JsonObject[] = [];
  const notFound: string[] = [];
  for (const id of new Set(ids)) {
    const email = state.emails.get(id);
    if (email === undefined) notFound.push(id);
    else list.push(pick(describe(email, args['fetchTextBodyValues'] === true), properties));
  }
  return { state: String(state.state), list, notFound };
}

/** RFC 8621 §4.6: creation of plain texts, updates of mailboxIds and keywords, destruction. */
export function setEmails(args: JsonObject, context: JmapContext): JsonObject {
  checkArguments(args, ['ifInState', 'create', 'update', 'destroy']);
  const { state } = context;
  const oldState = String(state.state);
  const { create = null, update = null, destroy = null, ifInState = null } = args;
  if (create !== null && !isObject(create)) throw invalidArguments('create');
  if (update !== null && !isObject(update)) throw invalidArguments('update');
  if (destroy !== null && !isStringArray(destroy)) throw invalidArguments('destroy');
  const creations = Object.entries(create ?? {});
  const updates = Object.entries(update ?? {});
  const count = creations.length + updates.length + (destroy?.length ?? 0);
  checkLimit(count, 'maxObjectsInSet', context);
  if (ifInState !== null && ifInState !== oldState) throw new MethodError('stateMismatch');
  const created: Record<string, JsonObject> = {};
  const notCreated: Record<string, JsonObject> = {};
  for (const [creationId, object] of creations) {
    const result = createEmail(creationId, object, context);
    if ('error' in result) notCreated[creationId] = result.error;
    else created[creationId] = pick(describe(result.email), ['blobId', 'threadId', 'size']);
  }
  const updated: Record<string, null> = {};
  const notUpdated: Record<string, JsonObject> = {};
  for (const [id, patch] of updates) {
    const problem = updateEmail(id, patch, context);
    if (problem === null) updated[id] = null;
    else notUpdated[id] = problem;
  }
  const destroyed: string[] = [];
  const notDestroyed: Record<string, JsonObject> = {};
  for (const id of destroy ?? []) {
    if (state.emails.has(id)) {
      state.destroyEmail(id);
      destroyed.push(id);
    } else {
      notDestroyed[id] = { type: 'notFound' };
    }
  }
  return {
    oldState,
    newState: String(state.state),
    created: orNull(created),
    updated: orNull(updated),
    destroyed: orNull(destroyed),
    notCreated: orNull(notCreated),
    notUpdated: orNull(notUpdated),
    notDestroyed: orNull(notDestroyed),
  };
}

/** RFC 8620 §5.2; with `maxChanges` in steps, the oldest changes first. */
export function changedEmails(args: JsonObject, { state }: JmapContext): JsonObject {
  checkArguments(args, ['sinceState', 'maxChanges']);
  const { sinceState, maxChanges = null } = args;
  if (typeof sinceState !== 'string') throw invalidArguments('sinceState');
  if (maxChanges !== null && !(Number.isInteger(maxChanges) && Number(maxChanges) > 0)) {
    throw invalidArguments('maxChanges');
  }
  const since = Number(sinceState);
  if (!/^\d+$/u.test(sinceState) || since > state.state) {
    throw new MethodError('cannotCalculateChanges');
  }
  const all = [...changesSince(since, state)].toSorted((a, b) => a.at - b.at);
  const told = all.slice(0, maxChanges === null ? undefined : Number(maxChanges));
  const hasMoreChanges = told.length < all.length;
  const idsOf = (kind: Change['kind']): readonly string[] =>
    told.filter((change) => change.kind === kind).map(({ id }) => id);
  return {
    oldState: sinceState,
    newState: String(hasMoreChanges ? told.at(-1)?.at : state.state),
    hasMoreChanges,
    created: idsOf('created'),
    updated: idsOf('updated'),
    destroyed: idsOf('destroyed'),
  };
}

interface Change {
  readonly kind: 'created' | 'updated' | 'destroyed';
  readonly id: string;
  /** The JMAP state that it led to. */
  readonly at: number;
}

/** The last change of each email. One that came and went since then is left out. */
function* changesSince(since: number, state: MailState): Iterable<Change> {
  for (const { id, createdState, changedState } of state.emails.values()) {
    const kind = createdState > since ? 'created' : 'updated';
    if (changedState > since) yield { kind, id, at: changedState };
  }
  for (const [id, { created, at }] of state.destroyed) {
    if (at > since && created <= since) yield { kind: 'destroyed', id, at };
  }
}

/**
 * Null if the patch (RFC 8620 §5.3) was applied, otherwise the SetError. A patch is all or nothing.
 */
function updateEmail(id: string, patch: unknown, context: JmapContext): JsonObject | null {
  const { state, settings, injectedSetError } = context;
  const injected = injectedSetError(id);
  if (injected !== undefined) return { type: injected };
  const email = state.emails.get(id);
  if (!isObject(patch)) return { type: 'invalidPatch' };
  if (email === undefined) return { type: 'notFound' };
  const keys = Object.keys(patch);
  const unknown = keys.filter((key) => !/^(?:mailboxIds|keywords)(?:\/[^/]+)?$/u.test(key));
  if (unknown.length > 0) return invalidProperties(...unknown);
  const mailboxIds = patchedSet(email.mailboxIds, patch, 'mailboxIds');
  const keywords = patchedSet(email.keywords, patch, 'keywords');
  if ('type' in mailboxIds) return mailboxIds;
  if ('type' in keywords) return keywords;
  const problem = mailboxProblem(mailboxIds.set, keys, state);
  if (problem !== null) return problem;
  if (mailboxIds.set.size === 0) {
    state.lastMailboxRemovals.push(id);
    if (settings.lastMailbox === 'refuse' || 'mailboxIds' in patch) {
      return invalidProperties('mailboxIds');
    }
    state.destroyEmail(id);
    return null;
  }
  if (!isSameSet(mailboxIds.set, email.mailboxIds)) state.setMailboxes(email, mailboxIds.set);
  if (!isSameSet(keywords.set, email.keywords)) state.setKeywords(email, keywords.set);
  return null;
}

function patchedSet(
  current: ReadonlySet<string>,
  patch: JsonObject,
  property: 'mailboxIds' | 'keywords',
): { readonly set: ReadonlySet<string> } | { readonly type: string } {
  const changes = Object.entries(patch).filter(([key]) => key.startsWith(`${property}/`));
  if (property in patch) {
    // A patch must not name both a value and something inside it.
    if (changes.length > 0) return { type: 'invalidPatch' };
    const whole = patch[property];
    if (!isObject(whole) || Object.values(whole).some((value) => value !== true)) {
      return invalidProperties(property);
    }
    return { set: new Set(Object.keys(whole)) };
  }
  const set = new Set(current);
  for (const [key, value] of changes) {
    const name = key
      .slice(property.length + 1)
      .replaceAll('~1', '/')
      .replaceAll('~0', '~');
    if (value === true) set.add(name);
    else if (value === null) set.delete(name);
    else return invalidProperties(key);
  }
  return { set };
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((entry) => b.has(entry));
}

const PROPERTIES = [
  'id',
  'blobId',
  'threadId',
  'mailboxIds',
  'keywords',
  'size',
  'receivedAt',
  'from',
  'header:From:asRaw:all',
  'subject',
  'to',
  'textBody',
  'bodyValues',
];

function describe(email: EmailRecord, hasBodyValues = false): JsonObject {
  const { id, threadId, mailboxIds, keywords, receivedAt, from, fromFields, subject, to, text } =
    email;
  return {
    id,
    blobId: `G${id.slice(1)}`,
    threadId,
    mailboxIds: asFlags(mailboxIds),
    keywords: asFlags(keywords),
    size: 200 + subject.length,
    receivedAt,
    from,
    'header:From:asRaw:all': fromFields,
    subject,
    to,
    textBody: [{ partId: '1', type: 'text/plain' }],
    bodyValues: hasBodyValues ? { 1: { value: text ?? 'A body.' } } : {},
  };
}

function asFlags(names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries([...names].map((name) => [name, true]));
}
