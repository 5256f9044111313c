import { describe, expect, it } from 'vitest';

import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import type { Email } from '../../../src/triage/model.ts';
import {
  aContact,
  aGroup,
  aMailbox,
  anEmail,
  hrefOfGroup,
  mailboxesFor,
  triageNames,
} from '../../support/builders.ts';
import {
  cardId,
  type Fault,
  MemoryAccount,
  memoryWorld,
  type MemoryWorldOptions,
} from '../../support/memory-world.ts';

/* The label @ToScreener: the sender becomes unknown again, as if it had never been decided on. */

const names = triageNames();
const SENDER = 'news@shop.example';
const OWN_UID = `made-for-${SENDER}`;

function anAccount(
  account: {
    readonly uid?: string;
    readonly addresses?: readonly string[];
    readonly groups?: readonly string[];
    readonly hasCard?: boolean;
    readonly emails?: readonly Email[];
    readonly hasLabel?: boolean;
  } = {},
): MemoryAccount {
  const uid = account.uid ?? OWN_UID;
  const members = account.groups ?? ['Feed'];
  return new MemoryAccount({
    mailboxes: [
      ...mailboxesFor(names),
      ...(account.hasLabel === false ? [] : [aMailbox('@ToScreener')]),
    ],
    contacts:
      account.hasCard === false
        ? []
        : [aContact({ uid, name: 'News', addresses: account.addresses ?? [SENDER] })],
    groups: ['Imbox', 'Feed', 'Paper Trail', 'Jail', 'Friends'].map((name) =>
      aGroup(name, members.includes(name) ? [uid] : []),
    ),
    emails: account.emails ?? [
      anEmail({ id: 'labelled', from: SENDER, in: ['Feed', '@ToScreener'] }),
      anEmail({ id: 'old', from: SENDER, in: ['Feed'] }),
      anEmail({ id: 'thrown away', from: SENDER, in: ['Feed', 'Trash'] }),
      anEmail({ id: 'filed', from: SENDER, in: ['Feed', 'Archive'] }),
      anEmail({ id: 'inbox', from: SENDER, in: ['Inbox'] }),
      anEmail({ id: 'other', from: 'other@shop.example', in: ['Feed'] }),
    ],
  });
}

async function pass(memory: MemoryAccount, options: MemoryWorldOptions = {}) {
  const world = memoryWorld(memory, options);
  const result = await runTriagePass(names, world).catch((error: unknown) => error as Error);
  await world.settled();
  return {
    ...memory.contents(),
    result,
    events: world.logged,
    writes: world.writes,
    wishes: world.wishes,
    notes: world.notes,
  };
}

