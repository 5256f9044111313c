import { judgeAuthor } from '../triage/author.ts';
import type { Email, SenderAddress } from '../triage/model.ts';
import { cleanDisplayName, parseSenderAddress } from '../triage/sender.ts';
import { loadFromReader } from './from-field.ts';
import type { JmapClient } from './jmap/client.ts';
import type { JsonObject } from './jmap/decode.ts';
import { decodeEmail, type UnjudgedEmail } from './objects.ts';

/** Reads the objects of an Email/get answer, each author judged. Throws MalformedAnswerError. */
export type EmailReader = (objects: readonly JsonObject[]) => Promise<readonly Email[]>;

/** `ownUsernames`: names of the account elsewhere (CardDAV), beside that of the session. */
export function createEmailReader(
  client: JmapClient,
  ownUsernames: readonly string[],
): EmailReader {
  let judging: Promise<Judge> | null = null;
  const startJudging = async (): Promise<Judge> => {
    const { username } = await client.session();
    const own = [username, ...ownUsernames].map(parseSenderAddress);
    return createJudge(new Set(own.filter((address) => address !== null)));
  };
  return async (objects) => {
    if (objects.length === 0) return [];
    const emails = objects.map(decodeEmail);
    judging ??= startJudging();
    return emails.map(await judging);
  };
}

type Judge = (email: UnjudgedEmail) => Email;

/**
 * Many emails come from one sender and are in the same few mailboxes: equal parts are shared, and
 * each From field is read only once.
 */
async function createJudge(own: ReadonlySet<SenderAddress>): Promise<Judge> {
  const read = await loadFromReader();
  const mailboxIds = new Map<string, Email['mailboxIds']>();
  const authors = new Map<string, Pick<Email, 'author' | 'displayName'>>();
  return ({ id, receivedAt, from, fromFields, isDigest, ...email }) => {
    const key = JSON.stringify([from, fromFields, isDigest]);
    const { author, displayName } = shared(authors, key, () => ({
      author: judgeAuthor({ from, readings: fromFields.map(read), isDigest }, own),
      displayName: cleanDisplayName(from[0]?.name ?? null),
    }));
    const ids = shared(mailboxIds, [...email.mailboxIds].join(' '), () => email.mailboxIds);
    return { id, mailboxIds: ids, author, displayName, receivedAt };
  };
}

function shared<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = make();
  // With this many senders each has only a few emails, and remembering more would cost more than it saves.
  if (known.size >= MOST_SHARED) known.clear();
  known.set(key, value);
  return value;
}

const MOST_SHARED = 4096;
