import type { StandIn } from '../support/stand-in/stand-in.ts';
import { arrangeScenario, type Scenario } from '../support/scenario.ts';

/** Emails by where they are: mailbox names joined with ` + `. */
export type Places = Readonly<Record<string, number>>;

/** One sender of the demo: what the account has before, and everything it must have afterwards. */
export interface DemoSender {
  readonly address: string;
  /** As on the wire. */
  readonly displayName: string;
  readonly before: Places;
  readonly after: Places;
  /** The contact group after the pass; null: in none. */
  readonly group: string | null;
  /** Lines that the sender's card has after the pass; null: there is no card. */
  readonly card: readonly string[] | null;
  /** The card that the user has already, between UID and END. */
  readonly existing?: { readonly group: string | null; readonly lines: readonly string[] };
  /** What is left alone, and why; the pass does not mention it. */
  readonly leftAlone?: string;
}

export const SENDERS: readonly DemoSender[] = [
  {
    address: 'jane@doe.example',
    displayName: 'Jane Doe',
    before: { Screener: 3, 'Screener + @ToPerson': 1 },
    after: { Inbox: 4 },
    group: 'Imbox',
    card: ['FN:Jane Doe', 'N:Doe;Jane;;;'],
  },
  {
    address: 'tom@reed.example',
    displayName: 'Tom Reed',
    before: { Screener: 2, 'Screener + @ToPerson': 1 },
    after: { Inbox: 2, 'Inbox + @MailroomWarning': 1 },
    group: 'Imbox',
    card: ['FN:Tom (landlord)', 'N:Reed;Tom;;;'],
    // What gets lost when a program parses a card and writes it again.
    existing: {
      group: null,
      lines: [
        'FN:Tom (landlord)',
        'N:Reed;Tom;;;',
        'BDAY;VALUE=text:around Easter 1950',
        'item1.EMAIL;TYPE=INTERNET;TYPE=pref:tom@reed.example',
        'item1.X-ABLabel:_$!<Other>!$_',
        String.raw`NOTE:Flat 3\; key at the bakery\, ring twice`,
      ],
    },
  },
  {
    address: 'hello@bakery.example',
    displayName: 'Corner Bakery',
    before: { Screener: 1, 'Screener + @ToImbox': 1 },
    after: { Inbox: 2 },
    group: 'Imbox',
    card: ['FN:Corner Bakery', 'ORG:Corner Bakery'],
  },
  {
    address: 'office@molar.example',
    displayName: '"Molar, Dentists"',
    before: { Screener: 2, 'Screener + @ToImbox': 1 },
    after: { Inbox: 3 },
    group: 'Imbox',
    card: [String.raw`FN:Molar\, Dentists`, String.raw`ORG:Molar\, Dentists`],
  },
  {
    address: 'digest@weekly.example',
    displayName: 'Weekly Digest',
    before: { Screener: 11, 'Screener + @ToFeed': 1 },
    after: { Feed: 12 },
    group: 'Feed',
    card: ['FN:Weekly Digest', 'ORG:Weekly Digest'],
  },
  {
    address: 'news@trail.example',
    displayName: 'Trail News',
    before: { Screener: 6, 'Screener + @ToFeed': 1 },
    after: { Feed: 7 },
    group: 'Feed',
    card: ['FN:Trail News', 'ORG:Trail News'],
  },
  {
    address: 'receipts@shop.example',
    displayName: 'Big Shop',
    before: { Screener: 7, 'Screener + @ToPaperTrail': 1, Archive: 2 },
    after: { 'Paper Trail': 8, Archive: 2 },
    group: 'Paper Trail',
    card: ['FN:Big Shop', 'ORG:Big Shop'],
    leftAlone: '2 emails stay in Archive',
  },
  {
    address: 'billing@water.example',
    displayName: 'City Water',
    before: { Screener: 4, 'Screener + @ToPaperTrail': 1 },
    after: { 'Paper Trail': 5 },
    group: 'Paper Trail',
    card: ['FN:City Water', 'ORG:City Water'],
  },
  {
    address: 'offers@deals.example',
    displayName: 'Mega Deals',
    before: { Screener: 14, 'Screener + @ToJail': 1, Trash: 3 },
    after: { Jail: 15, Trash: 3 },
    group: 'Jail',
    card: ['FN:Mega Deals', 'ORG:Mega Deals'],
    leftAlone: '3 emails stay in Trash',
  },
  {
    address: 'hi@gadget.example',
    displayName: 'Gadget Daily',
    before: { Feed: 4, 'Feed + @ToJail': 1 },
    after: { Jail: 5 },
    group: 'Jail',
    card: ['FN:Gadget Daily', 'ORG:Gadget Daily'],
    existing: {
      group: 'Feed',
      lines: [
        'FN:Gadget Daily',
        'N:;;;;',
        'ORG:Gadget Daily',
        'EMAIL;TYPE=INTERNET:hi@gadget.example',
        'NOTE:Added by Mailroom on 2026-01-09',
      ],
    },
  },
  {
    address: 'club@books.example',
    displayName: 'Book Circle',
    before: { Screener: 2, 'Screener + @ToFeed': 1, 'Screener + @ToImbox': 1 },
    after: {
      Screener: 2,
      'Screener + @ToFeed + @MailroomError': 1,
      'Screener + @ToImbox + @MailroomError': 1,
    },
    group: null,
    card: null,
  },
  {
    address: 'offers@deals.example.org',
    displayName: 'Mega Deals',
    before: { Screener: 2 },
    after: { Screener: 2 },
    group: null,
    card: null,
    leftAlone: 'no label: looks like offers@deals.example, is not',
  },
  {
    address: 'win@phish.example',
    displayName: '"offers@deals.example"',
    before: { Screener: 1 },
    after: { Screener: 1 },
    group: null,
    card: null,
    leftAlone: 'no label: calls itself offers@deals.example',
  },
  {
    address: 'mia@new.example',
    displayName: 'Mia New',
    before: { Screener: 3 },
    after: { Screener: 3 },
    group: null,
    card: null,
    leftAlone: 'no label: waits for your decision',
  },
];

