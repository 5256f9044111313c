import type { TestAccount } from './test-account.ts';
import { callJmap, readSession, responseOf } from './wire.ts';

/** A digest as a person finds it, in whatever mailbox. */
export interface FoundDigest {
  readonly id: string;
  readonly mailboxIds: readonly string[];
  readonly keywords: readonly string[];
  readonly receivedAt: string;
  readonly subject: string;
  readonly from: readonly Address[];
  readonly to: readonly Address[];
  readonly text: string;
}

interface Address {
  readonly name: string | null;
  readonly email: string;
}

/** All digests of the account, newest first, read as any client would read them. */
export async function findDigests(account: TestAccount): Promise<readonly FoundDigest[]> {
  const invoke = await connect(account);
  const { ids } = await invoke('Email/query', {
    filter: { hasKeyword: 'mailroom-digest' },
    sort: [{ property: 'receivedAt', isAscending: false }],
  });
  const found: FoundDigest[] = [];
  for (const id of ids as readonly string[]) {
    const { list } = await invoke('Email/get', {
      ids: [id],
      properties: [
        'mailboxIds',
        'keywords',
        'receivedAt',
        'subject',
        'from',
        'to',
        'textBody',
        'bodyValues',
      ],
      fetchTextBodyValues: true,
    });
    const [email] = list as readonly Row[];
    if (email === undefined) continue;
    const { mailboxIds, keywords, textBody, bodyValues, receivedAt, subject, from, to } = email;
    found.push({
      id,
      mailboxIds: Object.keys(mailboxIds),
      keywords: Object.keys(keywords),
      receivedAt,
      subject,
      from,
      to,
      text: textBody.map(({ partId }) => bodyValues[partId]?.value ?? '').join(''),
    });
  }
  return found;
}

/**
 * Replaces each by a copy that is two days older, because the date of an email cannot be changed.
 */
export async function ageDigests(account: TestAccount): Promise<void> {
  const invoke = await connect(account);
  for (const { id, mailboxIds, receivedAt, subject } of await findDigests(account)) {
    const older = new Date(Date.parse(receivedAt) - 2 * 24 * 60 * 60 * 1000).toISOString();
    const { notCreated, notDestroyed } = await invoke('Email/set', {
      create: {
        older: {
          mailboxIds: Object.fromEntries(mailboxIds.map((mailboxId) => [mailboxId, true])),
          keywords: { 'mailroom-digest': true },
          receivedAt: `${older.slice(0, 19)}Z`,
          from: [{ name: 'Mailroom', email: 'alice@mail.example' }],
          subject,
          textBody: [{ partId: 'text', type: 'text/plain' }],
          bodyValues: { text: { value: 'An older one.' } },
        },
      },
      destroy: [id],
    });
    if (notCreated || notDestroyed) throw new Error(JSON.stringify({ notCreated, notDestroyed }));
  }
}

type Args = Readonly<Record<string, unknown>>;

async function connect({
  sessionUrl,
  token,
}: TestAccount): Promise<(method: string, args: Args) => Promise<Args>> {
  const { apiUrl, accountId } = await readSession(sessionUrl, token);
  return async (method, args) =>
    responseOf(await callJmap(apiUrl, token, [[method, { accountId, ...args }, '0']]), method);
}

interface Row extends Pick<FoundDigest, 'receivedAt' | 'subject' | 'from' | 'to'> {
  readonly mailboxIds: Readonly<Record<string, true>>;
  readonly keywords: Readonly<Record<string, true>>;
  readonly textBody: readonly { readonly partId: string }[];
  readonly bodyValues: Readonly<Record<string, { readonly value: string }>>;
}
