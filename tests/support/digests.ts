import type { TestAccount } from './test-account.ts';
import { callJmap, readSession, responseOf } from './wire.ts';

/** A digest as a person finds it, wherever it is. */
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

/** All of the account, newest first, read as any client would. */
export async function findDigests({
  sessionUrl,
  token,
}: TestAccount): Promise<readonly FoundDigest[]> {
  const { apiUrl, accountId } = await readSession(sessionUrl, token);
  const invoke = async (
    method: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> =>
    responseOf(await callJmap(apiUrl, token, [[method, { accountId, ...args }, '0']]), method);
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

interface Row extends Pick<FoundDigest, 'receivedAt' | 'subject' | 'from' | 'to'> {
  readonly mailboxIds: Readonly<Record<string, true>>;
  readonly keywords: Readonly<Record<string, true>>;
  readonly textBody: readonly { readonly partId: string }[];
  readonly bodyValues: Readonly<Record<string, { readonly value: string }>>;
}
