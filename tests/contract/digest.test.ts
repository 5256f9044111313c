import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DIGEST_KEYWORD, type NewDigest, type TitledEmail } from '../../src/triage/digest.ts';
import type { EmailPatch } from '../../src/triage/model.ts';
import { findDigests } from '../support/digests.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';
import { describeEachServer, type TestAccount } from '../support/test-account.ts';
import { openMailStore } from './open-mail-store.ts';

const TEXT = 'Wer wartet: 王小明, محمد, 🎉\n\n• Jane <jane@shop.example>: Grüße\n';

describeEachServer('digests', ({ open }) => {
  describe.each([
    ['the usual limits', {}],
    ['few objects and calls', { maxObjectsInGet: 3, maxObjectsInSet: 3, maxCallsInRequest: 2 }],
  ])('with %s', (_, limits) => {
    let account: TestAccount;
    let inbox: string;
    let trash: string;
    let store: ReturnType<typeof openMailStore>['store'];

    beforeAll(async () => {
      account = await open({ limits });
      ({ store } = openMailStore(account));
      inbox = await account.mailboxId('Inbox');
      const mailboxes = await store.readMailboxes();
      trash =
        mailboxes.find(({ role }) => role === 'trash')?.id ??
        (await account.createMailbox('Trash', { role: 'trash' }));
    });
    afterAll(async () => {
      await account.close();
    });

    const digest = (change: Partial<NewDigest> = {}): NewDigest => ({
      mailboxId: inbox,
      receivedAt: '2026-11-20T06:00:00Z',
      subject: '7 senders wait, 王小明 among them',
      text: TEXT,
      retire: [],
      ...change,
    });

    const toTrash = (emailId: string): EmailPatch => ({ emailId, add: [trash], remove: [inbox] });

    it('there is none at first', async () => {
      const { digests, mailboxes, state } = await store.readDigestPlaces();

      expect(digests).toEqual([]);
      expect(mailboxes.map(({ id }) => id)).toContain(inbox);
      expect(state).not.toBe('');
    });

    it('one is made, unread, from the account to itself, with its text and its time', async () => {
      const { state } = await store.readDigestPlaces();

      await expect(store.saveDigest(digest(), state)).resolves.toEqual({
        kind: 'created',
        retired: 0,
      });

      const { digests } = await store.readDigestPlaces();
      expect(digests).toEqual([
        {
          id: expect.any(String),
          mailboxIds: new Set([inbox]),
          receivedAt: '2026-11-20T06:00:00Z',
        },
      ]);
      const [found] = await findDigests(account);
      expect(found).toMatchObject({
        keywords: [DIGEST_KEYWORD],
        subject: digest().subject,
        from: [{ name: 'Mailroom', email: expect.stringContaining('@') }],
        to: [{ email: found?.from[0]?.email }],
        text: TEXT,
      });
    });

    it('the next one retires it in the same call: to Trash, and nothing is destroyed', async () => {
      const before = await store.readDigestPlaces();
      const retire = before.digests.map(({ id }) => toTrash(id));

      await expect(
        store.saveDigest(digest({ receivedAt: '2026-11-21T06:00:00Z', retire }), before.state),
      ).resolves.toEqual({ kind: 'created', retired: 1 });

      const { digests } = await store.readDigestPlaces();
      expect(digests.map(({ mailboxIds }) => [...mailboxIds])).toEqual([[inbox], [trash]]);
      expect(digests.map(({ receivedAt }) => receivedAt.slice(8, 10))).toEqual(['21', '20']);
    });

    it('none is made, and none retired, when anything happened since they were read', async () => {
      const { state, digests } = await store.readDigestPlaces();
      await account.addEmail({ from: 'a@b.example', mailboxIds: [inbox] });

      const outcome = await store.saveDigest(
        digest({ retire: [toTrash(digests[0]?.id ?? '')] }),
        state,
      );

      expect(outcome).toEqual({ kind: 'stale' });
      const after = await store.readDigestPlaces();
      expect(after.digests).toEqual(digests);
    });

    it('one that is refused leaves the earlier one where it was', async () => {
      const { state, digests } = await store.readDigestPlaces();
      const [earlier] = digests;
      const retire = [toTrash(earlier?.id ?? '')];

      await expect(
        store.saveDigest(digest({ mailboxId: 'P999', retire }), state),
      ).resolves.toMatchObject({ kind: 'refused' });

      expect((await store.readDigestPlaces()).digests).toEqual(digests);
      expect(earlier?.mailboxIds).toEqual(new Set([inbox]));
    });

    it('is nobody’s: it triages nobody, and is swept by nothing', async () => {
      const emails: TitledEmail[] = [];
      for await (const page of store.readTitledEmails([inbox])) emails.push(...page);

      const { digests } = await store.readDigestPlaces();
      const own = emails.find(({ id }) => id === digests[0]?.id);
      expect(own?.author).toEqual({ kind: 'nobody', reason: 'digest' });
    });

    it('emails are read with their subjects', async () => {
      const mailbox = await account.createMailbox('Titled');
      await account.addEmail({ from: 'a@b.example', mailboxIds: [mailbox], subject: 'One' });
      await account.addEmail({ from: 'a@b.example', mailboxIds: [mailbox], subject: 'Two' });

      const subjects: string[] = [];
      for await (const page of store.readTitledEmails([mailbox])) {
        subjects.push(...page.map(({ subject }) => subject));
      }

      expect(subjects.toSorted()).toEqual(['One', 'Two']);
    });
  });
});

it('where a server takes one mailbox a query (Apache James), each is listed, subjects with their emails', async () => {
  const account = await startStandIn({
    refusesNestedMailbox: true,
    limits: { maxObjectsInGet: 2 },
  });
  try {
    const { store } = openMailStore(account);
    const [one, other] = [await account.createMailbox('One'), await account.createMailbox('Other')];
    for (const [index, mailboxIds] of [[one], [other], [one, other], [other], [one]].entries()) {
      const subject = `Number ${index}`;
      await account.addEmail({ from: `sender-${index}@b.example`, mailboxIds, subject });
    }

    const read: string[] = [];
    for await (const page of store.readTitledEmails([one, other])) {
      read.push(...page.map(({ author, subject }) => `${senderOf(author)} ${subject}`));
    }

    const expected = [0, 1, 2, 3, 4].map((index) => `sender-${index}@b.example Number ${index}`);
    expect(read.toSorted()).toEqual(expected);
  } finally {
    await account.close();
  }
});

function senderOf(author: TitledEmail['author']): string {
  return author.kind === 'sender' ? author.address : author.reason;
}
