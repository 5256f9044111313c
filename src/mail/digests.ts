import { JmapMethodError } from '../errors.ts';
import {
  DIGEST_KEYWORD,
  type DigestOutcome,
  type DigestPlaces,
  type NewDigest,
  type StoredDigest,
  type TitledEmail,
} from '../triage/digest.ts';
import type { EmailPatch } from '../triage/model.ts';
import { parseSenderAddress } from '../triage/sender.ts';
import { patchEmails, renderPatch } from './email-patches.ts';
import type { EmailReader } from './email-reader.ts';
import { readEmailsIn } from './emails-in.ts';
import { decodeGetAnswer, decodeQueryAnswer, decodeSetAnswer } from './jmap/answers.ts';
import type { MethodCall, ResultReference } from './jmap/calls.ts';
import type { JmapClient } from './jmap/client.ts';
import {
  decodeNullable,
  decodeObject,
  decodeString,
  type JsonObject,
  malformedAnswer,
} from './jmap/decode.ts';
import { readPage } from './jmap/query-page.ts';
import { isTooLarge, writeFailureOf, writeFailureOfSetError } from './jmap/write-failure.ts';
import { decodeMailboxes, MAILBOXES_CALL, readMailboxes } from './mailboxes.ts';
import { decodePlacedEmail, EMAIL_PROPERTIES } from './objects.ts';

/** DigestMail.readDigestPlaces. */
export async function readDigestPlaces(client: JmapClient): Promise<DigestPlaces> {
  const { limits } = await client.session();
  if (limits.maxCallsInRequest < 3) return readPlacesApart(client);
  const query: MethodCall = {
    name: 'Email/query',
    arguments: digestQuery(limits),
    callId: 'query',
  };
  const ids: ResultReference = { resultOf: query.callId, name: query.name, path: '/ids' };
  const get: MethodCall = {
    name: 'Email/get',
    arguments: { '#ids': ids, properties: DIGEST_PROPERTIES },
    callId: 'digests',
  };
  try {
    const answers = await client.request([MAILBOXES_CALL, query, get]);
    const mailboxes = decodeGetAnswer(answers.argumentsOf(MAILBOXES_CALL), MAILBOXES_CALL.name);
    const found = decodeQueryAnswer(answers.argumentsOf(query), query.name);
    const got = decodeGetAnswer(answers.argumentsOf(get), get.name);
    return {
      mailboxes: decodeMailboxes([...mailboxes.objects.values()]),
      digests: decodeDigests(
        found.ids.map((id) => got.objects.get(id)).filter((one) => one !== undefined),
      ),
      state: decodeString(got.state, 'Email/get state'),
    };
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return readPlacesApart(client);
  }
}

async function readPlacesApart(client: JmapClient): Promise<DigestPlaces> {
  const mailboxes = await readMailboxes(client);
  const { limits } = await client.session();
  const page = await readPage(client, {
    type: 'Email',
    query: digestQuery(limits),
    properties: DIGEST_PROPERTIES,
  });
  return {
    mailboxes,
    digests: decodeDigests(page.objects),
    // Without digests, a server that takes one call at a time was not asked for the state.
    state: page.state ?? (await readState(client)),
  };
}

async function readState(client: JmapClient): Promise<string> {
  const get: MethodCall = {
    name: 'Email/get',
    arguments: { ids: [], properties: ['id'] },
    callId: 'get',
  };
  const answers = await client.request([get]);
  return decodeString(decodeGetAnswer(answers.argumentsOf(get), get.name).state, 'Email/get state');
}

/** RFC 8621 §4.4.1. The newest; more than these are retired by later digests. */
function digestQuery({ maxObjectsInGet }: { readonly maxObjectsInGet: number }): JsonObject {
  return {
    filter: { hasKeyword: DIGEST_KEYWORD },
    sort: [{ property: 'receivedAt', isAscending: false }],
    limit: Math.min(maxObjectsInGet, MOST_DIGESTS),
  };
}

const MOST_DIGESTS = 500;

const DIGEST_PROPERTIES = ['id', 'mailboxIds', 'receivedAt'] as const;

function decodeDigests(objects: readonly JsonObject[]): readonly StoredDigest[] {
  return objects
    .map(decodePlacedEmail)
    .toSorted((a, b) => Date.parse(b.receivedAt) - Date.parse(a.receivedAt));
}

