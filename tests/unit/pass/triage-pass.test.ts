import { describe, expect, it } from 'vitest';

import {
  AccountError,
  CredentialsError,
  messageOf,
  NetworkError,
  runFailureKind,
  StoppedError,
} from '../../../src/errors.ts';
import type { TriageReport } from '../../../src/triage/report.ts';
import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import {
  aCategory,
  aContact,
  aGroup,
  anEmail,
  hrefOfGroup,
  mailboxesFor,
  SENDER_TEXT,
  triageNames,
  groupsWith,
} from '../../support/builders.ts';
import type { Fault, MemoryWorldOptions, PortCall } from '../../support/memory-world.ts';
import { MemoryAccount, memoryWorld } from '../../support/memory-world.ts';
import { anAccount, names, pass, triage } from '../../support/run-pass.ts';

describe('one pass', () => {
  it('nothing labelled: two reads, no more', async () => {
    const { calls, result } = await pass(new MemoryAccount(anAccount({ emails: [anEmail()] })));

    expect(calls.toSorted()).toEqual(['readGroups', 'readMailboxes']);
    expect(result).toEqual({
      triagedSenders: 0,
      processed: 0,
      failures: [],
      repeatedRefusals: 0,
      conflicts: 0,
      emailsWithoutSender: 0,
      emailsSwept: 0,
      details: { senders: [], conflicts: [], withoutSender: [] },
    });
  });

  it('a new sender: contact, group, the whole backlog, label off', async () => {
    const { emails, groups, report } = await triage(
      anAccount({
        emails: [
          anEmail({ id: 'labelled', in: ['Screener', '@ToFeed'] }),
          anEmail({ id: 'backlog', from: 'JANE@Sender.Example' }),
          anEmail({ id: 'archived', in: ['Archive'] }),
          anEmail({ id: 'other', from: 'jane@sender.example.org' }),
          anEmail({
            id: 'second author',
            from: [
              { name: null, email: 'other@sender.example' },
              { name: null, email: 'jane@sender.example' },
            ],
          }),
        ],
      }),
    );

    expect(emails).toEqual({
      labelled: ['Feed'],
      backlog: ['Feed'],
      archived: ['Archive'],
      other: ['Screener'],
      'second author': ['Screener'],
    });
    expect(groups[hrefOfGroup('Feed')]).toEqual(['made-for-jane@sender.example']);
    expect(report).toMatchObject({ triagedSenders: 1, processed: 1, failures: [], emailsSwept: 2 });
  });

  it('re-triage: what is in the old destination and in Screener moves, the old group is left', async () => {
    const { emails, groups, events } = await triage(
      anAccount({
        emails: [
          anEmail({ id: 'labelled', in: ['Jail', '@ToFeed'] }),
          anEmail({ id: 'old', in: ['Jail'] }),
          anEmail({ id: 'screened' }),
          anEmail({ id: 'of another', in: ['Jail'], from: 'other@sender.example' }),
        ],
        contacts: [aContact({ uid: 'J' })],
        members: { Jail: ['J', 'somebody'] },
      }),
    );

    expect(emails).toEqual({
      labelled: ['Feed'],
      old: ['Feed'],
      screened: ['Feed'],
      'of another': ['Jail'],
    });
    expect(groups[hrefOfGroup('Feed')]).toEqual(['j']);
    expect(groups[hrefOfGroup('Jail')]).toEqual(['somebody']);
    expect(events).toContain('group_reassigned');
  });

  it('from a parent to its child: a re-triage, so nothing goes to Inbox besides', async () => {
    const family = triageNames({
      categories: [aCategory('Top'), aCategory('Child', { parent: 'Top', addToInbox: true })],
    });
    const memory = new MemoryAccount({
      mailboxes: mailboxesFor(family),
      emails: [anEmail({ id: 'labelled', in: ['Top', '@ToChild'] }), anEmail({ id: 'screened' })],
      contacts: [aContact({ uid: 'J' })],
      groups: [aGroup('Top', ['J']), aGroup('Child')],
    });
    await runTriagePass(family, memoryWorld(memory));

    expect(memory.contents().emails).toEqual({
      labelled: ['Child', 'Top'],
      screened: ['Child', 'Top'],
    });
  });

  it('senders and labels of later pages count, though the contacts are asked for at the first', async () => {
    const labelled = (id: string, from: string, label: string, day: number) =>
      anEmail({ id, from, in: ['Screener', label], receivedAt: `2026-01-0${day}T00:00:00Z` });

    const { emails, groups, report } = await triage(
      anAccount({
        emails: [
          labelled('1', 'first@sender.example', '@ToFeed', 1),
          labelled('2', 'torn@sender.example', '@ToFeed', 2),
          labelled('3', 'torn@sender.example', '@ToJail', 3),
          labelled('4', 'last@sender.example', '@ToJail', 4),
        ],
        contacts: [aContact({ uid: 'L', addresses: ['last@sender.example'] })],
      }),
    );

    expect(emails).toMatchObject({ '1': ['Feed'], '4': ['Jail'] });
    expect(groups[hrefOfGroup('Jail')]).toEqual(['l']);
    expect(groups[hrefOfGroup('Feed')]).toEqual(['made-for-first@sender.example']);
    expect(report).toMatchObject({ processed: 2, conflicts: 1 });
  });

  it.each([
    ['a conflict', anEmail({ in: ['@ToFeed', '@ToJail'] })],
    ['an email without a sender', anEmail({ in: ['@ToFeed'], from: [] })],
  ])('nothing but %s: the address books are not listed', async (_name, email) => {
    const { calls } = await pass(new MemoryAccount(anAccount({ emails: [email] })));

    expect(calls).toContain('readEmailsIn');
    expect(calls).not.toContain('readContacts');
  });

  it('a conflict that was resolved: handled, and the error label comes off all emails', async () => {
    const { emails } = await triage(
      anAccount({
        emails: [
          anEmail({ id: 'kept', in: ['Screener', '@ToFeed', '@MailroomError'] }),
          anEmail({ id: 'label taken off', in: ['Screener', '@MailroomError'] }),
          anEmail({ id: 'in the error label alone', in: ['@MailroomError'] }),
        ],
      }),
    );

    expect(emails).toEqual({
      kept: ['Feed'],
      'label taken off': ['Feed'],
      'in the error label alone': ['Feed'],
    });
  });

  it('two addresses of one card in conflict, one label taken off: no error label is left', async () => {
    const account = anAccount({
      emails: [
        anEmail({
          id: 'one',
          from: 'one@card.example',
          in: ['Inbox', '@ToFeed', '@MailroomError'],
        }),
        anEmail({ id: 'other', from: 'other@card.example', in: ['Inbox', '@MailroomError'] }),
        anEmail({
          id: 'other, warned',
          from: 'other@card.example',
          in: ['Inbox', '@MailroomError', '@MailroomWarning'],
        }),
        anEmail({ id: 'stranger', from: 'x@card.example', in: ['Inbox', '@MailroomError'] }),
      ],
      contacts: [aContact({ uid: 'C', addresses: ['one@card.example', 'other@card.example'] })],
    });

    const { emails, report } = await triage(account);

    expect(report).toMatchObject({ processed: 1, failures: [] });
    expect(emails).toEqual({
      one: ['Feed'],
      other: ['Inbox'],
      'other, warned': ['@MailroomWarning', 'Inbox'],
      stranger: ['@MailroomError', 'Inbox'],
    });
  });

  it('names that differ: warning on the labelled emails; it comes off when they are alike', async () => {
    const emails = [
      anEmail({ id: 'labelled', name: 'Jane Doe', in: ['Screener', '@ToFeed'] }),
      anEmail({ id: 'earlier', in: ['Inbox', '@MailroomWarning'] }),
    ];
    const differing = await triage(anAccount({ emails, contacts: [aContact({ name: 'Acme' })] }));
    const alike = await triage(anAccount({ emails, contacts: [aContact({ name: 'jane doe' })] }));

    expect(differing.emails).toEqual({
      labelled: ['@MailroomWarning', 'Feed'],
      earlier: ['@MailroomWarning', 'Inbox'],
    });
    expect(differing.events).toContain('name_mismatch_warning');
    expect(alike.emails).toEqual({ labelled: ['Feed'], earlier: ['Inbox'] });
  });

  it('all that the account lacks is named at once', async () => {
    const account = anAccount();
    const memory = new MemoryAccount({
      ...account,
      mailboxes: account.mailboxes.filter(({ name }) => name !== 'Screener' && name !== '@ToJail'),
      groups: account.groups.filter(({ name }) => name !== 'Feed'),
    });
    const { result } = await pass(memory);

    expect(result).toBeInstanceOf(AccountError);
    for (const name of ['Screener', '@ToJail', 'contact group "Feed"']) {
      expect((result as Error).message).toContain(name);
    }
  });

  it.each([
    ['a conflict', anEmail({ in: ['@ToFeed', '@ToJail'] }), 'conflict_detected'],
    ['an email without a sender', anEmail({ from: '', in: ['@ToFeed'] }), 'email_missing_sender'],
  ])('%s: the error label goes on, once; the triage label stays', async (_rule, email, event) => {
    const memory = new MemoryAccount(anAccount({ emails: [email] }));
    const first = await pass(memory);
    const second = await pass(memory);

    expect(memory.contents().emails[email.id]).toEqual(
      [...email.mailboxIds, '@MailroomError'].toSorted(),
    );
    expect(first.levels).toContain(`warning ${event}`);
    expect(second.levels).toEqual([`info ${event}`]);
    expect(first.writes).toEqual(['patchEmails']);
    expect(second.writes).toEqual([]);
  });

  it('two senders of one card: one fails, and the card stays in the old group for it', async () => {
    const memory = new MemoryAccount(
      anAccount({
        emails: [
          anEmail({ id: 'a', from: 'a@card.example', in: ['Jail', '@ToFeed'] }),
          anEmail({ id: 'a-old', from: 'a@card.example', in: ['Jail'] }),
          anEmail({ id: 'b', from: 'b@card.example', in: ['Jail', '@ToFeed'] }),
          anEmail({ id: 'b-old', from: 'b@card.example', in: ['Jail'] }),
        ],
        contacts: [aContact({ uid: 'card', addresses: ['a@card.example', 'b@card.example'] })],
        members: { Jail: ['card'] },
      }),
    );
    const { result } = await pass(memory, {
      faultAt: (_number, call) => (call === 'patchEmails' ? 'fail first' : null),
    });

    expect(result).toMatchObject({ processed: 0 });
    expect(memory.contents().groups[hrefOfGroup('Jail')]).toEqual(['card']);
    await pass(memory);
    expect(memory.contents().emails).toEqual({
      a: ['Feed'],
      'a-old': ['Feed'],
      b: ['Feed'],
      'b-old': ['Feed'],
    });
    expect(memory.contents().groups[hrefOfGroup('Jail')]).toEqual([]);
  });

  it('what came in while it ran is swept too', async () => {
    const memory = new MemoryAccount(
      anAccount({ emails: [anEmail({ in: ['Screener', '@ToFeed'] })] }),
    );
    const late = anEmail({ id: 'late' });
    await pass(memory, {
      afterWrite: (account) => {
        const hasJoined = [...account.groups.values()].some(
          ({ memberKeys }) => memberKeys.size > 0,
        );
        if (hasJoined && !account.emails.has(late.id)) account.putEmail(late.id, late);
      },
    });

    expect(memory.contents().emails['late']).toEqual(['Feed']);
  });

  it('an email that the user deleted meanwhile is done', async () => {
    const memory = new MemoryAccount(
      anAccount({
        emails: [anEmail({ id: 'labelled', in: ['Screener', '@ToFeed'] }), anEmail({ id: 'gone' })],
      }),
    );
    const { result } = await pass(memory, {
      afterWrite: (account) => {
        account.putEmail('gone', null);
        account.putEmail('labelled', null);
      },
    });

    expect(result).toMatchObject({ processed: 1, failures: [] });
  });
});

