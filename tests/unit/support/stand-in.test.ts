import { afterEach, describe, expect, it } from 'vitest';

import type { StandInOptions } from '../../support/stand-in/options.ts';
import { type StandIn, startStandIn } from '../../support/stand-in/stand-in.ts';
import { callDav, callJmap, groupCard, type Invocation, readSession } from '../../support/wire.ts';

/* The choices a stand-in has beside what the fidelity tests compare with a real server. */

let server: StandIn | undefined;
afterEach(() => server?.close());

async function start(options: StandInOptions = {}): Promise<StandIn> {
  server = await startStandIn(options);
  return server;
}

async function invoke(
  { sessionUrl, token }: StandIn,
  method: string,
  args: Readonly<Record<string, unknown>>,
): Promise<Invocation | undefined> {
  const { apiUrl, accountId } = await readSession(sessionUrl, token);
  const answer = await callJmap(apiUrl, token, [[method, { accountId, ...args }, '0']]);
  return answer.methodResponses[0];
}

it('several run side by side and know nothing of one another', async () => {
  const first = await start();
  const second = await startStandIn();
  await first.createMailbox('Screener');
  const found = second.mail.findMailbox('Screener', null);
  await second.close();

  expect(found).toBeUndefined();
});

it.each([
  [false, '/jmap/api/'],
  [true, 'http://127.0.0.1:'],
])('absolute URLs: %s', async (hasAbsoluteUrls, beginning) => {
  const { sessionUrl, token } = await start({ hasAbsoluteUrls });
  const headers = { authorization: `Bearer ${token}` };
  const session = (await (await fetch(sessionUrl, { headers })).json()) as { apiUrl: string };

  expect(session.apiUrl.startsWith(beginning)).toBe(true);
});

it('changed credentials shut out the old ones', async () => {
  const account = await start();
  const old = { ...account };
  account.changeCredentials({ token: 'fake-new-token', password: 'fake-new-password' });
  const statusOf = async (token: string): Promise<number> =>
    (await fetch(account.sessionUrl, { headers: { authorization: `Bearer ${token}` } })).status;
  const { username } = account;
  const url = `${account.origin}${account.contacts.homeHref}`;
  const headers = { depth: '0' };
  const davStatusOf = async (password: string): Promise<number> =>
    (await callDav({ token: '', username, password }, 'PROPFIND', url, { headers })).status;

  expect([await statusOf(old.token), await statusOf('fake-new-token')]).toEqual([401, 200]);
  expect([await davStatusOf(old.password), await davStatusOf('fake-new-password')]).toEqual([
    401, 207,
  ]);
});

it('too many objects may be a method error instead of a refused request', async () => {
  const account = await start({ overLimit: 'methodError', limits: { maxObjectsInGet: 1 } });

  expect(await invoke(account, 'Email/get', { ids: ['a', 'b'] })).toMatchObject([
    'error',
    { type: 'requestTooLarge' },
    '0',
  ]);
});

it('more requests at once than allowed are refused', async () => {
  const account = await start({ limits: { maxConcurrentRequests: 2 } });
  const { apiUrl, token } = {
    ...(await readSession(account.sessionUrl, account.token)),
    ...account,
  };
  const { promise: gate, resolve: release } = Promise.withResolvers<void>();
  account.faults.push({ on: 'jmap', times: 2, fault: { kind: 'otherClient', act: () => gate } });
  const calls = [['Core/echo', {}, '0']];
  const held = [callJmap(apiUrl, token, calls), callJmap(apiUrl, token, calls)];
  await expect.poll(() => account.requests.filter(({ kind }) => kind === 'jmap').length).toBe(2);
  const third = await callJmap(apiUrl, token, calls);
  release();

  expect(third.body).toMatchObject({ limit: 'maxConcurrentRequests' });
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
});

describe('a server that caps the limit of Email/query', () => {
  it.each([
    [true, 2],
    [false, undefined],
  ])('tells it: %s', async (tellsQueryCap, limit) => {
    const account = await start({ queryCap: 2, tellsQueryCap });
    const inbox = await account.mailboxId('Inbox');
    for (let index = 0; index < 3; index += 1) {
      await account.addEmail({ from: null, mailboxIds: [inbox] });
    }
    const [, answer] = (await invoke(account, 'Email/query', { limit: 50 })) ?? [];

    expect(answer?.['ids']).toHaveLength(2);
    expect(answer?.['limit']).toBe(limit);
  });
});

it('a text index that lags does not see what has just come', async () => {
  const account = await start({ searchLagMs: 3_600_000 });
  const inbox = await account.mailboxId('Inbox');
  await account.addEmail({ from: 'a@example.com', mailboxIds: [inbox] });
  const [, byText] =
    (await invoke(account, 'Email/query', { filter: { from: 'a@example.com' } })) ?? [];
  const [, byMailbox] =
    (await invoke(account, 'Email/query', { filter: { inMailbox: inbox } })) ?? [];

  expect(byText?.['ids']).toEqual([]);
  expect(byMailbox?.['ids']).toHaveLength(1);
});

it('without an index a text filter fails', async () => {
  const account = await start({ hasSearchIndex: false });

  expect(await invoke(account, 'Email/query', { filter: { from: 'a@example.com' } })).toMatchObject(
    ['error', { type: 'serverFail' }, '0'],
  );
});

describe('a patch that takes an email out of its last mailbox', () => {
  it.each<['refuse' | 'destroy', boolean]>([
    ['refuse', true],
    ['destroy', false],
  ])('%s: told in the record', async (lastMailbox, isKept) => {
    const account = await start({ lastMailbox });
    const inbox = await account.mailboxId('Inbox');
    const id = await account.addEmail({ from: null, mailboxIds: [inbox] });
    await invoke(account, 'Email/set', { update: { [id]: { [`mailboxIds/${inbox}`]: null } } });

    expect(account.mail.lastMailboxRemovals).toEqual([id]);
    expect(account.mail.emails.has(id)).toBe(isKept);
  });
});

it('a UID under another href may be refused', async () => {
  const account = await start({ refusesUidElsewhere: true });
  const card = groupCard('the-uid', 'Feed', []);
  await account.putCard('one.vcf', card);
  const href = `${account.origin}${account.contacts.homeHref}Default/two.vcf`;
  const headers = { 'content-type': 'text/vcard' };
  const response = await callDav(account, 'PUT', href, { headers, body: card });

  expect(response.status).toBe(403);
  expect(await response.text()).toContain('no-uid-conflict');
});

it('cards may be kept as they were sent', async () => {
  const account = await start({ rewritesCards: false });
  const card = groupCard('the-uid', 'Feed', []).replace('FN:', 'NOTE:a, b\nFN:');
  const href = await account.putCard('one.vcf', card);

  expect((await account.cards()).get(href)?.card).toBe(card);
});

it('changes since a state are told', async () => {
  const account = await start();
  const inbox = await account.mailboxId('Inbox');
  const kept = await account.addEmail({ from: null, mailboxIds: [inbox] });
  const gone = await account.addEmail({ from: null, mailboxIds: [inbox] });
  const sinceState = String(account.mail.state);
  const added = await account.addEmail({ from: null, mailboxIds: [inbox] });
  await account.moveEmail(kept, { add: [await account.mailboxId('Archive')] });
  await account.deleteEmail(gone);
  const [, answer] = (await invoke(account, 'Email/changes', { sinceState })) ?? [];

  expect(answer).toMatchObject({ created: [added], updated: [kept], destroyed: [gone] });
});
