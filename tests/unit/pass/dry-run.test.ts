import { describe, expect, it } from 'vitest';

import { dryRunContactStore, dryRunLogger, dryRunMailStore } from '../../../src/pass/dry-run.ts';
import type { Email } from '../../../src/triage/model.ts';
import type { ContactWish, MailStore } from '../../../src/triage/ports.ts';
import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import {
  aContact,
  aGroup,
  anAddress,
  anEmail,
  groupsFor,
  mailboxesFor,
  triageNames,
} from '../../support/builders.ts';
import type { LoggedEvent } from '../../support/memory-world.ts';
import { MemoryAccount, memoryWorld, recordingLogger } from '../../support/memory-world.ts';

const names = triageNames();

/** An account with a new sender, one to be moved, a conflict, and an email without a sender. */
function anAccount(): MemoryAccount {
  return new MemoryAccount({
    mailboxes: mailboxesFor(names),
    emails: [
      anEmail({ id: 'new', from: 'new@example.com', in: ['Screener', '@ToFeed'] }),
      anEmail({ id: 'new-2', from: 'new@example.com' }),
      anEmail({ id: 'moved', name: 'Jane', in: ['Jail', '@ToFeed'] }),
      anEmail({ id: 'moved-2', in: ['Jail'] }),
      anEmail({ id: 'torn', from: 'torn@example.com', in: ['@ToFeed', '@ToJail'] }),
      anEmail({ id: 'nobody', from: '', in: ['@ToFeed'] }),
    ],
    contacts: [aContact({ uid: 'J', name: 'Acme' })],
    groups: groupsFor(names).map(({ name }) => aGroup(name, name === 'Jail' ? ['J'] : [])),
  });
}

describe('a pass as a dry run', () => {
  it('asks for no write, and says of each action that it would', async () => {
    const account = anAccount();
    const before = account.contents();
    const world = memoryWorld(account);
    const report = await runTriagePass(names, {
      mail: dryRunMailStore(world.mail),
      contacts: dryRunContactStore(world.contacts),
      log: dryRunLogger(world.log),
      clock: world.clock,
    });

    expect(world.writes).toEqual([]);
    expect(account.contents()).toEqual(before);
    expect(world.logged.map(({ event }) => event).toSorted()).toEqual([
      'conflict_detected',
      'email_missing_sender',
      'would_create_contact',
      'would_finish_emails',
      'would_finish_emails',
      'would_join_group',
      'would_join_group',
      'would_label_emails',
      'would_leave_group',
      'would_sweep_emails',
      'would_sweep_emails',
      'would_update_contact',
      'would_warn_of_name',
    ]);
    expect(report).toEqual(await runTriagePass(names, memoryWorld(anAccount())));
  });
});

describe('dryRunMailStore', () => {
  const read = async (store: MailStore, mailboxId: string): Promise<readonly Email[]> => {
    const emails: Email[] = [];
    for await (const { emails: page } of store.readEmailsIn([mailboxId])) emails.push(...page);
    return emails;
  };

  it('shows later reads what was written, the last word last', async () => {
    const store = dryRunMailStore(memoryWorld(anAccount()).mail);
    const { outcomes } = await store.patchEmails(
      [
        { emailId: 'new', add: ['Feed'], remove: ['Screener'] },
        { emailId: 'new-2', add: ['Feed'], remove: ['Screener'] },
      ],
      null,
    );
    await store.patchEmails([{ emailId: 'new-2', add: ['Screener'], remove: ['Feed'] }], null);

    expect(outcomes).toEqual(
      new Map([
        ['new', { kind: 'updated' }],
        ['new-2', { kind: 'updated' }],
      ]),
    );
    expect((await read(store, 'Screener')).map(({ id }) => id)).toEqual(['new-2']);
    expect(await read(store, '@ToFeed')).toContainEqual(
      expect.objectContaining({ id: 'new', mailboxIds: new Set(['Feed', '@ToFeed']) }),
    );
  });
});

describe('dryRunContactStore', () => {
  const wish: ContactWish = {
    newContact: { address: anAddress(), fullName: 'Jane', personName: null },
    existing: null,
    decision: { to: 'Feed', groupCategory: null, today: '2026-11-21' },
  };
  const membersOf = async (store: ReturnType<typeof dryRunContactStore>, name: string) =>
    (await store.readGroups([])).find((group) => group.name === name)?.memberKeys;

  it('a new contact can be put into a group, and is seen there', async () => {
    const store = dryRunContactStore(memoryWorld(anAccount()).contacts);
    const outcome = await store.saveContact(wish);
    if (outcome.kind !== 'created') throw new TypeError(outcome.kind);
    const feed = (await store.readGroups([])).find(({ name }) => name === 'Feed');
    if (feed === undefined) throw new TypeError('no Feed');
    const { uid } = outcome.contact;
    await store.saveGroupMembers({ group: feed, addUids: [uid], removeUids: [] });

    expect(await membersOf(store, 'Feed')).toEqual(new Set([uid]));
    await store.saveGroupMembers({ group: feed, addUids: [], removeUids: [uid] });
    expect(await membersOf(store, 'Feed')).toEqual(new Set());
  });

  it('a contact that is there already stays as it is', async () => {
    const existing = aContact({ name: 'Acme' });
    const store = dryRunContactStore(memoryWorld(anAccount()).contacts);

    expect(await store.saveContact({ ...wish, existing })).toEqual({
      kind: 'updated',
      contact: existing,
    });
  });

  it('members leave, however they are written', async () => {
    const store = dryRunContactStore(memoryWorld(anAccount()).contacts);
    const jail = aGroup('Jail', ['J']);
    await store.saveGroupMembers({ group: jail, addUids: [], removeUids: ['urn:uuid:J'] });

    expect(await membersOf(store, 'Jail')).toEqual(new Set());
  });
});

describe('dryRunLogger', () => {
  it.each([
    ['contact_upserted', { result: 'created' }, 'would_create_contact'],
    ['contact_upserted', { result: 'updated' }, 'would_update_contact'],
    ['group_joined', {}, 'would_join_group'],
    ['group_reassigned', {}, 'would_leave_group'],
    ['emails_swept', {}, 'would_sweep_emails'],
    ['triage_complete', {}, 'would_finish_emails'],
    ['error_label_set', {}, 'would_label_emails'],
    ['name_mismatch_warning', {}, 'would_warn_of_name'],
    ['conflict_detected', {}, 'conflict_detected'],
    ['email_missing_sender', {}, 'email_missing_sender'],
    ['duplicate_contacts', {}, 'duplicate_contacts'],
  ] as const)('%s %j: %s, at every level, of every component', (event, fields, said) => {
    const logged: LoggedEvent[] = [];
    const log = dryRunLogger(recordingLogger(logged)).child('triage');
    const levels = ['debug', 'info', 'warning', 'error'] as const;
    for (const level of levels) log[level](event, fields);

    expect(logged).toEqual(levels.map((level) => ({ level, event: said, fields })));
  });
});
