import { describe, expect, it } from 'vitest';

import { NetworkError, StoppedError } from '../../../src/errors.ts';
import { aContact, anEmail, hrefOfGroup } from '../../support/builders.ts';
import type { Fault, PortCall } from '../../support/memory-world.ts';
import { FAULTS, MemoryAccount } from '../../support/memory-world.ts';
import { findWrongs, watchFor } from '../../support/pass-rules.ts';
import { anAccount, names, pass, triage } from '../../support/run-pass.ts';

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
        'readEmailsFrom',
        'readChanges',
        'patchEmails',
        'readGroups',
        'readContacts',
        'saveContact',
        'saveGroupMembers',
      ]),
    );
  });

  it.each(FAULTS)(
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

  it('a server that says it took a contact out of a group, and did not: the label stays', async () => {
    const memory = new MemoryAccount(
      anAccount({
        emails: [anEmail({ id: 'labelled', from: 'moved@example.com', in: ['Jail', '@ToFeed'] })],
        contacts: [aContact({ uid: 'M', addresses: ['moved@example.com'] })],
        members: { Jail: ['M'] },
      }),
    );
    let saves = 0;
    const { result, levels } = await pass(memory, {
      faultAt: (_number, call) => {
        if (call === 'saveGroupMembers') saves += 1;
        // The first one puts it into the new group.
        return call === 'saveGroupMembers' && saves === 2 ? 'lie' : null;
      },
    });

    expect(result).toMatchObject({ processed: 0, failures: [{ step: 'leave group' }] });
    expect(memory.contents().emails['labelled']).toEqual(['@ToFeed', 'Feed']);
    expect(levels).not.toContain('info group_reassigned');
    await pass(memory);
    expect(memory.contents().emails['labelled']).toEqual(['Feed']);
    expect(memory.contents().groups[hrefOfGroup('Jail')]).toEqual([]);
  });

  it('some of a sender’s labelled emails refused: the error label is on these alone', async () => {
    const memory = new MemoryAccount(
      anAccount({
        emails: [
          anEmail({ id: '1 refused', in: ['Screener', '@ToFeed'] }),
          anEmail({ id: '2 finished', in: ['Screener', '@ToFeed'] }),
        ],
      }),
    );
    let patches = 0;
    await pass(memory, {
      faultAt: (_number, call) => {
        if (call !== 'patchEmails') return null;
        patches += 1;
        // With nothing else to sweep, the first patch that is sent takes the labels off.
        return patches === 1 ? 'refuse first' : null;
      },
    });

    expect(memory.contents().emails).toEqual({
      '1 refused': ['@MailroomError', '@ToFeed', 'Screener'],
      '2 finished': ['Feed'],
    });
  });
});