describe('taken back', () => {
  it('mail to Screener, out of the group, the card that Mailroom made is deleted, the label off', async () => {
    const { emails, groups, contacts, result, wishes, notes } = await pass(anAccount());

    expect(emails).toEqual({
      labelled: ['Screener'],
      old: ['Screener'],
      'thrown away': ['Feed', 'Trash'],
      filed: ['Archive', 'Feed'],
      inbox: ['Inbox'],
      other: ['Feed'],
    });
    expect(groups[hrefOfGroup('Feed')]).toEqual([]);
    expect(contacts).toEqual([]);
    expect([wishes, notes]).toEqual([[], []]);
    expect(result).toMatchObject({ processed: 1, failures: [], emailsSwept: 2 });
  });

  it.each<[string, Parameters<typeof anAccount>[0]]>([
    ['the user’s own card', { uid: 'mine' }],
    ['a card with another address', { addresses: [SENDER, 'jane@shop.example'] }],
    ['a card that is in a group of the user’s own', { groups: ['Feed', 'Friends'] }],
  ])('%s stays, gets its line, and the email is marked', async (_rule, account) => {
    const { emails, groups, contacts, wishes, notes, events } = await pass(anAccount(account));

    expect(contacts).toHaveLength(1);
    expect(groups[hrefOfGroup('Feed')]).toEqual([]);
    expect(notes).toMatchObject([{ decision: { to: 'Screener', groupCategory: 'Feed' } }]);
    expect(wishes).toEqual([]);
    expect(emails['labelled']).toEqual(['@MailroomWarning', 'Screener']);
    expect(events.map(({ event }) => event)).toContain('contact_kept');
  });

  it('Inbox is swept back only where the category led there', async () => {
    const { emails } = await pass(anAccount({ groups: ['Imbox'] }));

    expect(emails).toMatchObject({ inbox: ['Screener'], old: ['Feed'], labelled: ['Screener'] });
  });

  it('a card with several addresses: mail of all of them, and the log names them', async () => {
    const other = 'jane@shop.example';
    const { emails, events } = await pass(
      anAccount({
        addresses: [SENDER, other],
        emails: [
          anEmail({ id: 'labelled', from: SENDER, in: ['Feed', '@ToScreener'] }),
          anEmail({ id: 'old', from: SENDER, in: ['Feed'] }),
          anEmail({ id: 'of the other', from: other, in: ['Feed'] }),
        ],
      }),
    );

    expect(emails).toEqual({
      labelled: ['@MailroomWarning', 'Screener'],
      old: ['Screener'],
      'of the other': ['Screener'],
    });
    const kept = events.find(({ event }) => event === 'contact_kept');
    expect(kept?.fields).toMatchObject({ sender: SENDER, addresses: [SENDER, other] });
  });

  it('out of every triage group, with the mail of each', async () => {
    const { emails, groups, contacts } = await pass(
      anAccount({
        groups: ['Feed', 'Jail'],
        emails: [
          anEmail({ id: 'labelled', from: SENDER, in: ['Feed', '@ToScreener'] }),
          anEmail({ id: 'in Feed', from: SENDER, in: ['Feed'] }),
          anEmail({ id: 'in Jail', from: SENDER, in: ['Jail'] }),
          anEmail({ id: 'in Paper Trail', from: SENDER, in: ['Paper Trail'] }),
        ],
      }),
    );

    expect(emails).toEqual({
      labelled: ['Screener'],
      'in Feed': ['Screener'],
      'in Jail': ['Screener'],
      'in Paper Trail': ['Paper Trail'],
    });
    expect([groups[hrefOfGroup('Feed')], groups[hrefOfGroup('Jail')]]).toEqual([[], []]);
    expect(contacts).toEqual([]);
  });

  it('Inbox is swept back out of a category that adds to it, too', async () => {
    const own = triageNames({
      categories: names.categories.map((one) =>
        one.name === 'Feed' ? { ...one, addToInbox: true } : one,
      ),
    });
    const memory = anAccount();
    const world = memoryWorld(memory);

    await runTriagePass(own, world);
    await world.settled();

    expect(memory.contents().emails).toMatchObject({ inbox: ['Screener'], old: ['Screener'] });
  });

  it('a card that is in no group: the sender stays a contact, and that is said', async () => {
    const { emails, contacts, events } = await pass(anAccount({ groups: [], uid: 'mine' }));

    expect(contacts).toHaveLength(1);
    expect(emails).toMatchObject({
      labelled: ['@MailroomWarning', 'Screener'],
      old: ['Feed'],
      inbox: ['Inbox'],
    });
    expect(events.map(({ event }) => event)).toContain('contact_kept');
  });

  it('no card and no group: only the labelled email goes to Screener', async () => {
    const { emails, writes } = await pass(anAccount({ hasCard: false, groups: [] }));

    expect(emails).toMatchObject({ labelled: ['Screener'], old: ['Feed'], inbox: ['Inbox'] });
    expect(writes).toEqual(['patchEmails']);
  });

  it.each([
    ['in Trash', ['Trash', '@ToScreener'], ['Trash']],
    ['in Sent', ['Sent', '@ToScreener'], ['Sent']],
    ['in the label alone', ['@ToScreener'], ['Screener']],
    ['in Inbox', ['Inbox', '@ToScreener'], ['Screener']],
    ['with an error label', ['Feed', '@ToScreener', '@MailroomError'], ['Screener']],
  ])('a labelled email %s', async (_rule, place, left) => {
    const email = anEmail({ id: 'labelled', from: SENDER, in: place });

    const { emails } = await pass(anAccount({ emails: [email] }));

    expect(emails).toEqual({ labelled: left });
  });

  it('beside another label it is a conflict', async () => {
    const emails = [anEmail({ id: 'both', from: SENDER, in: ['Feed', '@ToScreener', '@ToJail'] })];

    const { result, contacts } = await pass(anAccount({ emails }));

    expect(result).toMatchObject({
      conflicts: 1,
      details: { conflicts: [{ categories: ['Jail', 'Screener'] }] },
    });
    expect(contacts).toHaveLength(1);
  });

  it('without the mailbox nothing is taken back, and nothing fails', async () => {
    const { result, writes } = await pass(
      anAccount({ hasLabel: false, emails: [anEmail({ from: SENDER, in: ['Feed'] })] }),
    );

    expect(result).toMatchObject({ triagedSenders: 0, failures: [] });
    expect(writes).toEqual([]);
  });

  it('a further pass writes nothing', async () => {
    const memory = anAccount();
    await pass(memory);
    const end = memory.contents();

    const { writes } = await pass(memory);

    expect(writes).toEqual([]);
    expect(memory.contents()).toEqual(end);
  });
});