describe('when a step fails for one sender', () => {
  const emails = [
    anEmail({ id: 'feed', from: 'feed@example.com', in: ['Screener', '@ToFeed'] }),
    anEmail({ id: 'jail', from: 'jail@example.com', in: ['Screener', '@ToJail'] }),
  ];
  /** The first call of this kind meets the fault. */
  const once = (kind: PortCall, fault: Fault): MemoryWorldOptions => {
    let isDue = true;
    return {
      faultAt: (_number, call) => {
        const isIt = isDue && call === kind;
        if (isIt) isDue = false;
        return isIt ? fault : null;
      },
    };
  };

  it.each([
    ['contact', once('saveContact', 'fail'), 'feed@example.com'],
    ['join group', once('saveGroupMembers', 'fail'), 'feed@example.com'],
    ['check group', once('saveGroupMembers', 'lie'), 'feed@example.com'],
    ['finish', once('patchEmails', 'fail first'), 'feed@example.com'],
  ])('%s: it is named once, its label stays, the other is handled', async (step, fault, sender) => {
    const memory = new MemoryAccount(anAccount({ emails }));
    const { result, levels } = await pass(memory, fault);

    expect(result).toMatchObject({ processed: 1, failures: [{ sender, step }] });
    expect((result as TriageReport).failures).toHaveLength(1);
    expect(levels.filter((line) => line === 'error sender_processing_failed')).toHaveLength(1);
    expect(memory.contents().emails).toEqual({ feed: ['@ToFeed', 'Screener'], jail: ['Jail'] });
  });

  it.each<PortCall>(['saveContact', 'saveGroupMembers'])(
    'what breaks the run at a %s waits for the others under way, which were done',
    async (kind) => {
      const account = new MemoryAccount(anAccount({ emails }));
      let calls = 0;
      const world = memoryWorld(account, {
        ...once(kind, 'break before'),
        // Each call takes longer than the one before it.
        pause: async () => {
          calls += 1;
          for (let left = calls * 100; left > 0; left -= 1) await Promise.resolve();
        },
      });

      await expect(runTriagePass(names, world)).rejects.toBeInstanceOf(NetworkError);
      const atEnd = { contents: account.contents(), logged: [...world.logged] };
      await world.settled();

      expect({ contents: account.contents(), logged: world.logged }).toEqual(atEnd);
      expect(world.writes.filter((call) => call === kind)).toHaveLength(2);
      const { contacts, groups } = account.contents();
      const members = Object.values(groups).flat();
      expect(kind === 'saveContact' ? contacts : members).toHaveLength(1);
    },
  );

  it('leave group: it is named, its label stays on, and the next pass finishes it', async () => {
    const memory = new MemoryAccount(
      anAccount({
        emails: [
          anEmail({ id: 'labelled', in: ['Jail', '@ToFeed'] }),
          anEmail({ id: 'old', in: ['Jail'] }),
        ],
        contacts: [aContact({ uid: 'J' })],
        members: { Jail: ['J'], Feed: ['J'] },
      }),
    );
    const { result } = await pass(memory, once('saveGroupMembers', 'fail'));

    expect(result).toMatchObject({ processed: 0, failures: [{ step: 'leave group' }] });
    expect(memory.contents().emails).toEqual({ labelled: ['@ToFeed', 'Feed'], old: ['Feed'] });
    await pass(memory);
    expect(memory.contents().emails).toEqual({ labelled: ['Feed'], old: ['Feed'] });
    expect(memory.contents().groups[hrefOfGroup('Jail')]).toEqual([]);
  });

  it('a server that says it put a contact into a group, and did not, moves no email', async () => {
    const memory = new MemoryAccount(anAccount({ emails }));
    const { result } = await pass(memory, {
      faultAt: (_number, call) => (call === 'saveGroupMembers' ? 'lie' : null),
    });

    expect(result).toMatchObject({ processed: 0, emailsSwept: 0 });
    expect(memory.contents().emails).toEqual({
      feed: ['@ToFeed', 'Screener'],
      jail: ['@ToJail', 'Screener'],
    });
  });
});

