import { beforeAll, expect, test } from 'vitest';

import { isStandIn, type MailroomRun, readEtags, recordedWrites } from '../support/run-mailroom.ts';
import { describeEachServer } from '../support/test-account.ts';
import { useScenario } from '../support/use-scenario.ts';

/** What each label means. */
const CATEGORIES: Readonly<Record<string, string>> = {
  '@ToImbox': 'Imbox',
  '@ToFeed': 'Feed',
  '@ToPaperTrail': 'Paper Trail',
  '@ToJail': 'Jail',
  '@ToPerson': 'Person',
};

/*
 * The scenario with the real program: twelve senders over all five labels, look-alikes beside
 * them, everything that is then on the server.
 */

interface SenderRow {
  readonly address: string;
  /** As on the wire. */
  readonly name: string;
  readonly label: string;
  readonly backlog: number;
  readonly group: string;
  readonly destination: string;
  /** UUIDv5 of `mailto:` + address, by another implementation (Python's uuid). */
  readonly uid: string;
  /** FN, N and ORG of the card as stored. */
  readonly card: readonly [fn: string, n: string, org: string | null];
}

const SENDERS: readonly SenderRow[] = [
  {
    address: 'hello@shop.example',
    name: 'The Shop',
    label: '@ToImbox',
    backlog: 3,
    group: 'Imbox',
    destination: 'Inbox',
    uid: 'f7e02198-59d6-567b-8729-12e66b079aae',
    card: ['The Shop', ';;;;', 'The Shop'],
  },
  {
    address: 'billing@utility.example',
    name: '',
    label: '@ToImbox',
    backlog: 5,
    group: 'Imbox',
    destination: 'Inbox',
    uid: '47dea0b9-4354-518e-9606-c3ae4f818f30',
    card: ['billing', ';;;;', 'billing'],
  },
  {
    address: 'team@club.example',
    name: '"Club; Chess, and more"',
    label: '@ToImbox',
    backlog: 8,
    group: 'Imbox',
    destination: 'Inbox',
    uid: 'a0c2aa9b-3028-51a6-ac76-a18c7a8af770',
    card: [String.raw`Club\; Chess\, and more`, ';;;;', String.raw`Club\; Chess\, and more`],
  },
  {
    address: 'news@daily.example',
    name: '=?utf-8?B?RMOkaWx5IE5ld3Mg8J+Tsw==?=',
    label: '@ToFeed',
    backlog: 25,
    group: 'Feed',
    destination: 'Feed',
    uid: '1e9b03d4-6b9b-5864-91a9-71aeec1fa306',
    card: ['Däily News 📳', ';;;;', 'Däily News 📳'],
  },
  {
    address: 'digest@weekly.example',
    name: 'Weekly Digest',
    label: '@ToFeed',
    backlog: 4,
    group: 'Feed',
    destination: 'Feed',
    uid: '67127470-ed9d-5672-8f82-c436ee0b1255',
    card: ['Weekly Digest', ';;;;', 'Weekly Digest'],
  },
  {
    address: 'updates@app.example',
    name: 'App',
    label: '@ToFeed',
    backlog: 12,
    group: 'Feed',
    destination: 'Feed',
    uid: '8f58b767-b411-5386-b5b1-9eb37f6925cb',
    card: ['App', ';;;;', 'App'],
  },
  {
    address: 'receipts@store.example',
    name: 'Store',
    label: '@ToPaperTrail',
    backlog: 7,
    group: 'Paper Trail',
    destination: 'Paper Trail',
    uid: 'a1f784d4-0102-5d4b-9a6b-6f66a8a1779b',
    card: ['Store', ';;;;', 'Store'],
  },
  {
    address: 'orders@market.example',
    name: 'Market',
    label: '@ToPaperTrail',
    backlog: 3,
    group: 'Paper Trail',
    destination: 'Paper Trail',
    uid: '8ddc1eb0-a4d1-569b-a3b1-fc10aa5c7dc6',
    card: ['Market', ';;;;', 'Market'],
  },
  {
    address: 'a@b.c',
    name: 'A',
    label: '@ToJail',
    backlog: 20,
    group: 'Jail',
    destination: 'Jail',
    uid: '71900bc2-4924-59c8-84a0-f98291b8b5ad',
    card: ['A', ';;;;', 'A'],
  },
  {
    address: 'winner@lottery.example',
    name: 'You won',
    label: '@ToJail',
    backlog: 6,
    group: 'Jail',
    destination: 'Jail',
    uid: '4113c6b3-0a0c-5712-8f9c-64cda094d021',
    card: ['You won', ';;;;', 'You won'],
  },
  {
    address: 'jane@home.example',
    name: 'Jane Doe',
    label: '@ToPerson',
    backlog: 10,
    group: 'Imbox',
    destination: 'Inbox',
    uid: '1a9876fd-2602-55ae-8da0-703c4338009c',
    card: ['Jane Doe', 'Doe;Jane;;;', null],
  },
  {
    address: 'john@work.example',
    name: '"Smith, John"',
    label: '@ToPerson',
    backlog: 15,
    group: 'Imbox',
    destination: 'Inbox',
    uid: 'b1b35263-6c0f-5279-b090-226a2cf547c8',
    card: [String.raw`Smith\, John`, 'Smith;John;;;', null],
  },
];

