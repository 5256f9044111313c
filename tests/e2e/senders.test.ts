import { describe, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { isStandIn, readEtags, recordedWrites } from '../support/run-mailroom.ts';
import { type Scenario } from '../support/scenario.ts';
import { onStandIn } from '../support/run-mailroom-on-stand-in.ts';
import { describeEachServer } from '../support/test-account.ts';
import { useScenario, withScenario } from '../support/use-scenario.ts';

/* Who is one sender, where their contact may be, and what groups may look like. */

const programs = builtPrograms();

describeEachServer('senders, contacts and groups', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  const places: Scenario['places'] = (ids) => scenario.places(ids);

  test('an email without sender: error label, triage label kept, the pass succeeds', async () => {
    const withoutFrom = await scenario.email({ from: null, in: ['Screener', '@ToFeed'] });
    const unusable = await scenario.email({ from: 'Nobody <>', in: ['Screener', '@ToFeed'] });
    const fine = await scenario.email({ from: 'fine@s.example', in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run();

    expect(run.exitCode).toBe(0);
    expect(run.end).toMatchObject({ event: 'poll_complete', processed: 1, failed: 0 });
    const missing = run.find('email_missing_sender');
    expect(missing.map(({ level, ...fields }) => [level, fields['reason']])).toEqual([
      ['warning', 'no address'],
      ['warning', 'no address'],
    ]);
    expect(await places([withoutFrom, unusable, fine])).toEqual([
      '@MailroomError + @ToFeed + Screener',
      '@MailroomError + @ToFeed + Screener',
      'Feed',
    ]);

    if (isStandIn(account)) account.clearRequests();
    const etags = await readEtags(account);
    const whereabouts = await scenario.whereabouts();
    const second = await mailroom.run();

    expect(second.end).toMatchObject({ event: 'poll_complete', emails_without_sender: 2 });
    expect(second.find('email_missing_sender').map(({ level }) => level)).toEqual(['info', 'info']);
    expect(recordedWrites(account)).toEqual([]);
    expect([await readEtags(account), await scenario.whereabouts()]).toEqual([etags, whereabouts]);
    for (const id of [withoutFrom, unusable]) await account.deleteEmail(id);
  });

  test('a stranger who would pass for a contact is nobody, and is not swept', async () => {
    const contact = await scenario.email({ from: 'v@bank.example', in: ['Screener', '@ToFeed'] });
    const strangers = [
      'v@bank.example <x@y.example>',
      '<v@bank.example_x.y.example>',
      'x@y.example\r\nFrom: v@bank.example',
    ];
    const swept = await Promise.all(
      strangers.map((from) => scenario.email({ from, in: ['Screener'] })),
    );
    const pattern = await scenario.email({ from: '<*@bank.example>', in: ['Screener', '@ToJail'] });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ event: 'poll_complete', triaged_senders: 1, emails_swept: 1 });
    expect(run.find('email_missing_sender')).toMatchObject([{ reason: 'address with *' }]);
    expect(await places([contact, pattern, ...swept])).toEqual([
      'Feed',
      '@MailroomError + @ToJail + Screener',
      ...strangers.map(() => 'Screener'),
    ]);
    for (const id of [pattern, ...swept]) await account.deleteEmail(id);
  });

  test('letter case makes no second sender: one contact, all emails', async () => {
    const ids = [
      await scenario.email({ from: 'Casey@Mixed.Example', in: ['Screener', '@ToFeed'] }),
      await scenario.email({ from: 'casey@mixed.example', in: ['Screener', '@ToFeed'] }),
      await scenario.email({ from: 'CASEY@MIXED.EXAMPLE', in: ['Screener'] }),
    ];

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ triaged_senders: 1, processed: 1, emails_swept: 3 });
    expect(await places(ids)).toEqual(['Feed', 'Feed', 'Feed']);
    const contact = await scenario.contactOf('casey@mixed.example');
    expect(contact.value('UID')).toBe('b7620069-d868-596e-bda1-d0e1810089dd');
    expect(contact.value('EMAIL')).toBe('casey@mixed.example');
  });

  test('letter case of the address on a card makes no second contact', async () => {
    await account.putCard('shout.vcf', cardOf('shout', 'Shout', 'SHOUT@Card.Example'));
    await scenario.email({ from: 'shout@card.example', in: ['Screener', '@ToFeed'] });

    await mailroom.run();

    expect((await scenario.contactOf('shout@card.example')).value('UID')).toBe('shout');
  });

  test('a domain in letters and in ASCII form is one: the contact is found', async () => {
    await account.putCard('idn.vcf', cardOf('idn-card', 'Bücher', 'user@bücher.example'));
    const id = await scenario.email({
      from: 'user@XN--BCHER-KVA.example',
      in: ['Screener', '@ToFeed'],
    });
    const count = (await scenario.contacts()).length;

    const run = await mailroom.run();

    expect(run.find('contact_upserted')).toMatchObject([{ result: 'updated' }]);
    expect(await places([id])).toEqual(['Feed']);
    expect(await scenario.contacts()).toHaveLength(count);
    expect(await scenario.groupsOf('idn-card')).toEqual(['Feed']);
  });

  test('a contact in a second address book is completed there, and joins the group', async () => {
    const book = await account.createAddressBook('Second');
    const card = cardOf('second-book', 'Second', 'second@book.example');
    const href = await account.putCard('second.vcf', card, book);
    await scenario.email({ from: 'second@book.example', in: ['Screener', '@ToJail'] });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ processed: 1, failed: 0 });
    const contact = await scenario.contactOf('second@book.example');
    expect(contact.href).toBe(href);
    expect(contact.value('NOTE')).toMatch(/^Mailroom \d{4}-\d\d-\d\d: \S.*$/u);
    expect(await scenario.groupsOf('second-book')).toEqual(['Jail']);
  });

  test('two contacts with the address: the one in a triage group; the other stays as it is', async () => {
    await account.putCard('a-first.vcf', cardOf('dup-first', 'Twin', 'twin@dup.example'));
    const grouped = cardOf('dup-grouped', 'Twin', 'twin@dup.example');
    await account.putCard('z-second.vcf', grouped);
    await scenario.addMember('Feed', 'dup-grouped');
    await scenario.email({ from: 'twin@dup.example', in: ['Screener', '@ToPaperTrail'] });

    const run = await mailroom.run();

    expect(run.find('duplicate_contacts')).toMatchObject([
      { level: 'warning', sender: 'twin@dup.example' },
    ]);
    expect(await scenario.groupsOf('dup-grouped')).toEqual(['Paper Trail']);
    expect(await scenario.groupsOf('dup-first')).toEqual([]);
    const notes = new Map(
      (await scenario.contacts()).map((contact) => [contact.value('UID'), contact.value('NOTE')]),
    );
    expect(notes.get('dup-first')).toBeNull();
    expect(notes.get('dup-grouped')).toMatch(/^Mailroom \d{4}-\d\d-\d\d: Feed → Paper Trail$/u);
  });

  test('a UID that begins with urn:uuid: is a member exactly as it stands on the card', async () => {
    const uid = 'urn:uuid:0b6e2f1c-9f43-4c1a-8a54-0d3f5d0c7a11';
    await account.putCard('urn.vcf', cardOf(uid, 'Urn', 'urn@card.example'));
    await scenario.email({ from: 'urn@card.example', in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ processed: 1, failed: 0 });
    const cards = [...(await account.cards()).values()].map(({ card }) => card).join('');
    // Servers take one prefix off and compare exactly.
    expect(cards.replace(/\r\n[ \t]/gu, '')).toContain(`MEMBER:urn:uuid:${uid}`);
  });

  test('a resource that holds two vCards: the right one joins, and no third is made', async () => {
    const pair = ['one', 'two'].map((n) => cardOf(`pair-${n}`, 'Pair', `pair-${n}@card.example`));
    const href = await account.putCard('pair.vcf', pair.join(''));
    const count = (await scenario.contacts()).length;
    const id = await scenario.email({
      from: 'pair-two@card.example',
      in: ['Screener', '@ToFeed'],
    });

    const run = await mailroom.run();

    expect(run.end).toMatchObject({ processed: 1, failed: 0 });
    expect(await places([id])).toEqual(['Feed']);
    expect(await scenario.groupsOf('pair-two')).toEqual(['Feed']);
    expect(await scenario.groupsOf('pair-one')).toEqual([]);
    expect(await scenario.contacts()).toHaveLength(count);
    const [first = '', second = ''] = (await account.cards()).get(href)?.card.split('END:') ?? [];
    expect([first, second].map((card) => card.includes('NOTE:Mailroom '))).toEqual([false, true]);
  });
});

