import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeEachServer, type TestAccount } from '../support/test-account.ts';
import { callJmap, readSession, responseOf } from '../support/wire.ts';

/* RFC 8621 §4.6: what a client may create, the same on the stand-in and on a real server. */

type Args = Readonly<Record<string, unknown>>;

describeEachServer('Email/set create', ({ open }) => {
  let account: TestAccount;
  let inbox: string;
  beforeAll(async () => {
    account = await open();
    inbox = await account.mailboxId('Inbox');
  });
  afterAll(async () => {
    await account.close();
  });

  const invoke = async (method: string, args: Args): Promise<Args> => {
    const { apiUrl, accountId } = await readSession(account.sessionUrl, account.token);
    const answer = await callJmap(apiUrl, account.token, [[method, { accountId, ...args }, '0']]);
    return responseOf(answer, method);
  };
  const create = async (change: Args): Promise<Args> =>
    invoke('Email/set', { create: { new: { ...anEmail(), ...change } } });
  const anEmail = (): Args => ({
    mailboxIds: { [inbox]: true },
    keywords: { 'mailroom-digest': true },
    receivedAt: '2026-11-20T06:00:00Z',
    sentAt: '2026-11-20T06:00:00Z',
    from: [{ name: 'Mailroom', email: 'alice@mail.example' }],
    to: [{ name: null, email: 'alice@mail.example' }],
    subject: 'Who waits',
    textBody: [{ partId: 'text', type: 'text/plain' }],
    bodyValues: { text: { value: 'Nobody.\n' } },
  });

  it('answers with id, blobId, threadId and size, and nothing is lost', async () => {
    const { created, notCreated } = await create({});

    expect(notCreated ?? null).toBeNull();
    expect(created).toMatchObject({
      new: {
        id: expect.any(String),
        blobId: expect.any(String),
        threadId: expect.any(String),
        size: expect.any(Number),
      },
    });
    const { id } = (created as { new: { id: string } }).new;
    const { list } = await invoke('Email/get', {
      ids: [id],
      properties: ['mailboxIds', 'keywords', 'receivedAt', 'subject', 'from', 'to'],
    });
    expect(list).toEqual([
      {
        id,
        mailboxIds: { [inbox]: true },
        keywords: { 'mailroom-digest': true },
        receivedAt: '2026-11-20T06:00:00Z',
        subject: 'Who waits',
        from: [{ name: 'Mailroom', email: 'alice@mail.example' }],
        to: [{ name: null, email: 'alice@mail.example' }],
      },
    ]);
  });

  it('has a keyword by which it is found, alone and in a mailbox', async () => {
    const other = await account.createMailbox('Other');
    const { created } = await create({ keywords: { 'only-this': true } });
    const { id } = (created as { new: { id: string } }).new;

    for (const [filter, ids] of [
      [{ hasKeyword: 'only-this' }, [id]],
      [{ hasKeyword: 'only-this', inMailbox: inbox }, [id]],
      [{ hasKeyword: 'only-this', inMailbox: other }, []],
      [{ hasKeyword: 'nobody-has-this' }, []],
    ] as const) {
      expect((await invoke('Email/query', { filter }))['ids']).toEqual(ids);
    }
  });

  it.each<[string, Args, readonly string[]]>([
    ['in no mailbox', { mailboxIds: {} }, ['mailboxIds']],
    ['in a mailbox that is not there', { mailboxIds: { P999: true } }, ['mailboxIds']],
    ['with a flag that is not true', { keywords: { a: false } }, ['keywords']],
    ['with a keyword of two words', { keywords: { 'a b': true } }, ['keywords']],
    ['with a time that is none', { receivedAt: 'yesterday' }, ['receivedAt']],
    ['with a subject that is no text', { subject: 7 }, ['subject']],
    ['with an author that is no list', { from: 'alice@mail.example' }, ['from']],
    ['with a property nobody knows', { colour: 'red' }, ['colour']],
    ['with an id of the client’s', { id: 'M1' }, ['id']],
  ])('%s is refused, and names the property', async (_name, change, properties) => {
    const { created, notCreated } = await create(change);

    expect(created ?? null).toBeNull();
    const { type, properties: named } = (notCreated as { new: Args }).new as {
      type: string;
      properties: readonly string[];
    };
    expect(type).toBe('invalidProperties');
    expect(named.map((name) => name.split(/[/[]/u)[0])).toEqual(properties);
  });

  it.each<[string, Args]>([
    [
      'a charset beside a partId',
      { textBody: [{ partId: 'text', type: 'text/plain', charset: 'utf-8' }] },
    ],
    ['a part without a value', { bodyValues: {} }],
    ['HTML as the text', { textBody: [{ partId: 'text', type: 'text/html' }] }],
  ])('%s is refused', async (_name, change) => {
    const { created, notCreated } = await create(change);

    expect(created ?? null).toBeNull();
    expect(notCreated).toMatchObject({ new: { type: 'invalidProperties' } });
  });

  it('and update work in one call, under the state that both were read in', async () => {
    const trash = await account.createMailbox('Away');
    const id = await account.addEmail({ from: 'a@b.example', mailboxIds: [inbox] });
    const { state } = await invoke('Email/get', { ids: [], properties: ['id'] });
    const patch = { [`mailboxIds/${trash}`]: true, [`mailboxIds/${inbox}`]: null };
    const both = { ifInState: state, create: { new: anEmail() }, update: { [id]: patch } };

    const answer = await invoke('Email/set', both);

    expect(answer).toMatchObject({ created: { new: expect.anything() }, updated: { [id]: null } });
    await expect(invoke('Email/set', both)).rejects.toThrow('stateMismatch');
  });
});
