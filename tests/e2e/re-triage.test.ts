import { describe, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { isStandIn, readEtags, recordedWrites } from '../support/run-mailroom.ts';
import { type Scenario } from '../support/scenario.ts';
import { onStandIn } from '../support/run-mailroom-on-stand-in.ts';
import { describeEachServer } from '../support/test-account.ts';
import { useScenario } from '../support/use-scenario.ts';

/* The user changes their mind, contradicts themselves, or is shown something. */

const programs = builtPrograms();

describeEachServer('a second decision', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  const places: Scenario['places'] = (ids) => scenario.places(ids);

  test('re-triage: from Feed to Imbox, with all that lay in Feed', async () => {
    const from = 'Moving <moving@re.example>';
    const first = await scenario.email({ from, in: ['Screener', '@ToFeed'] });
    await scenario.emails(3, { from, in: ['Screener'] });
    await mailroom.run();
    const contact = await scenario.contactOf('moving@re.example');
    const uid = contact.value('UID') ?? '';
    expect(await scenario.groupsOf(uid)).toEqual(['Feed']);

    const inFeed = await scenario.emails(4, { from, in: ['Feed'] });
    const screened = await scenario.email({ from, in: ['Screener'] });
    const both = await scenario.email({ from, in: ['Feed', 'Inbox'] });
    const archived = await scenario.email({ from, in: ['Archive', 'Feed'] });
    const trashed = await scenario.email({ from, in: ['Feed', 'Trash'] });
    const others = await scenario.email({ from: 'xmoving@re.example', in: ['Feed'] });
    await account.moveEmail(first, { add: [scenario.mailboxId('@ToImbox')] });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ event: 'poll_complete', processed: 1, failed: 0 });
    expect(run.find('group_reassigned')).toMatchObject([
      { sender: 'moving@re.example', from: ['Feed'], to: 'Imbox' },
    ]);
    expect(run.find('emails_swept')).toContainEqual(
      expect.objectContaining({ from: ['Screener'], to: ['Inbox'], emails: 1 }),
    );
    expect(await scenario.groupsOf(uid)).toEqual(['Imbox']);
    expect(await places([first, ...inFeed, screened, both])).toEqual(
      Array.from({ length: 7 }, () => 'Inbox'),
    );
    expect(await places([archived, trashed, others])).toEqual([
      'Archive + Feed',
      'Feed + Trash',
      'Feed',
    ]);
    expect((await scenario.contactOf('moving@re.example')).href).toBe(contact.href);
  });

  test('re-triage: a sender in the right group and in a wrong one leaves the wrong one', async () => {
    const uid = 'in-two-groups';
    await account.putCard('two.vcf', cardOf(uid, 'Two', 'two@re.example'));
    await scenario.addMember('Jail', uid);
    await scenario.addMember('Feed', uid);
    const jailed = await scenario.email({ from: 'two@re.example', in: ['Jail'] });
    const labelled = await scenario.email({ from: 'two@re.example', in: ['@ToFeed'] });

    await mailroom.run();

    expect(await scenario.groupsOf(uid)).toEqual(['Feed']);
    expect(await places([jailed, labelled])).toEqual(['Feed', 'Feed']);
  });

  test('from company to person within Imbox: the group stays as it is', async () => {
    const from = 'Pat Roe <pat@re.example>';
    const first = await scenario.email({ from, in: ['Screener', '@ToImbox'] });
    await mailroom.run();
    const groupEtags = await readEtags(account);
    await account.moveEmail(first, { add: [scenario.mailboxId('@ToPerson')] });

    const run = await mailroom.run();

    const contact = await scenario.contactOf('pat@re.example');
    expect(run.find('group_reassigned')).toEqual([]);
    expect(await scenario.groupsOf(contact.value('UID') ?? '')).toEqual(['Imbox']);
    expect(await places([first])).toEqual(['Inbox']);
    expect(contact.value('NOTE')).toMatch(/: Imbox → Person$/u);
    const etags = await readEtags(account);
    const changed = Object.keys(etags).filter((href) => etags[href] !== groupEtags[href]);
    expect(changed).toEqual([contact.href]);
  });

  test('conflict: error label, nothing else; no write when nothing changed; heals by itself', async () => {
    const from = 'Torn <torn@re.example>';
    const feed = await scenario.email({ from, in: ['Screener', '@ToFeed'] });
    const jail = await scenario.email({ from, in: ['Screener', '@ToJail'] });
    const backlog = await scenario.email({ from, in: ['Screener'] });
    const fine = await scenario.email({ from: 'fine@re.example', in: ['Screener', '@ToFeed'] });

    const first = await mailroom.run();

    expect(first.end).toMatchObject({ event: 'poll_complete', conflicts: 1, processed: 1 });
    expect(first.exitCode).toBe(0);
    expect(first.find('conflict_detected')).toMatchObject([
      { level: 'warning', sender: 'torn@re.example', categories: ['Feed', 'Jail'] },
    ]);
    expect(await places([feed, jail, backlog, fine])).toEqual([
      '@MailroomError + @ToFeed + Screener',
      '@MailroomError + @ToJail + Screener',
      'Screener',
      'Feed',
    ]);
    await expect(scenario.contactOf('torn@re.example')).rejects.toThrow('0 cards');

    const before = [await scenario.whereabouts(), await readEtags(account)];
    if (isStandIn(account)) account.clearRequests();
    const repeated = await mailroom.run({ env: { MAILROOM_LOG_LEVEL: 'debug' } });

    expect(repeated.find('conflict_detected')).toMatchObject([{ level: 'info' }]);
    expect([await scenario.whereabouts(), await readEtags(account)]).toEqual(before);
    expect(recordedWrites(account)).toEqual([]);

    // One label is taken off, by the user; the email keeps the error label until all is well.
    await account.moveEmail(jail, { remove: [scenario.mailboxId('@ToJail')] });
    const healed = await mailroom.run();

    expect(healed.end).toMatchObject({ processed: 1, conflicts: 0 });
    expect(await places([feed, jail, backlog])).toEqual(['Feed', 'Feed', 'Feed']);
  });

  test('two labels on one email are a conflict, too; a third does not override it', async () => {
    const from = 'three@re.example';
    const two = await scenario.email({ from, in: ['@ToFeed', '@ToImbox', 'Screener'] });
    await mailroom.run();
    const third = await scenario.email({ from, in: ['@ToPaperTrail', 'Screener'] });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ conflicts: 1, processed: 0 });
    expect(await places([two, third])).toEqual([
      '@MailroomError + @ToFeed + @ToImbox + Screener',
      '@MailroomError + @ToPaperTrail + Screener',
    ]);

    const labels = ['@ToFeed', '@ToImbox'].map((name) => scenario.mailboxId(name));
    await account.moveEmail(two, { remove: labels });
    await mailroom.run();

    expect(await places([two, third])).toEqual(['Paper Trail', 'Paper Trail']);
  });

  test('a name that differs from the contact’s: warning label; off when the names are alike', async () => {
    await account.putCard('named.vcf', cardOf('named-card', 'Alice Example', 'named@re.example'));
    const other = await scenario.email({
      from: 'Mallory <named@re.example>',
      in: ['Screener', '@ToFeed'],
    });
    const older = await scenario.email({ from: 'named@re.example', in: ['Screener'] });

    const run = await mailroom.run();

    expect(run.find('name_mismatch_warning')).toMatchObject([
      { level: 'warning', sender: 'named@re.example' },
    ]);
    expect(await places([other, older])).toEqual(['@MailroomWarning + Feed', 'Feed']);
    expect((await scenario.contactOf('named@re.example')).value('FN')).toBe('Alice Example');

    const alike = await scenario.email({
      from: '" alice EXAMPLE " <named@re.example>',
      in: ['Screener', '@ToFeed'],
    });
    const second = await mailroom.run();

    expect(second.find('name_mismatch_warning')).toEqual([]);
    expect(await places([other, older, alike])).toEqual(['Feed', 'Feed', 'Feed']);
  });

  test('an email without a display name is no difference', async () => {
    await account.putCard('nameless.vcf', cardOf('nameless', 'Bob', 'nameless@re.example'));
    const id = await scenario.email({ from: 'nameless@re.example', in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run();

    expect(run.find('name_mismatch_warning')).toEqual([]);
    expect(await places([id])).toEqual(['Feed']);
  });

  test('warnings switched off: no label, no line', async () => {
    await account.putCard('quiet.vcf', cardOf('quiet', 'Carol', 'quiet@re.example'));
    const from = 'Carla <quiet@re.example>';
    const id = await scenario.email({ from, in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run({
      env: {
        MAILROOM_WARNINGS_ENABLED: 'false',
        MAILROOM_LABEL_MAILROOM_WARNING: 'no such mailbox',
      },
    });

    expect(run.end).toMatchObject({ event: 'poll_complete', processed: 1 });
    expect(run.find('name_mismatch_warning')).toEqual([]);
    expect(await places([id])).toEqual(['Feed']);
  });
});

describe('a re-triage as other clients see it', () => {
  test('the sender is in a group at every moment, and no email is in no mailbox', async () => {
    await onStandIn(programs, {}, async ({ account, scenario, mailroom }) => {
      const from = 'Seen <seen@re.example>';
      const first = await scenario.email({ from, in: ['Screener', '@ToFeed'] });
      await mailroom.run();
      await scenario.emails(3, { from, in: ['Feed'] });
      await account.moveEmail(first, { add: [scenario.mailboxId('@ToJail')] });
      const uid = (await scenario.contactOf('seen@re.example')).value('UID') ?? '';
      const seen: (readonly string[])[] = [];
      const homeless: string[] = [];
      account.faults.push({
        on: 'any',
        times: Infinity,
        fault: {
          kind: 'otherClient',
          async act() {
            seen.push(await scenario.groupsOf(uid));
            for (const { id, mailboxIds } of account.mail.emails.values()) {
              if (mailboxIds.size === 0) homeless.push(id);
            }
          },
        },
      });

      await mailroom.run();

      expect(await scenario.groupsOf(uid)).toEqual(['Jail']);
      expect(seen).toContainEqual(['Feed', 'Jail']);
      expect(seen).not.toContainEqual([]);
      expect(homeless).toEqual([]);
    });
  });
});

function cardOf(uid: string, name: string, address: string): string {
  return `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:${name}\r\nN:;;;;\r\nEMAIL:${address}\r\nEND:VCARD\r\n`;
}