describe('a domain in letters, in From', () => {
  test('is the same sender as its ASCII form', async () => {
    await onStandIn(programs, {}, async ({ account, scenario, mailroom }) => {
      await scenario.email({ from: 'User <user@letters.example>', in: ['Screener', '@ToFeed'] });
      await scenario.email({ from: 'User <user@xn--bcher-kva.example>', in: ['Screener'] });
      // A server that knows SMTPUTF8 (RFC 6532) gives letters as they are; Cyrus turns them into X.
      account.faults.push({
        on: 'Email/get',
        times: Infinity,
        fault: {
          kind: 'replaceJson',
          change: (json) =>
            JSON.parse(JSON.stringify(json).replaceAll('letters.example', 'bücher.example')),
        },
      });

      const run = await mailroom.run();

      expect(run.end).toMatchObject({ triaged_senders: 1, processed: 1, emails_swept: 2 });
      expect(new Set((await scenario.whereabouts()).values())).toEqual(new Set(['Feed']));
      const contact = await scenario.contactOf('user@xn--bcher-kva.example');
      expect(contact.value('UID')).toBe('9d510710-d819-560b-a590-c0789f8392de');
    });
  });
});

describeEachServer('group cards', ({ open }) => {
  test.each([
    {
      what: 'names in lower case',
      card: [
        'begin:vcard',
        'version:3.0',
        'uid:group-low',
        'fn:Letters',
        'n:Letters;;;;',
        'x-addressbookserver-kind:group',
        'x-addressbookserver-member:urn:uuid:already-there',
        'end:vcard',
      ],
    },
    {
      what: 'names and values in upper case',
      card: [
        'BEGIN:VCARD',
        'VERSION:3.0',
        'UID:GROUP-UP',
        'FN:Letters',
        'N:Letters;;;;',
        'X-ADDRESSBOOKSERVER-KIND:GROUP',
        'X-ADDRESSBOOKSERVER-MEMBER:URN:UUID:ALREADY-THERE',
        'END:VCARD',
      ],
    },
    {
      what: 'KIND and MEMBER of vCard 4.0',
      card: [
        'BEGIN:VCARD',
        'VERSION:4.0',
        'UID:group-four',
        'FN:Letters',
        'N:Letters;;;;',
        'KIND:group',
        'MEMBER:urn:uuid:already-there',
        'END:VCARD',
      ],
    },
  ])('$what: the group is found, joined, and keeps its members', async ({ card }) => {
    const settings = { MAILROOM_GROUP_FEED: 'Letters' };
    await withScenario(open, settings, async ({ account, scenario, mailroom }) => {
      await account.putCard('letters.vcf', `${card.join('\r\n')}\r\n`);
      await account.createMailbox('Letters');
      await account.putCard('there.vcf', cardOf('already-there', 'There', 'there@g.example'));
      await scenario.email({ from: 'there@g.example', in: ['Screener', '@ToFeed'] });
      await scenario.email({ from: 'new@fresh.example', in: ['Screener', '@ToFeed'] });

      const run = await mailroom.run();

      expect(run.end).toMatchObject({ event: 'poll_complete', processed: 2, failed: 0 });
      expect((await scenario.groups()).get('Letters')?.toSorted()).toEqual([
        '0797d84b-6ef9-5818-9bc0-6b4a214e26f7',
        'already-there',
      ]);
    });
  });
});

function cardOf(uid: string, name: string, address: string): string {
  return `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:${name}\r\nN:;;;;\r\nEMAIL:${address}\r\nEND:VCARD\r\n`;
}

test('the own address is nobody, also where the session is remembered', async () => {
  const standIn = { username: 'me@home.example' };
  await onStandIn(programs, { standIn }, async ({ account, scenario, mailroom }) => {
    await mailroom.run();
    account.clearRequests();
    const id = await scenario.email({ from: 'Me <ME@Home.example>', in: ['Screener', '@ToFeed'] });

    const run = await mailroom.run();

    expect(account.requests.map(({ kind }) => kind)).toContain('jmap');
    expect(account.requests.map(({ kind }) => kind)).not.toContain('session');
    expect(run.find('email_missing_sender')).toMatchObject([{ reason: 'own address' }]);
    expect((await scenario.whereabouts()).get(id)).toBe('@MailroomError + @ToFeed + Screener');
  });
});
