import { JmapMethodError } from '../errors.ts';
import type { Email } from '../triage/model.ts';
import type { EmailChanges, EmailPage } from '../triage/ports.ts';
import type { EmailReader } from './email-reader.ts';
import {
  type ChangesAnswer,
  decodeChangesAnswer,
  decodeGetAnswer,
  type GetAnswer,
} from './jmap/answers.ts';
import type { MethodCall, ResultReference } from './jmap/calls.ts';
import type { JmapClient } from './jmap/client.ts';
import { decodeString, type JsonObject, malformedAnswer } from './jmap/decode.ts';
import { EMAIL_PROPERTIES } from './objects.ts';

/** Email/get by id (RFC 8621 §4.2), in chunks of `maxObjectsInGet` (MailStore.readEmails). */
export async function readEmails(
  client: JmapClient,
  ids: readonly string[],
  read: EmailReader,
): Promise<EmailPage> {
  const { maxObjectsInGet } = (await client.session()).limits;
  const emails: Email[] = [];
  let state: string | null = null;
  for (let start = 0; start === 0 || start < ids.length; start += maxObjectsInGet) {
    const chunk = ids.slice(start, start + maxObjectsInGet);
    const get = getCall('get', { ids: chunk });
    const answers = await client.request([get]);
    const answer = decodeGetAnswer(answers.argumentsOf(get), get.name);
    emails.push(...(await read(objectsOf(answer, chunk))));
    // The state of the first chunk: changes are asked for from there on.
    state ??= decodeString(answer.state, 'Email/get state');
  }
  return { emails, state: state ?? '' };
}

/**
 * Email/changes (RFC 8621 §4.3) with the emails that it names, in one request where the server takes
 * three calls (MailStore.readChanges).
 */
export async function readChanges(
  client: JmapClient,
  sinceState: string,
  read: EmailReader,
): Promise<EmailChanges> {
  const emails = new Map<string, Email>();
  const destroyedIds = new Set<string>();
  for (let state = sinceState, round = 0; round < MOST_ROUNDS; round += 1) {
    const step = await readStep(client, state, read);
    if (step === 'unknown') return { kind: 'unknown' };
    for (const email of step.emails) emails.set(email.id, email);
    for (const id of step.changes.destroyed) destroyedIds.add(id);
    state = step.changes.newState;
    if (step.changes.hasMoreChanges) continue;
    for (const id of destroyedIds) emails.delete(id);
    return { kind: 'known', emails: [...emails.values()], destroyedIds: [...destroyedIds], state };
  }
  return { kind: 'unknown' };
}

/** How many times a server that always has more changes is asked. */
const MOST_ROUNDS = 100;

interface ChangesStep {
  readonly changes: ChangesAnswer;
  readonly emails: readonly Email[];
}

async function readStep(
  client: JmapClient,
  sinceState: string,
  read: EmailReader,
): Promise<ChangesStep | 'unknown'> {
  const { limits } = await client.session();
  const changes: MethodCall = {
    name: 'Email/changes',
    arguments: { sinceState, maxChanges: limits.maxObjectsInGet },
    callId: 'changes',
  };
  const created = getCall('created', { '#ids': referenceTo(changes, '/created') });
  const updated = getCall('updated', { '#ids': referenceTo(changes, '/updated') });
  try {
    if (limits.maxCallsInRequest < 3) {
      const answers = await client.request([changes]);
      const answer = decodeChangesAnswer(answers.argumentsOf(changes), changes.name);
      const ids = [...answer.created, ...answer.updated];
      const { emails } = ids.length === 0 ? { emails: [] } : await readEmails(client, ids, read);
      return { changes: answer, emails };
    }
    const answers = await client.request([changes, created, updated]);
    const answer = decodeChangesAnswer(answers.argumentsOf(changes), changes.name);
    const newOnes = decodeGetAnswer(answers.argumentsOf(created), created.name);
    const changedOnes = decodeGetAnswer(answers.argumentsOf(updated), updated.name);
    const objects = [
      ...objectsOf(newOnes, answer.created),
      ...objectsOf(changedOnes, answer.updated),
    ];
    return { changes: answer, emails: await read(objects) };
  } catch (error) {
    if (error instanceof JmapMethodError && CANNOT_TELL.has(error.type)) return 'unknown';
    throw error;
  }
}

/**
 * The emails of an Email/get that was asked for these ids. Throws MalformedAnswerError if one is
 * neither there nor said to be gone: it would be taken for an email that nobody has changed.
 */
function objectsOf(
  { objects, notFound }: GetAnswer,
  ids: readonly string[],
): readonly JsonObject[] {
  const isShort = ids.some((id) => !objects.has(id) && !notFound.has(id));
  if (isShort) throw malformedAnswer('Email/get leaves out emails');
  return [...objects.values()];
}

/** RFC 8620 §5.2, and what servers that have no Email/changes answer. */
const CANNOT_TELL: ReadonlySet<string> = new Set([
  'cannotCalculateChanges',
  'unknownMethod',
  'invalidArguments',
  'requestTooLarge',
]);

function getCall(callId: string, ids: JsonObject): MethodCall {
  return { name: 'Email/get', arguments: { ...ids, properties: EMAIL_PROPERTIES }, callId };
}

function referenceTo({ callId, name }: MethodCall, path: string): ResultReference {
  return { resultOf: callId, name, path };
}
