import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CredentialsError, MalformedAnswerError } from '../../src/errors.ts';
import type { JmapMailStore } from '../../src/mail/mail-store.ts';
import type { RememberedSession } from '../../src/mail/jmap/session.ts';
import type { Author, Email, EmailPatch, NobodyReason } from '../../src/triage/model.ts';
import { anAddress } from '../support/builders.ts';
import { describeEachServer } from '../support/test-account.ts';
import type { TestAccount } from '../support/test-account.ts';
import { openMailStore } from './open-mail-store.ts';

const TINY = { maxObjectsInGet: 3, maxObjectsInSet: 5, maxCallsInRequest: 5 };
const ONE_MOMENT = '2026-11-01T08:00:00Z';

describeEachServer('mail store', ({ open }) => {
  describe.each([
    ['the usual limits', {}],
    ['tiny limits', TINY],
  ])('with %s', (_, limits) => {
    let account: TestAccount;
    let inbox: string;
    let mailboxCount = 0;

    beforeAll(async () => {
      account = await open({ limits });
      inbox = await account.mailboxId('Inbox');
    });
    afterAll(async () => {
      await account.close();
    });

    /** A mailbox that no other case uses. */
    const aMailbox = (): Promise<string> => {
      mailboxCount += 1;
      return account.createMailbox(`Case ${mailboxCount}`);
    };
    const addEmails = async (
      count: number,
      mailboxIds: (n: number) => readonly string[],
      receivedAt: (n: number) => string = () => ONE_MOMENT,
    ): Promise<readonly string[]> => {
      const ids: string[] = [];
      for (let n = 0; n < count; n += 1) {
        ids.push(
          await account.addEmail({
            from: `Sender ${n} <sender${n}@example.com>`,
            mailboxIds: mailboxIds(n),
            receivedAt: receivedAt(n),
          }),
        );
      }
      return ids;
    };

    describe('mailboxes', () => {
      it('all are listed with name, parent, role and total', async () => {
        const parent = await aMailbox();
        const child = await account.createMailbox('Child', { parentId: parent });
        await addEmails(4, () => [child]);

        const mailboxes = await storeOf(account).readMailboxes();

        expect(mailboxes).toContainEqual({
          id: child,
          name: 'Child',
          parentId: parent,
          role: null,
          totalEmails: 4,
        });
        expect(mailboxes.find(({ id }) => id === inbox)).toMatchObject({
          role: 'inbox',
          parentId: null,
        });
        expect(new Set(mailboxes.map(({ id }) => id)).size).toBe(mailboxes.length);
      });

      it('cost two requests, and one once the session is remembered', async () => {
        const first = openMailStore(account);
        await first.store.readMailboxes();
        const second = openMailStore(account, first.store.remember());
        await second.store.readMailboxes();

        expect([first.requestCount(), second.requestCount()]).toEqual([2, 1]);
      });

      it('a new one is made where it was asked for, once', async () => {
        const parent = await aMailbox();
        const store = storeOf(account);

        const created = await store.createMailbox('New', parent);
        const again = await store.createMailbox('New', parent);

        expect(created).toEqual({ kind: 'created', id: expect.any(String) });
        expect(again).toMatchObject({ kind: 'refused' });
        const mailboxes = await store.readMailboxes();
        expect(
          mailboxes.filter((mailbox) => mailbox.name === 'New' && mailbox.parentId === parent),
        ).toHaveLength(1);
      });
    });

    describe('emails in mailboxes', () => {
      it('an empty mailbox has none', async () => {
        await expect(readIds(storeOf(account), [await aMailbox()])).resolves.toEqual([]);
      });

      it('each is given once, also when it is in several, and though all came at one moment', async () => {
        const [a, b, other] = [await aMailbox(), await aMailbox(), await aMailbox()];
        const ids = await addEmails(14, (n) => [[a], [b], [a, b]][n % 3] ?? []);
        await addEmails(2, () => [other]);

        const read = await readIds(storeOf(account), [a, b]);

        expect(read).toHaveLength(14);
        expect(new Set(read)).toEqual(new Set(ids));
      });

      it('oldest first', async () => {
        const mailbox = await aMailbox();
        const days = [5, 2, 9, 1, 7, 3, 8];
        const ids = await addEmails(
          days.length,
          () => [mailbox],
          (n) => `2026-11-0${days[n]}T08:00:00Z`,
        );

        const read = await readIds(storeOf(account), [mailbox]);

        expect(read).toEqual([3, 1, 5, 0, 4, 6, 2].map((n) => ids[n]));
      });

      it.each<[string, string | null, Author]>([
        [
          'letter case is no difference',
          'Jane <Jane.Doe@Example.COM>',
          { kind: 'sender', address: anAddress('jane.doe@example.com') },
        ],
        ['several', '"B" <b@example.com>, a@example.com', nobody('several addresses')],
        ['no From at all', null, nobody('no address')],
        ['no address', 'undisclosed-recipients:;', nobody('no address')],
      ])('From: %s', async (_, from, author) => {
        const mailbox = await aMailbox();
        const id = await account.addEmail({ from, mailboxIds: [mailbox], receivedAt: ONE_MOMENT });

        const emails = await readEmails(storeOf(account), [mailbox]);

        expect(emails).toEqual([
          expect.objectContaining({ id, mailboxIds: new Set([mailbox]), receivedAt: ONE_MOMENT }),
        ]);
        expect(emails[0]?.author).toEqual(author);
      });

      it('a display name comes decoded', async () => {
        const mailbox = await aMailbox();
        await account.addEmail({
          from: '=?utf-8?q?J=C3=B6rg_M=C3=BCller?= <joerg@example.com>',
          mailboxIds: [mailbox],
        });

        const [email] = await readEmails(storeOf(account), [mailbox]);

        expect(email?.displayName).toBe('Jörg Müller');
      });

      it.each<[string, (page: readonly string[]) => readonly string[]]>([
        ['the last of each page', (page) => page.slice(-1)],
        ['all but the last of each page', (page) => page.slice(0, -1)],
        ['every page whole', (page) => page],
      ])('%s leaves meanwhile: none is missed, none given twice', async (_, leaving) => {
        const mailbox = await aMailbox();
        const ids = await addEmails(10, () => [mailbox]);
        const read: string[] = [];

        for await (const { emails: page } of storeOf(account).readEmailsIn([mailbox])) {
          const pageIds = page.map(({ id }) => id);
          read.push(...pageIds);
          for (const id of leaving(pageIds)) {
            await account.moveEmail(id, { add: [inbox], remove: [mailbox] });
          }
        }

        expect(read).toHaveLength(10);
        expect(new Set(read)).toEqual(new Set(ids));
      });

      it('deleted ones are no error', async () => {
        const mailbox = await aMailbox();
        const ids = await addEmails(8, () => [mailbox]);
        const read: string[] = [];

        for await (const { emails: page } of storeOf(account).readEmailsIn([mailbox])) {
          if (read.length === 0) await account.deleteEmail(ids[7] ?? '');
          read.push(...page.map(({ id }) => id));
        }

        expect(new Set([...read, ids[7]])).toEqual(new Set(ids));
      });

      it('a mailbox that does not exist (any more) is an error, not an empty answer', async () => {
        await expect(readIds(storeOf(account), ['nosuchmailbox'])).rejects.toThrow(
          /Email\/query answered the method error invalidArguments/u,
        );
      });
    });

    describe('patches', () => {
      it('put emails into mailboxes and out of them, and touch nothing else', async () => {
        const [from, to, beside] = [await aMailbox(), await aMailbox(), await aMailbox()];
        const ids = await addEmails(12, () => [from, beside]);
        const [untouched, ...moved] = ids;

        const { outcomes } = await storeOf(account).patchEmails(
          moved.map((emailId) => ({ emailId, add: [to], remove: [from] })),
          null,
        );

        expect(outcomes).toEqual(new Map(moved.map((id) => [id, { kind: 'updated' }])));
        const emails = await account.emails();
        for (const id of moved) expect(emails.get(id)?.mailboxIds).toEqual(new Set([to, beside]));
        expect(emails.get(untouched ?? '')?.mailboxIds).toEqual(new Set([from, beside]));
      });

      it('that ask for what is so already are done', async () => {
        const [here, elsewhere] = [await aMailbox(), await aMailbox()];
        const [id = ''] = await addEmails(1, () => [here]);

        const { outcomes } = await storeOf(account).patchEmails(
          [{ emailId: id, add: [here], remove: [elsewhere] }],
          null,
        );

        expect(outcomes.get(id)).toEqual({ kind: 'updated' });
        expect((await account.emails()).get(id)?.mailboxIds).toEqual(new Set([here]));
      });

      it.each<[string, (id: string, mailbox: string) => EmailPatch]>([
        [
          'a mailbox that does not exist',
          (emailId, to) => ({ emailId, add: ['nosuch'], remove: [to] }),
        ],
        [
          'removal from one that does not exist',
          (emailId) => ({ emailId, add: [], remove: ['nosuch'] }),
        ],
        ['out of the last mailbox', (emailId, to) => ({ emailId, add: [], remove: [to] })],
      ])('%s: refused, the email stays, the others are done', async (_, patch) => {
        const [here, to] = [await aMailbox(), await aMailbox()];
        const [bad = '', ...good] = await addEmails(6, () => [here]);

        const { outcomes } = await storeOf(account).patchEmails(
          [patch(bad, here), ...good.map((emailId) => ({ emailId, add: [to], remove: [here] }))],
          null,
        );

        expect(outcomes.get(bad)).toEqual({
          kind: 'refused',
          problem: expect.stringMatching(/^Email\/set: invalid\w+/u),
        });
        const emails = await account.emails();
        expect(emails.get(bad)?.mailboxIds).toEqual(new Set([here]));
        for (const id of good) {
          expect(outcomes.get(id)).toEqual({ kind: 'updated' });
          expect(emails.get(id)?.mailboxIds).toEqual(new Set([to]));
        }
      });

      it('of an email that the user deleted: not found', async () => {
        const here = await aMailbox();
        const [gone = '', there = ''] = await addEmails(2, () => [here]);
        await account.deleteEmail(gone);

        const { outcomes } = await storeOf(account).patchEmails(
          [gone, there].map((emailId) => ({ emailId, add: [inbox], remove: [] })),
          null,
        );

        expect(outcomes.get(gone)).toEqual({ kind: 'notFound' });
        expect(outcomes.get(there)).toEqual({ kind: 'updated' });
      });
    });

    describe('a session that holds no more', () => {
      it.each<[string, Partial<RememberedSession>]>([
        ['its API URL is gone', { apiUrl: '/nowhere/' }],
        ['its account is gone', { accountId: 'nobody' }],
        ['its state is another', { sessionState: 'long ago' }],
      ])('%s: read again, and the request is answered', async (_, change) => {
        const remembered = await rememberedOf(account);
        const apiUrl = new URL(change.apiUrl ?? remembered.apiUrl, account.sessionUrl).href;
        const { store, requestCount } = openMailStore(account, {
          ...remembered,
          ...change,
          apiUrl,
        });

        await expect(store.readMailboxes()).resolves.not.toHaveLength(0);

        expect(requestCount()).toBeLessThanOrEqual(3);
        expect(store.remember()).toEqual(remembered);
      });

      it('its limits are too large by now: chunks are halved until they fit', async () => {
        const [from, to] = [await aMailbox(), await aMailbox()];
        const ids = await addEmails(13, () => [from]);
        const remembered = await rememberedOf(account);
        const limits = {
          ...remembered.limits,
          maxObjectsInGet: 50,
          maxObjectsInSet: 50,
          maxCallsInRequest: 1,
        };
        const store = storeOf(account, { ...remembered, limits });
        await store.readMailboxes();

        const read = await readIds(store, [from]);
        const { outcomes } = await store.patchEmails(
          read.map((emailId) => ({ emailId, add: [to], remove: [from] })),
          null,
        );

        expect(new Set(read)).toEqual(new Set(ids));
        expect([...outcomes.values()]).toEqual(ids.map(() => ({ kind: 'updated' })));
      });
    });

    it('refused credentials are told apart from everything else', async () => {
      const { store } = openMailStore({
        sessionUrl: account.sessionUrl,
        token: 'wrong-token',
      });

      await expect(store.readMailboxes()).rejects.toThrow(CredentialsError);
    });
  });
});

function storeOf(account: TestAccount, remembered: RememberedSession | null = null): JmapMailStore {
  return openMailStore(account, remembered).store;
}

async function rememberedOf(account: TestAccount): Promise<RememberedSession> {
  const store = storeOf(account);
  await store.readMailboxes();
  const remembered = store.remember();
  if (remembered === null) throw new MalformedAnswerError('nothing remembered');
  return remembered;
}

async function readEmails(
  store: JmapMailStore,
  mailboxIds: readonly string[],
): Promise<readonly Email[]> {
  const emails: Email[] = [];
  for await (const { emails: page } of store.readEmailsIn(mailboxIds)) emails.push(...page);
  return emails;
}

async function readIds(
  store: JmapMailStore,
  mailboxIds: readonly string[],
): Promise<readonly string[]> {
  return (await readEmails(store, mailboxIds)).map(({ id }) => id);
}

function nobody(reason: NobodyReason): Author {
  return { kind: 'nobody', reason };
}
