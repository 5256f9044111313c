import { describe, expect, it } from 'vitest';

import { AccountError, CredentialsError, NetworkError, StoppedError } from '../../src/errors.ts';
import type { Contact, ContactGroup, Email } from '../../src/triage/model.ts';
import type { ContactWish } from '../../src/triage/ports.ts';
import type { TriageReport } from '../../src/triage/report.ts';
import { runTriagePass } from '../../src/triage-pass.ts';
import {
  aCategory,
  aContact,
  aGroup,
  anEmail,
  groupsFor,
  hrefOfGroup,
  mailboxesFor,
  SENDER_TEXT,
  triageNames,
} from '../support/builders.ts';
import type { Account, Fault, MemoryWorldOptions, PortCall } from '../support/memory-world.ts';
import { MemoryAccount, memoryWorld } from '../support/memory-world.ts';
import { findWrongs, watchFor } from '../support/pass-rules.ts';

const names = triageNames();

/** An account with all that the default settings ask for. */
function anAccount(
  account: {
    readonly emails?: readonly Email[];
    readonly contacts?: readonly Contact[];
    readonly members?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Account {
  const groups: readonly ContactGroup[] = groupsFor(names).map(({ name }) =>
    aGroup(name, account.members?.[name] ?? []),
  );
  return {
    mailboxes: mailboxesFor(names),
    emails: account.emails ?? [],
    contacts: account.contacts ?? [],
    groups,
  };
}

async function pass(
  account: MemoryAccount,
  options: MemoryWorldOptions = {},
): Promise<{
  readonly result: TriageReport | Error;
  readonly calls: readonly PortCall[];
  readonly writes: readonly PortCall[];
  readonly events: readonly string[];
  readonly levels: readonly string[];
  readonly wishes: readonly ContactWish[];
}> {
  const world = memoryWorld(account, options);
  const result = await runTriagePass(names, world).catch((error: unknown) => error as Error);
  await world.settled();
  const events = world.logged.map(({ event }) => event);
  const levels = world.logged.map(({ level, event }) => `${level} ${event}`);
  const { calls, writes, wishes } = world;
  return { result, calls, writes, wishes, events, levels };
}

/** The mailboxes of every email after one pass. */
async function triage(account: Account): Promise<{
  readonly emails: Readonly<Record<string, readonly string[]>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly report: TriageReport;
  readonly events: readonly string[];
}> {
  const memory = new MemoryAccount(account);
  const { result, events } = await pass(memory);
  if (result instanceof Error) throw result;
  expect(memory.destroyedIds).toEqual([]);
  const { emails, groups } = memory.contents();
  return { emails, groups, report: result, events };
}

describe('one pass', () => {
  it('nothing labelled: two reads, no more', async () => {
    const { calls, result } = await pass(new MemoryAccount(anAccount({ emails: [anEmail()] })));

    expect(calls.toSorted()).toEqual(['readGroups', 'readMailboxes']);
    expect(result).toEqual({
      triagedSenders: 0,
      processed: 0,
      failures: [],
      conflicts: 0,
      emailsWithoutSender: 0,
      emailsSwept: 0,
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
    expect(second.levels).toEqual([`debug ${event}`]);
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
      afterWrite: ({ emails, groups }) => {
        const hasJoined = [...groups.values()].some(({ memberKeys }) => memberKeys.size > 0);
        if (hasJoined && !emails.has(late.id)) emails.set(late.id, late);
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
      afterWrite: ({ emails }) => {
        emails.delete('gone');
        emails.delete('labelled');
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
    ['a first try', ['Screener', '@ToFeed'], 'always'],
    ['a try after a refusal', ['Screener', '@ToFeed', '@MailroomError'], 'unlessLast'],
  ])('the note grows: %s', async (_rule, mailboxIds, noteLine) => {
    const { wishes } = await pass(
      new MemoryAccount(anAccount({ emails: [anEmail({ in: mailboxIds })] })),
    );

    expect(wishes).toMatchObject([{ noteLine, today: '2026-11-21', existing: null }]);
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
    'the failure that a person has to act on is the one that is said, not that of %s',
    async (_rule, ofMail, ofContacts) => {
      const world = memoryWorld(new MemoryAccount(anAccount()));
      const broken = {
        ...world,
        mail: { ...world.mail, readMailboxes: () => Promise.reject(ofMail) },
        contacts: { ...world.contacts, readGroups: () => Promise.reject(ofContacts) },
      };

      await expect(runTriagePass(names, broken)).rejects.toBe(refused);
    },
  );
});

/** One of everything: what a pass may meet. */
const EVERYTHING = anAccount({
  emails: [
    anEmail({ id: 'new-1', from: 'new@example.com', name: 'New', in: ['Screener', '@ToFeed'] }),
    anEmail({ id: 'new-2', from: 'New@Example.com', in: ['Screener', '@ToFeed'] }),
    anEmail({ id: 'new-3', from: 'new@example.com' }),
    anEmail({ id: 'new-trash', from: 'new@example.com', in: ['Screener', 'Trash'] }),
    anEmail({ id: 'person-1', from: 'person@example.com', name: 'Jane Doe', in: ['@ToPerson'] }),
    anEmail({ id: 'person-2', from: 'person@example.com' }),
    anEmail({ id: 'moved-1', from: 'moved@example.com', in: ['Jail', '@ToFeed'] }),
    anEmail({ id: 'moved-2', from: 'moved@example.com', in: ['Jail'] }),
    anEmail({ id: 'moved-3', from: 'moved@example.com' }),
    anEmail({ id: 'moved-inbox', from: 'moved@example.com', in: ['Inbox', 'Jail'] }),
    anEmail({ id: 'moved-junk', from: 'moved@example.com', in: ['Jail', 'Junk'] }),
    anEmail({
      id: 'healed-1',
      from: 'healed@example.com',
      in: ['Screener', '@ToJail', '@MailroomError'],
    }),
    anEmail({ id: 'healed-2', from: 'healed@example.com', in: ['Screener', '@MailroomError'] }),
    anEmail({
      id: 'named-1',
      from: 'named@example.com',
      name: 'Other',
      in: ['Screener', '@ToImbox'],
    }),
    anEmail({ id: 'twice-1', from: 'twice@example.com', in: ['Screener', '@ToPaperTrail'] }),
    anEmail({ id: 'card-a', from: 'a@card.example', in: ['Jail', '@ToImbox'] }),
    anEmail({ id: 'card-a2', from: 'a@card.example', in: ['Jail'] }),
    anEmail({ id: 'card-b', from: 'b@card.example', in: ['Screener', '@ToImbox'] }),
    anEmail({ id: 'card-b2', from: 'b@card.example', in: ['Jail'] }),
    anEmail({ id: 'torn-1', from: 'torn@example.com', in: ['Screener', '@ToFeed'] }),
    anEmail({ id: 'torn-2', from: 'torn@example.com', in: ['Screener', '@ToJail'] }),
    anEmail({ id: 'nobody', from: '', in: ['Screener', '@ToFeed'] }),
    anEmail({ id: 'stranger', from: 'stranger@example.com' }),
    anEmail({ id: 'look-alike', from: 'anew@example.com' }),
  ],
  contacts: [
    aContact({ uid: 'M', addresses: ['moved@example.com'] }),
    aContact({ uid: 'N', addresses: ['named@example.com'], name: 'Named' }),
    aContact({ uid: 'T1', addresses: ['twice@example.com'] }),
    aContact({ uid: 'T2', addresses: ['twice@example.com'] }),
    aContact({ uid: 'C', name: 'Shared', addresses: ['a@card.example', 'b@card.example'] }),
  ],
  members: { Jail: ['M', 'T2', 'C'], Feed: ['T2'] },
});

describe('one of everything', () => {
  it('ends where it has to', async () => {
    const { emails, groups, report } = await triage(EVERYTHING);

    expect(emails).toEqual({
      'new-1': ['Feed'],
      'new-2': ['Feed'],
      'new-3': ['Feed'],
      'new-trash': ['Screener', 'Trash'],
      'person-1': ['Inbox'],
      'person-2': ['Inbox'],
      'moved-1': ['Feed'],
      'moved-2': ['Feed'],
      'moved-3': ['Feed'],
      'moved-inbox': ['Feed', 'Inbox'],
      'moved-junk': ['Jail', 'Junk'],
      'healed-1': ['Jail'],
      'healed-2': ['Jail'],
      'named-1': ['@MailroomWarning', 'Inbox'],
      'twice-1': ['Paper Trail'],
      'card-a': ['Inbox'],
      'card-a2': ['Inbox'],
      'card-b': ['Inbox'],
      'card-b2': ['Inbox'],
      'torn-1': ['@MailroomError', '@ToFeed', 'Screener'],
      'torn-2': ['@MailroomError', '@ToJail', 'Screener'],
      nobody: ['@MailroomError', '@ToFeed', 'Screener'],
      stranger: ['Screener'],
      'look-alike': ['Screener'],
    });
    expect(groups).toEqual({
      [hrefOfGroup('Imbox')]: ['c', 'made-for-person@example.com', 'n'],
      [hrefOfGroup('Feed')]: ['m', 'made-for-new@example.com'],
      [hrefOfGroup('Paper Trail')]: ['t2'],
      [hrefOfGroup('Jail')]: ['made-for-healed@example.com'],
    });
    expect(report).toMatchObject({
      triagedSenders: 9,
      processed: 8,
      failures: [],
      conflicts: 1,
      emailsWithoutSender: 1,
      emailsSwept: 17,
    });
  });

  it('a second pass writes nothing', async () => {
    const memory = new MemoryAccount(EVERYTHING);
    await pass(memory);
    const end = memory.contents();
    const { writes, result } = await pass(memory);

    expect(writes).toEqual([]);
    expect(result).toMatchObject({ processed: 0, failures: [], conflicts: 1 });
    expect(memory.contents()).toEqual(end);
  });
});

describe('whatever fails, and wherever', async () => {
  const undisturbed = new MemoryAccount(EVERYTHING);
  const { calls } = await pass(undisturbed);
  const end = undisturbed.contents();

  it('the pass makes enough calls for this to mean something', () => {
    expect(calls.length).toBeGreaterThan(15);
    expect(new Set(calls)).toEqual(
      new Set([
        'readMailboxes',
        'readEmailsIn',
        'patchEmails',
        'readGroups',
        'findContacts',
        'saveContact',
        'saveGroupMembers',
      ]),
    );
  });

  const faults: readonly Fault[] = [
    'break before',
    'break after',
    'refuse',
    'fail',
    'refuse first',
    'fail first',
    'signal',
  ];

  it.each(faults)(
    '%s: nothing is lost on the way, and the next pass ends the same',
    async (fault) => {
      for (let at = 1; at <= calls.length + 2; at += 1) {
        const memory = new MemoryAccount(EVERYTHING);
        const watch = watchFor(memory, names);
        const { result } = await pass(memory, {
          faultAt: (number) => (number === at ? fault : null),
          afterWrite: watch.look,
        });
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(fault === 'signal' ? StoppedError : NetworkError);
        }
        await pass(memory, { afterWrite: watch.look });

        expect(watch.wrongs, `${fault} at call ${at}`).toEqual([]);
        expect(findWrongs(memory, names), `${fault} at call ${at}`).toEqual([]);
        expect(memory.contents(), `${fault} at call ${at}`).toEqual(end);
      }
    },
  );

  it('every write fails, time and again: nothing moves that may not, and the end is the same', async () => {
    for (const broken of ['saveContact', 'saveGroupMembers', 'patchEmails'] as const) {
      for (const fault of ['refuse', 'fail', 'break before'] as const) {
        const memory = new MemoryAccount(EVERYTHING);
        const watch = watchFor(memory, names);
        for (let times = 0; times < 2; times += 1) {
          await pass(memory, {
            faultAt: (_number, call) => (call === broken ? fault : null),
            afterWrite: watch.look,
          });
        }
        await pass(memory, { afterWrite: watch.look });

        expect(watch.wrongs, `${broken}: ${fault}`).toEqual([]);
        expect(memory.contents(), `${broken}: ${fault}`).toEqual(end);
      }
    }
  });

  it('refused for good: the user sees it by the error label, triage label on', async () => {
    const memory = new MemoryAccount(
      anAccount({ emails: [anEmail({ id: 'labelled', in: ['Screener', '@ToFeed'] })] }),
    );
    const refuse = (_number: number, call: PortCall): Fault | null =>
      call === 'saveContact' ? 'refuse' : null;
    const first = await pass(memory, { faultAt: refuse });
    const labelled = memory.contents().emails['labelled'];
    const second = await pass(memory, { faultAt: refuse });

    expect(labelled).toEqual(['@MailroomError', '@ToFeed', 'Screener']);
    expect(first.result).toMatchObject({ processed: 0, failures: [{ step: 'contact' }] });
    expect(second.writes).toEqual(['saveContact']);
    await pass(memory);
    expect(memory.contents().emails['labelled']).toEqual(['Feed']);
  });
});
