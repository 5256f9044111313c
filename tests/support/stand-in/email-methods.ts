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
import { orNull } from './mailbox-methods.ts';

/** RFC 8621 §4.2, metadata and header properties only. */
export function getEmails(args: JsonObject, context: JmapContext): JsonObject {
  checkArguments(args, ['ids', 'properties']);
  const { state } = context;
  const properties = readProperties(args, PROPERTIES);
  const ids = readIds(args, context);
  // All emails of an account are more than a client may ask for (RFC 8620 §5.1).
  if (ids === null) throw new MethodError('requestTooLarge');
  const list: JsonObject[] = [];
  const notFound: string[] = [];
  for (const id of new Set(ids)) {
    const email = state.emails.get(id);
    if (email === undefined) notFound.push(id);
    else list.push(pick(describe(email), properties));
  }
  return { state: String(state.state), list, notFound };
}

/** RFC 8621 §4.6: updates of mailboxIds and keywords, and destruction; no creation. */
export function setEmails(args: JsonObject, context: JmapContext): JsonObject {
  checkArguments(args, ['ifInState', 'create', 'update', 'destroy']);
  const { state } = context;
  const oldState = String(state.state);
  const { create = null, update = null, destroy = null, ifInState = null } = args;
  if (create !== null && !isObject(create)) throw invalidArguments('create');
  if (update !== null && !isObject(update)) throw invalidArguments('update');
  if (destroy !== null && !isStringArray(destroy)) throw invalidArguments('destroy');
  const creations = Object.keys(create ?? {});
  const updates = Object.entries(update ?? {});
  const count = creations.length + updates.length + (destroy?.length ?? 0);
  checkLimit(count, 'maxObjectsInSet', context);
  if (ifInState !== null && ifInState !== oldState) throw new MethodError('stateMismatch');
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
    created: null,
    updated: orNull(updated),
    destroyed: orNull(destroyed),
    notCreated: orNull(Object.fromEntries(creations.map((id) => [id, { type: 'forbidden' }]))),
    notUpdated: orNull(notUpdated),
    notDestroyed: orNull(notDestroyed),
  };
}

/** RFC 8620 §5.2. */
export function changedEmails(args: JsonObject, { state }: JmapContext): JsonObject {
  checkArguments(args, ['sinceState', 'maxChanges']);
  const { sinceState } = args;
  if (typeof sinceState !== 'string') throw invalidArguments('sinceState');
  const since = Number(sinceState);
  if (!/^\d+$/u.test(sinceState) || since > state.state) {
    throw new MethodError('cannotCalculateChanges');
  }
  const changed = [...state.emails.values()].filter((email) => email.changedState > since);
  const isNew = (email: EmailRecord): boolean => email.createdState > since;
  return {
    oldState: sinceState,
    newState: String(state.state),
    hasMoreChanges: false,
    created: changed.filter(isNew).map(({ id }) => id),
    updated: changed.filter((email) => !isNew(email)).map(({ id }) => id),
    destroyed: [...state.destroyed]
      .filter(([, { created, at }]) => at > since && created <= since)
      .map(([id]) => id),
  };
}

/** Null when the patch (RFC 8620 §5.3) was applied, else the SetError; a patch is all or nothing. */
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

/** RFC 8621 §4.1.1; an unknown mailbox is an error even where it is only to be taken off. */
function mailboxProblem(
  mailboxIds: ReadonlySet<string>,
  keys: readonly string[],
  state: MailState,
): JsonObject | null {
  const named = keys
    .filter((key) => key.startsWith('mailboxIds/'))
    .map((key) => key.slice('mailboxIds/'.length));
  if ([...mailboxIds, ...named].some((mailboxId) => !state.mailboxes.has(mailboxId))) {
    return invalidProperties('mailboxIds');
  }
  return mailboxIds.size > MAX_MAILBOXES_PER_EMAIL ? { type: 'tooManyMailboxes' } : null;
}

export const MAX_MAILBOXES_PER_EMAIL = 20;

function invalidProperties(
  ...properties: readonly string[]
): JsonObject & { readonly type: string } {
  return { type: 'invalidProperties', properties };
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
];

function describe(email: EmailRecord): JsonObject {
  const { id, threadId, mailboxIds, keywords, receivedAt, from, fromFields, subject } = email;
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
  };
}

function asFlags(names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries([...names].map((name) => [name, true]));
}