/** DigestMail.readTitledEmails. */
export async function* readTitledEmails(
  client: JmapClient,
  mailboxIds: readonly string[],
  read: EmailReader,
): AsyncGenerator<readonly TitledEmail[]> {
  // Kept until the email is handed out: where each mailbox has a query of its own, pages come side by side.
  const subjects = new Map<string, string>();
  const readTitles: EmailReader = (objects) => {
    for (const { id, subject } of objects) {
      const text = decodeNullable(subject, 'Email/get list[].subject', decodeString);
      subjects.set(String(id), text ?? '');
    }
    return read(objects);
  };
  const properties = [...EMAIL_PROPERTIES, 'subject'];
  for await (const { emails } of readEmailsIn(client, mailboxIds, readTitles, properties)) {
    yield emails.map((email) => {
      const subject = subjects.get(email.id) ?? '';
      subjects.delete(email.id);
      return { ...email, subject };
    });
  }
}

/**
 * DigestMail.saveDigest. What the server refuses is an outcome; throws only what breaks the run.
 * `ownUsernames`: names of the account elsewhere (CardDAV), beside that of the session.
 */
export async function saveDigest(
  client: JmapClient,
  digest: NewDigest,
  ifInState: string,
  ownUsernames: readonly string[],
): Promise<DigestOutcome> {
  const { username, accountName, apiUrl, limits } = await client.session();
  const own = ownAddress([username, ...ownUsernames, accountName], apiUrl);
  const retire = digest.retire.slice(0, limits.maxObjectsInSet - 1);
  const set: MethodCall = {
    name: 'Email/set',
    arguments: {
      ifInState,
      create: { digest: newEmail(digest, own) },
      ...(retire.length === 0
        ? {}
        : { update: Object.fromEntries(retire.map((one) => [one.emailId, renderPatch([one])])) }),
    },
    callId: 'set',
  };
  try {
    const answers = await client.request([set]);
    const answer = decodeSetAnswer(answers.argumentsOf(set), set.name);
    const retired = retire.filter(({ emailId }) => Object.hasOwn(answer.updated, emailId));
    if (answer.notCreated['digest'] !== undefined) {
      // Without a new one the earlier ones stay where they were.
      await patchEmails(client, retired.map(reversed), answer.newState);
      return writeFailureOfSetError(answer.notCreated['digest'], set.name);
    }
    if (answer.created['digest'] === undefined) {
      throw malformedAnswer('Email/set does not say whether the digest was created');
    }
    decodeObject(answer.created['digest'], 'Email/set created.digest');
    return { kind: 'created', retired: retired.length };
  } catch (error) {
    if (error instanceof JmapMethodError && error.type === 'stateMismatch') {
      return { kind: 'stale' };
    }
    return writeFailureOf(error);
  }
}

function reversed({ emailId, add, remove }: EmailPatch): EmailPatch {
  return { emailId, add: remove, remove: add };
}

/** RFC 8621 §4.6: the server makes the message; `$seen` is not among its keywords. */
function newEmail({ mailboxId, receivedAt, subject, text }: NewDigest, own: string): JsonObject {
  return {
    mailboxIds: { [mailboxId]: true },
    keywords: { [DIGEST_KEYWORD]: true },
    receivedAt,
    sentAt: receivedAt,
    from: [{ name: 'Mailroom', email: own }],
    to: [{ name: null, email: own }],
    subject,
    textBody: [{ partId: 'text', type: 'text/plain' }],
    bodyValues: { text: { value: text } },
  };
}

/** The first that is an address; else a local user of the server, as RFC 5321 §4.1.3 writes it. */
function ownAddress(usernames: readonly string[], apiUrl: string): string {
  const address = usernames.map(parseSenderAddress).find((one) => one !== null);
  if (address !== undefined) return address;
  const { hostname } = new URL(apiUrl);
  const isLiteral = /^[\d.]+$|^\[/u.test(hostname);
  const domain = isLiteral
    ? `[${hostname.replace(/^\[/u, 'IPv6:').replace(/\]$/u, '')}]`
    : hostname;
  const user = usernames.find((one) => /^[\w.-]+$/u.test(one)) ?? 'mailroom';
  return `${user}@${domain}`;
}