/** The first pass carries out a decision; then the user takes it back with `@ToScreener`. */
export const TAKEN_BACK: DemoSender = {
  address: 'news@trail.example',
  displayName: 'Trail News',
  before: { Feed: 7 },
  after: { Screener: 7 },
  group: null,
  card: null,
};

/** All senders as they must be in the end. */
export const SENDERS_IN_THE_END: readonly DemoSender[] = SENDERS.map((sender) =>
  sender.address === TAKEN_BACK.address ? TAKEN_BACK : sender,
);

/** The account filled with the senders above. */
export interface DemoAccount {
  readonly scenario: Scenario;
  /** Ids of each sender's emails, by address. */
  readonly emailIds: ReadonlyMap<string, readonly string[]>;
  /** The user's own cards, by address, as the server gave them before the pass. */
  readonly cardsBefore: ReadonlyMap<string, string>;
}

/** Sets the stand-in up for Mailroom and delivers the demo's mail. */
export async function fillAccount(standIn: StandIn): Promise<DemoAccount> {
  const scenario = await arrangeScenario(standIn);
  await standIn.createMailbox('@ToScreener');
  const emailIds = new Map<string, readonly string[]>();
  const cardsBefore = new Map<string, string>();
  for (const [index, { address, displayName, before, existing }] of SENDERS.entries()) {
    const from = `${displayName} <${address}>`;
    const ids: string[] = [];
    for (const [place, count] of Object.entries(before)) {
      for (let n = 0; n < count; n += 1) {
        ids.push(await scenario.email({ from, in: place.split(' + ') }));
      }
    }
    emailIds.set(address, ids);
    if (existing !== undefined) {
      const uid = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
      const lines = ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, ...existing.lines, 'END:VCARD'];
      await standIn.putCard(`${uid}.vcf`, `${lines.join('\r\n')}\r\n`);
      if (existing.group !== null) await scenario.addMember(existing.group, uid);
      cardsBefore.set(address, (await scenario.contactOf(address)).card);
    }
  }
  return { scenario, emailIds, cardsBefore };
}
