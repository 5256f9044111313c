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
import type { MailboxRecord, MailState } from './mail-state.ts';
import { invalidProperties } from './set-errors.ts';

/** RFC 8621 §2.1; `ids` of Mailbox/get never runs into maxObjectsInGet when null. */
export function getMailboxes(args: JsonObject, context: JmapContext): JsonObject {
  checkArguments(args, ['ids', 'properties']);
  const { state } = context;
  const properties = readProperties(args, PROPERTIES);
  const ids = readIds(args, context) ?? [...state.mailboxes.keys()];
  const list: JsonObject[] = [];
  const notFound: string[] = [];
  for (const id of ids) {
    const mailbox = state.mailboxes.get(id);
    if (mailbox === undefined) notFound.push(id);
    else list.push(pick(describe(mailbox, state), properties));
  }
  return { state: String(state.state), list, notFound };
}

/** RFC 8621 §2.5. Only creation and renaming, because no client here destroys mailboxes. */
export function setMailboxes(args: JsonObject, context: JmapContext): JsonObject {
  checkArguments(args, ['ifInState', 'create', 'update', 'destroy', 'onDestroyRemoveEmails']);
  const { state } = context;
  const oldState = String(state.state);
  if ((args['ifInState'] ?? oldState) !== oldState) throw new MethodError('stateMismatch');
  const { create = null, update = null, destroy = null } = args;
  if (create !== null && !isObject(create)) throw invalidArguments('create');
  if (update !== null && !isObject(update)) throw invalidArguments('update');
  if (destroy !== null && !isStringArray(destroy)) throw invalidArguments('destroy');
  const count =
    Object.keys(create ?? {}).length + Object.keys(update ?? {}).length + (destroy?.length ?? 0);
  checkLimit(count, 'maxObjectsInSet', context);
  const created: Record<string, JsonObject> = {};
  const notCreated: Record<string, JsonObject> = {};
  for (const [creationId, mailbox] of Object.entries(create ?? {})) {
    const result = createMailbox(mailbox, state, created);
    if (typeof result === 'string') created[creationId] = { id: result };
    else notCreated[creationId] = result;
  }
  const updated: Record<string, null> = {};
  const notUpdated: Record<string, JsonObject> = {};
  for (const [id, patch] of Object.entries(update ?? {})) {
    const problem = renameMailbox(id, patch, state);
    if (problem === null) updated[id] = null;
    else notUpdated[id] = problem;
  }
  const notDestroyed = Object.fromEntries((destroy ?? []).map((id) => [id, { type: 'forbidden' }]));
  return {
    oldState,
    newState: String(state.state),
    created: orNull(created),
    updated: orNull(updated),
    destroyed: null,
    notCreated: orNull(notCreated),
    notUpdated: orNull(notUpdated),
    notDestroyed: orNull(notDestroyed),
  };
}

function createMailbox(
  mailbox: unknown,
  state: MailState,
  created: Readonly<Record<string, JsonObject>>,
): string | JsonObject {
  if (!isObject(mailbox)) return invalidProperties();
  const { name, parentId: wished = null, role = null, ...rest } = mailbox;
  const settable = new Set(['sortOrder', 'isSubscribed']);
  const unknown = Object.keys(rest).filter((property) => !settable.has(property));
  if (unknown.length > 0) return invalidProperties(...unknown);
  if (typeof name !== 'string' || name === '' || name.includes('/')) {
    return invalidProperties('name');
  }
  if (role !== null) return invalidProperties('role');
  // A creation id of the same request, as in `#parent` (RFC 8620 §5.3).
  const parentId =
    typeof wished === 'string' && wished.startsWith('#')
      ? (created[wished.slice(1)]?.['id'] ?? wished)
      : wished;
  const isKnownParent = typeof parentId === 'string' && state.mailboxes.has(parentId);
  if (parentId !== null && !isKnownParent) return invalidProperties('parentId');
  const parent = isKnownParent ? parentId : null;
  if (state.findMailbox(name, parent) !== undefined) return invalidProperties('name');
  return state.createMailbox(name, parent);
}

function renameMailbox(id: string, patch: unknown, state: MailState): JsonObject | null {
  const mailbox = state.mailboxes.get(id);
  if (mailbox === undefined) return { type: 'notFound' };
  if (!isObject(patch)) return { type: 'invalidPatch' };
  const { name, ...rest } = patch;
  const unknown = Object.keys(rest);
  if (unknown.length > 0) return invalidProperties(...unknown);
  if (typeof name !== 'string' || state.findMailbox(name, mailbox.parentId) !== undefined) {
    return invalidProperties('name');
  }
  state.renameMailbox(id, name);
  return null;
}

/** RFC 8620 §5.3: null if there are none. */
export function orNull<Value extends object>(entries: Value): Value | null {
  return Object.keys(entries).length === 0 ? null : entries;
}

const PROPERTIES = [
  'id',
  'name',
  'parentId',
  'role',
  'sortOrder',
  'totalEmails',
  'unreadEmails',
  'totalThreads',
  'unreadThreads',
  'myRights',
  'isSubscribed',
];

function describe({ id, name, parentId, role }: MailboxRecord, state: MailState): JsonObject {
  const totalEmails = state.countEmails(id);
  const isInbox = role === 'inbox';
  return {
    id,
    name,
    parentId,
    role,
    sortOrder: isInbox ? 1 : 10,
    totalEmails,
    unreadEmails: totalEmails,
    totalThreads: totalEmails,
    unreadThreads: totalEmails,
    myRights: {
      mayReadItems: true,
      mayAddItems: true,
      mayRemoveItems: true,
      maySetSeen: true,
      maySetKeywords: true,
      mayCreateChild: true,
      mayRename: !isInbox,
      mayDelete: !isInbox,
      maySubmit: true,
    },
    isSubscribed: true,
  };
}