describe('a signal', () => {
  it('no new sender is begun, those under way are brought to an end', async () => {
    const memory = new MemoryAccount(
      anAccount({
        emails: Array.from({ length: 30 }, (_, index) =>
          anEmail({ from: `sender${index}@example.com`, in: ['Screener', '@ToFeed'] }),
        ),
      }),
    );
    const { result, calls } = await pass(memory, {
      faultAt: (_number, call) => (call === 'saveContact' ? 'signal' : null),
      pause: () =>
        new Promise((resolve) => {
          setImmediate(resolve);
        }),
    });

    expect(result).toBeInstanceOf(StoppedError);
    // As many as are written side by side.
    expect(calls.filter((call) => call === 'saveContact')).toHaveLength(8);
    expect(memory.contacts.size).toBe(8);
  });
});

describe('contacts', () => {
  it.each([
    ['a new sender', [], { to: 'Feed', groupCategory: null }],
    ['one that was in another group', ['Jail'], { to: 'Feed', groupCategory: 'Jail' }],
    ['one that is in the right group', ['Feed'], { to: 'Feed', groupCategory: 'Feed' }],
  ])('the decision is to be written on the card: %s', async (_rule, members, decision) => {
    const contacts = members.length === 0 ? [] : [aContact({ uid: 'C' })];
    const groups = groupsWith(Object.fromEntries(members.map((name) => [name, ['C']])));
    const { wishes } = await pass(
      new MemoryAccount({
        ...anAccount({ emails: [anEmail({ in: ['Screener', '@ToFeed'] })] }),
        contacts,
        groups,
      }),
    );

    expect(wishes).toMatchObject([{ decision: { ...decision, today: '2026-11-21' } }]);
  });

  it('a card that turns out to be in an old group only when it is written is a re-triage', async () => {
    const uid = `made-for-${SENDER_TEXT}`;
    const { emails, groups } = await triage(
      anAccount({
        emails: [
          anEmail({ id: 'labelled', in: ['Jail', '@ToFeed'] }),
          anEmail({ id: 'old', in: ['Jail'] }),
        ],
        // The user took the address off it: a listing does not find it.
        contacts: [aContact({ uid, addresses: [] })],
        members: { Jail: [uid] },
      }),
    );

    expect(emails).toEqual({ labelled: ['Feed'], old: ['Feed'] });
    expect(groups[hrefOfGroup('Jail')]).toEqual([]);
  });
});

describe('when mail and contacts both cannot be read', () => {
  const unreachable = new NetworkError('mail: ECONNREFUSED');
  const refused = new CredentialsError('contacts: 401');

  it.each([
    ['mail', unreachable, refused],
    ['contacts', refused, unreachable],
  ])(
    'both failures are said, and a person has to act although %s may come back by itself',
    async (_rule, ofMail, ofContacts) => {
      const world = memoryWorld(new MemoryAccount(anAccount()));
      const broken = {
        ...world,
        mail: { ...world.mail, readMailboxes: () => Promise.reject(ofMail) },
        contacts: { ...world.contacts, readGroups: () => Promise.reject(ofContacts) },
      };

      const error: unknown = await runTriagePass(names, broken).catch((thrown: unknown) => thrown);

      expect(messageOf(error)).toBe(`${ofMail.message}; and ${ofContacts.message}`);
      expect(runFailureKind(error)).toBe('startup');
    },
  );
});
