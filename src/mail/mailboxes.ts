import type { Mailbox, WriteFailure } from '../triage/model.ts';
import { decodeGetAnswer, decodeSetAnswer } from './jmap/answers.ts';
import type { MethodCall } from './jmap/calls.ts';
import type { JmapClient } from './jmap/client.ts';
import { decodeId, decodeObject, type JsonObject, malformedAnswer } from './jmap/decode.ts';
import { readPage } from './jmap/query-page.ts';
import { isTooLarge, writeFailureOf, writeFailureOfSetError } from './jmap/write-failure.ts';
import { decodeMailbox, MAILBOX_PROPERTIES } from './objects.ts';

/**
 * All mailboxes (RFC 8621 §2.1) with one Mailbox/get; page by page only if there are more than the
 * server gives at once. Every account has an Inbox, so an answer without one is not believed.
 */
export async function readMailboxes(client: JmapClient): Promise<readonly Mailbox[]> {
  return decodeMailboxes(await readObjects(client));
}

/** Of a whole listing. Throws MalformedAnswerError where it has no Inbox. */
export function decodeMailboxes(objects: readonly JsonObject[]): readonly Mailbox[] {
  const mailboxes = objects.map(decodeMailbox);
  if (!mailboxes.some(({ role }) => role === 'inbox')) {
    throw malformedAnswer(
      `Mailbox/get lists ${mailboxes.length} mailboxes, none with the role inbox`,
    );
  }
  return mailboxes;
}

/** All at once. */
export const MAILBOXES_CALL: MethodCall = {
  name: 'Mailbox/get',
  arguments: { ids: null, properties: MAILBOX_PROPERTIES },
  callId: 'get',
};

async function readObjects(client: JmapClient): Promise<readonly JsonObject[]> {
  try {
    const answers = await client.request([MAILBOXES_CALL]);
    const { name } = MAILBOXES_CALL;
    return [...decodeGetAnswer(answers.argumentsOf(MAILBOXES_CALL), name).objects.values()];
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return await readInPages(client);
  }
}

/** When mailboxes are made or deleted meanwhile, pages shift: begin again. */
async function readInPages(client: JmapClient): Promise<readonly JsonObject[]> {
  const { limits } = await client.session();
  let limit = limits.maxObjectsInGet;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS;) {
    try {
      const objects = await readAllPages(client, limit);
      if (objects !== null) return objects;
      attempt += 1;
    } catch (error) {
      if (!isTooLarge(error) || limit === 1) throw error;
      limit = Math.ceil(limit / 2);
    }
  }
  throw malformedAnswer(`Mailbox/query changed its answer ${MAX_ATTEMPTS} times while it was read`);
}

const MAX_ATTEMPTS = 5;

async function readAllPages(
  client: JmapClient,
  limit: number,
): Promise<readonly JsonObject[] | null> {
  const objects: JsonObject[] = [];
  const seen = new Set<string>();
  let queryState: string | null = null;
  for (let position = 0; ;) {
    const page = await readPage(client, {
      type: 'Mailbox',
      query: { sort: [{ property: 'name', isAscending: true }], position, limit },
      properties: MAILBOX_PROPERTIES,
    });
    if (position > 0 && page.queryState !== queryState) return null;
    if (page.ids.length === 0) return objects;
    queryState = page.queryState;
    if (page.ids.every((id) => seen.has(id))) {
      throw malformedAnswer('Mailbox/query gives one page over and over');
    }
    for (const id of page.ids) seen.add(id);
    objects.push(...page.objects);
    position += page.ids.length;
  }
}

/** The new mailbox's id, or why there is none. */
export type CreateMailboxOutcome = { readonly kind: 'created'; readonly id: string } | WriteFailure;

/** RFC 8621 §2.5. Subscribed, so that apps show it. Throws as `patchEmails` does. */
export async function createMailbox(
  client: JmapClient,
  name: string,
  parentId: string | null,
): Promise<CreateMailboxOutcome> {
  const set: MethodCall = {
    name: 'Mailbox/set',
    arguments: { create: { new: { name, parentId, isSubscribed: true } } },
    callId: 'set',
  };
  try {
    const answers = await client.request([set]);
    const { created, notCreated } = decodeSetAnswer(answers.argumentsOf(set), set.name);
    if (notCreated['new'] !== undefined) return writeFailureOfSetError(notCreated['new'], set.name);
    const mailbox = decodeObject(created['new'], 'Mailbox/set created.new');
    return { kind: 'created', id: decodeId(mailbox['id'], 'Mailbox/set created.new.id') };
  } catch (error) {
    return writeFailureOf(error);
  }
}