describe('the label comes off while the pass runs', () => {
  it('nothing is deleted for a label that is off, whenever that was seen', async () => {
    const calls = memoryWorld(anAccount());
    await runTriagePass(names, calls);
    const first = calls.calls.indexOf('readEmailsIn') + 2;
    const last = calls.calls.lastIndexOf('readChanges') + 1;
    expect(last - first).toBeGreaterThan(3);
    for (let atCall = first; atCall <= last; atCall += 1) {
      const memory = anAccount();
      await pass(memory, {
        faultAt(number) {
          const email = memory.emails.get('labelled');
          if (number === atCall && email !== undefined) {
            memory.putEmail('labelled', { ...email, mailboxIds: new Set(['Archive']) });
          }
          return null;
        },
      });

      expect([atCall, memory.contents().contacts.length]).toEqual([atCall, 1]);
      expect(memory.contents().emails['labelled']).toEqual(['Archive']);
    }
  });
});

describe('a card that cannot be read may be the sender’s', () => {
  it('so a sender without one has failed for now, and one that has its own has not', async () => {
    const unreadable = { unreadableCards: ['/book/odd.vcf'] };
    const hidden = await pass(anAccount({ hasCard: false }), unreadable);
    const known = await pass(anAccount(), unreadable);

    expect(hidden.result).toMatchObject({ processed: 0, failures: [{ step: 'contact' }] });
    expect(hidden.emails).toMatchObject({ labelled: ['@ToScreener', 'Feed'], old: ['Feed'] });
    expect(hidden.events.map(({ event }) => event)).not.toContain('triage_complete');
    expect(known.result).toMatchObject({ processed: 1, failures: [] });
  });
});

describe('a card that was to go, and stays', () => {
  it('gets its line then', async () => {
    const memory = anAccount();
    const { contacts, notes, emails, events } = await pass(memory, {
      faultAt(_number, call) {
        const [card] = memory.contacts.values();
        if (call === 'removeContact' && card !== undefined) memory.edited.add(cardId(card));
        return null;
      },
    });

    expect(contacts).toHaveLength(1);
    expect(notes).toMatchObject([{ decision: { to: 'Screener', groupCategory: 'Feed' } }]);
    expect(emails['labelled']).toEqual(['@MailroomWarning', 'Screener']);
    expect(events.map(({ event }) => event)).toContain('contact_kept');
  });
});

describe('the user deletes the contact while the pass runs', () => {
  it.each<[string, Parameters<typeof anAccount>[0]]>([
    ['one that Mailroom made', {}],
    ['one of their own', { uid: 'mine' }],
    ['one in a group of their own', { groups: ['Feed', 'Friends'] }],
  ])('%s: no other is made in its place', async (_rule, account) => {
    const undisturbed = memoryWorld(anAccount(account));
    await runTriagePass(names, undisturbed);
    expect(undisturbed.calls.length).toBeGreaterThan(8);
    for (let atCall = 1; atCall <= undisturbed.calls.length; atCall += 1) {
      const memory = anAccount(account);
      await pass(memory, {
        faultAt(number) {
          if (number === atCall) memory.contacts.clear();
          return null;
        },
      });
      await pass(memory);

      const { contacts, emails } = memory.contents();
      expect([atCall, contacts, emails['labelled']]).toEqual([atCall, [], expect.anything()]);
      expect(emails['labelled']).not.toContain('@ToScreener');
    }
  });
});

describe('the user puts the contact into a group of their own while the pass runs', () => {
  it('the card stays, whenever that is seen', async () => {
    const undisturbed = memoryWorld(anAccount());
    await runTriagePass(names, undisturbed);
    const lastRead = undisturbed.calls.lastIndexOf('readGroups') + 1;
    expect(lastRead).toBeGreaterThan(5);
    for (let atCall = 1; atCall <= lastRead; atCall += 1) {
      const memory = anAccount();
      await pass(memory, {
        faultAt(number) {
          if (number !== atCall) return null;
          const friends = aGroup('Friends', [OWN_UID]);
          memory.groups.set(friends.href, friends);
          return null;
        },
      });
      await pass(memory);

      const { contacts, groups, emails } = memory.contents();
      expect([atCall, contacts.length]).toEqual([atCall, 1]);
      expect(groups[hrefOfGroup('Friends')]).toHaveLength(1);
      expect(emails['labelled']).toEqual(['@MailroomWarning', 'Screener']);
    }
  });
});

describe('broken anywhere, the next passes end as an undisturbed one', () => {
  const faults: readonly Fault[] = ['break before', 'break after', 'refuse', 'fail', 'signal'];

  it.each(faults)('%s', async (fault) => {
    for (const account of [{}, { uid: 'mine' }, { groups: ['Imbox'] }]) {
      const end = await pass(anAccount(account)).then(({ emails, groups, contacts }) => ({
        emails,
        groups,
        contacts,
      }));
      for (let atCall = 1; atCall < 25; atCall += 1) {
        const memory = anAccount(account);
        await pass(memory, { faultAt: (number) => (number === atCall ? fault : null) });
        await pass(memory);
        await pass(memory);

        expect([atCall, memory.contents()]).toEqual([atCall, end]);
      }
    }
  });
});