/** Emails that only look as if they were of `a@b.c`, who goes to Jail; and some of its own. */
const STAYING: readonly { readonly what: string; readonly from: string; readonly in: string[] }[] =
  [
    { what: 'the address within a longer local part', from: 'xa@b.c', in: ['Screener'] },
    { what: 'the address within a longer domain', from: 'a@b.c.org', in: ['Screener'] },
    { what: 'the address with a tag', from: 'a+tag@b.c', in: ['Screener'] },
    {
      what: 'the sender as second author',
      from: 'Other <other@b.example>, A <a@b.c>',
      in: ['Screener'],
    },
    {
      what: 'a display name that reads like the address',
      from: '"a@b.c" <phish@evil.example>',
      in: ['Screener'],
    },
    { what: "the sender's in the Trash", from: 'A <a@b.c>', in: ['Trash'] },
    { what: "the sender's in Trash and Screener", from: 'A <a@b.c>', in: ['Screener', 'Trash'] },
    { what: "the sender's in the Archive", from: 'A <a@b.c>', in: ['Archive'] },
    { what: "the sender's in Sent", from: 'A <a@b.c>', in: ['Sent'] },
    { what: "the sender's in the Inbox", from: 'A <a@b.c>', in: ['Inbox'] },
    { what: "somebody else's in the Screener", from: 'X <x@y.example>', in: ['Screener'] },
  ];

describeEachServer('twelve senders', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  let first: MailroomRun;
  let whereabouts: ReadonlyMap<string, string>;
  const own = new Map<string, readonly string[]>();
  const staying = new Map<string, string>();
  let archivedAndScreened: string;

  beforeAll(async () => {
    for (const { address, name, label, backlog } of SENDERS) {
      const from = `${name} <${address}>`.trim();
      const older = await scenario.emails(backlog, { from, in: ['Screener'] });
      own.set(address, [...older, await scenario.email({ from, in: ['Screener', label] })]);
    }
    for (const { what, from, in: mailboxes } of STAYING) {
      staying.set(what, await scenario.email({ from, in: mailboxes }));
    }
    archivedAndScreened = await scenario.email({
      from: 'A <a@b.c>',
      in: ['Archive', 'Screener'],
    });
    first = await mailroom.run();
    whereabouts = await scenario.whereabouts();
  });

  test('the pass is done, and says what it did', () => {
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.end).toMatchObject({
      event: 'poll_complete',
      level: 'info',
      triaged_senders: 12,
      processed: 12,
      failed: 0,
      conflicts: 0,
      emails_swept: 118 + 12 + 1,
    });
    expect(first.find('contact_upserted')).toHaveLength(12);
    expect(first.find('triage_complete')).toHaveLength(12);
  });

  test.each(SENDERS)('$address: every email is in $destination and nowhere else', (row) => {
    const places = (own.get(row.address) ?? []).map((id) => whereabouts.get(id));

    expect(places).toEqual(Array.from({ length: row.backlog + 1 }, () => row.destination));
  });

  test.each(SENDERS)('$address: in the group $group and in no other', async ({ uid, group }) => {
    expect(await scenario.groupsOf(uid)).toEqual([group]);
  });

  test('the groups hold these members and nobody else', async () => {
    const expected = new Map(
      ['Imbox', 'Feed', 'Paper Trail', 'Jail'].map((name) => [name, [] as string[]]),
    );
    for (const { group, uid } of SENDERS) expected.get(group)?.push(uid);
    const found = await scenario.groups();

    expect(new Set(found.keys())).toEqual(new Set(expected.keys()));
    for (const [name, uids] of expected) {
      expect(new Set(found.get(name))).toEqual(new Set(uids));
    }
  });

  test.each(SENDERS)('$address: the card has these lines and no other', async (row) => {
    const contact = await scenario.contactOf(row.address);
    const [fullName, name, organization] = row.card;
    const properties = contact.lines.map(({ group, name: property, parameters, value }) => {
      const before = group === null ? property : `${group}.${property}`;
      return [[before, ...parameters].join(';').toUpperCase(), value];
    });

    expect(contact.href).toMatch(new RegExp(`/Default/${row.uid}\\.vcf$`, 'u'));
    expect(properties.filter(([property]) => property !== 'REV')).toEqual([
      ['BEGIN', 'VCARD'],
      ['VERSION', '3.0'],
      ['UID', row.uid],
      ['FN', fullName],
      ['N', name],
      ...(organization === null ? [] : [['ORG', organization]]),
      ['EMAIL;TYPE=INTERNET', row.address],
      [
        'NOTE',
        `Mailroom ${first.lines[0]?.timestamp.slice(0, 10)}: ${CATEGORIES[row.label]} (contact added)`,
      ],
      ['END', 'VCARD'],
    ]);
  });

  test.each(STAYING)('stays where it was: $what', ({ what, in: mailboxes }) => {
    expect(whereabouts.get(staying.get(what) ?? '')).toBe(mailboxes.toSorted().join(' + '));
  });

  test('an archived email that is in Screener as well is swept, and stays archived', () => {
    expect(whereabouts.get(archivedAndScreened)).toBe('Archive + Jail');
  });

  test('no contact is made for anybody else', async () => {
    expect(await scenario.contacts()).toHaveLength(12);
  });

  test('a second pass writes nothing', async () => {
    const cards = await readEtags(account);
    if (isStandIn(account)) account.clearRequests();

    const second = await mailroom.run();

    expect(second.end).toMatchObject({ event: 'poll_complete', triaged_senders: 0 });
    expect(await scenario.whereabouts()).toEqual(whereabouts);
    expect(await readEtags(account)).toEqual(cards);
    expect(recordedWrites(account)).toEqual([]);
    expect(second.end['http_requests']).toBe(2);
  });
});
