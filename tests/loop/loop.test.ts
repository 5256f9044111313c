import { beforeAll, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import type { LogLine } from '../support/run-mailroom.ts';
import { runSetupJson, setupEnvironment } from '../support/run-setup.ts';
import { parseSetupRules } from '../support/server-rules.ts';
import { describeEachServer } from '../support/test-account.ts';
import { contactCard } from '../support/torture-account.ts';
import { useScenario } from '../support/use-scenario.ts';

/*
 * The whole loop: mail comes in, the server's rules sort it, the user puts a label on, a pass runs,
 * and the sender's next email arrives where it was decided. The rules are the ones that setup
 * prints.
 */

interface Row {
  readonly what: string;
  /** From, as written; in the next email too, unless `next` says otherwise. */
  readonly from: string;
  readonly next?: string;
  /** Lines of a card that the user has from the beginning. */
  readonly card?: readonly string[];
  /** Where the first email arrives. */
  readonly before: string;
  /** Where it arrives on the newest Cyrus, if that differs. */
  readonly beforeOnNewest?: string;
  /**
   * What the user does, step by step: a label on the newest email, and where the next one then
   * arrives.
   */
  readonly decisions: readonly { readonly label: string; readonly after: string }[];
}

const DEFAULT_ROWS: readonly Row[] = [
  ...[
    ['@ToImbox', 'Inbox'],
    ['@ToPerson', 'Inbox'],
    ['@ToFeed', 'Feed'],
    ['@ToPaperTrail', 'Paper Trail'],
    ['@ToJail', 'Jail'],
  ].map(([label = '', after = '']) => ({
    what: `a new sender, ${label}`,
    from: `Somebody <new@${label.slice(1).toLowerCase()}.example>`,
    before: 'Screener',
    decisions: [{ label, after }],
  })),
  {
    what: 'its next email has the address in capitals and another name',
    from: 'Letters <letters@case.example>',
    next: 'Other <LETTERS@Case.Example>',
    before: 'Screener',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'its next email has no angle brackets',
    from: '"Bare, The" <bare@plain.example>',
    next: 'bare@plain.example',
    before: 'Screener',
    decisions: [{ label: '@ToJail', after: 'Jail' }],
  },
  {
    what: 'the user changes their mind: Feed, then Jail, then Imbox, then Paper Trail',
    from: 'Fickle <fickle@mind.example>',
    before: 'Screener',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToJail', after: 'Jail' },
      { label: '@ToImbox', after: 'Inbox' },
      { label: '@ToPaperTrail', after: 'Paper Trail' },
    ],
  },
  {
    what: 'taken back: its next email waits in Screener, and may be decided on again',
    from: 'Second Thoughts <second@thoughts.example>',
    before: 'Screener',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToScreener', after: 'Screener' },
      { label: '@ToJail', after: 'Jail' },
      { label: '@ToScreener', after: 'Screener' },
    ],
  },
  {
    what: 'taken back out of Inbox, a person',
    from: '"Doe, Jane" <jane@thoughts.example>',
    before: 'Screener',
    decisions: [
      { label: '@ToPerson', after: 'Inbox' },
      { label: '@ToScreener', after: 'Screener' },
    ],
  },
  {
    what: 'taken back, but a contact of the user’s own: the card stays, and so it is not screened',
    from: 'Kept <kept@mine.example>',
    card: ['FN:Kept', 'N:;;;;', 'EMAIL:kept@mine.example'],
    before: 'Inbox',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToScreener', after: 'Inbox' },
    ],
  },
  {
    what: 'taken back with all addresses of its card, which stays',
    from: 'Both <here@both.example>',
    next: 'Both <there@both.example>',
    card: ['FN:Both', 'N:;;;;', 'EMAIL:here@both.example', 'EMAIL:there@both.example'],
    before: 'Inbox',
    decisions: [
      { label: '@ToJail', after: 'Jail' },
      { label: '@ToScreener', after: 'Inbox' },
    ],
  },
  {
    what: 'taken back, though nobody had decided',
    from: 'Never <never@thoughts.example>',
    before: 'Screener',
    decisions: [{ label: '@ToScreener', after: 'Screener' }],
  },
  {
    what: 'company, then person: the mail stays in Inbox',
    from: 'Pat <pat@mind.example>',
    before: 'Screener',
    decisions: [
      { label: '@ToImbox', after: 'Inbox' },
      { label: '@ToPerson', after: 'Inbox' },
    ],
  },
  {
    what: 'a contact of the user’s own is not screened, and is sorted once it has a label',
    from: 'Old Friend <friend@mine.example>',
    card: ['FN:Old Friend', 'N:;;;;', 'EMAIL;TYPE=HOME:friend@mine.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'a contact whose address has a label of its own (item1.EMAIL)',
    from: 'item@mine.example',
    card: ['FN:Item', 'N:;;;;', 'item1.EMAIL:Item@Mine.example', 'item1.X-ABLabel:work'],
    before: 'Inbox',
    decisions: [{ label: '@ToPaperTrail', after: 'Paper Trail' }],
  },
  {
    what: 'a contact with two addresses: the label on mail of one sorts mail of the other',
    from: 'Two <one@two.example>',
    next: 'Two <other@two.example>',
    card: ['FN:Two', 'N:;;;;', 'EMAIL:one@two.example', 'EMAIL:other@two.example'],
    before: 'Inbox',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToJail', after: 'Jail' },
    ],
  },
  {
    what: 'a contact whose UID is in capitals',
    from: 'capitals@mine.example',
    card: ['UID:UPPER-CASE-UID', 'FN:Capitals', 'N:;;;;', 'EMAIL:capitals@mine.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'a contact whose UID begins with urn:uuid:',
    from: 'urn@mine.example',
    card: ['UID:urn:uuid:with-a-prefix', 'FN:Urn', 'N:;;;;', 'EMAIL:urn@mine.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToJail', after: 'Jail' }],
  },
  {
    what: 'a pattern on a card of the user’s own: everybody there is a contact, until a label is on',
    from: 'One <one@pattern.example>',
    card: ['FN:All', 'N:;;;;', 'EMAIL:*@pattern.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'a pattern for subdomains on a card of the user’s own',
    from: 'One <one@sub.wide.example>',
    card: ['FN:Wide', 'N:;;;;', 'EMAIL:*@*.wide.example'],
    before: 'Inbox',
    decisions: [{ label: '@ToJail', after: 'Jail' }],
  },
  {
    what: 'an address with a name beside it on a card',
    from: 'Named <named@mine.example>',
    card: ['FN:Named', 'N:;;;;', 'EMAIL:Named <named@mine.example>'],
    before: 'Inbox',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'an address on a card that no rule finds there (mailto:)',
    from: 'Linked <linked@mine.example>',
    card: ['FN:Linked', 'N:;;;;', 'EMAIL:mailto:linked@mine.example'],
    before: 'Screener',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
  {
    what: 'an address on a card that no rule finds there (second of a list)',
    from: 'Second <second@mine.example>',
    card: ['FN:Second', 'N:;;;;', String.raw`EMAIL:first@mine.example\, second@mine.example`],
    before: 'Screener',
    decisions: [
      { label: '@ToFeed', after: 'Feed' },
      { label: '@ToJail', after: 'Jail' },
    ],
  },
  {
    what: 'an address on a card that no rule finds there (a domain in letters)',
    from: 'Letters <post@xn--mnchen-3ya.example>',
    card: ['FN:Letters', 'N:;;;;', 'EMAIL:post@münchen.example'],
    before: 'Screener',
    beforeOnNewest: 'Inbox',
    decisions: [{ label: '@ToPaperTrail', after: 'Paper Trail' }],
  },
  {
    what: 'a domain in letters, as its ASCII form',
    from: 'Buch <post@xn--bcher-kva.example>',
    before: 'Screener',
    decisions: [{ label: '@ToFeed', after: 'Feed' }],
  },
];

/** Ways to write From that imitate a sender who was decided on. They stay in Screener. */
const STRANGERS: readonly string[] = [
  'Nobody <nobody@else.example>',
  'xnew@tofeed.example',
  'new@tofeed.example.attacker.example',
  'new@sub.tofeed.example',
  'new+tag@tofeed.example',
  'ne.w@tofeed.example',
  '"new@tofeed.example" <x@attacker.example>',
  '"new"@attacker.example',
  'x@attacker.example (new@tofeed.example)',
  '<@tofeed.example:x@attacker.example>',
  '*@tofeed.example',
  'x@attacker.example\r\nFrom: new@tofeed.example',
  'new@tofeed.example\r\nFrom: x@attacker.example',
];

/**
 * In these the server reads the sender's address, so its rules file them as the sender's. Mailroom
 * does not: it neither decides by them nor sweeps them.
 */
const MISREAD_BY_THE_SERVER: readonly string[] = [
  'new@tofeed.example <x@attacker.example>',
  '<new@tofeed.example_x.attacker.example>',
  '<new@tofeed.example/x.attacker.example>',
  '=?utf-8?q?new=40tofeed=2Eexample?= <x@attacker.example>',
  'x@attacker.example, new@tofeed.example',
];

describeEachServer('the next email', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  const seen = new Map<string, readonly (string | undefined)[]>();
  /** Reads the last line of the pass, and checks it. */
  const passes: (readonly [LogLine, object])[] = [];
  const waiting = new Map<string, string>();
  const notSwept = new Map<string, string | undefined>();
  const strangers = new Map<string, readonly (string | undefined)[]>();

  beforeAll(async () => {
    await makeRules(account);
    for (const { from, card } of DEFAULT_ROWS) {
      if (card === undefined) continue;
      const uid = Buffer.from(from).toString('hex').slice(0, 24);
      const own = card.some((line) => line.startsWith('UID:')) ? [] : [`UID:${uid}`];
      await account.putCard(
        `${uid}.vcf`,
        contactCard('', [...own, ...card]).replace('UID:\r\n', ''),
      );
    }
    const place = async (from: string): Promise<readonly [string, string | undefined]> => {
      const id = await account.deliverEmail({ from });
      return [id, (await scenario.places([id]))[0]];
    };
    for (const from of [...STRANGERS, ...MISREAD_BY_THE_SERVER]) {
      const [id, before] = await place(from);
      waiting.set(from, id);
      strangers.set(from, [before]);
    }
    const newest = new Map<string, string>();
    for (const { what, from } of DEFAULT_ROWS) {
      const [id, before] = await place(from);
      newest.set(what, id);
      seen.set(what, [before]);
    }
    for (
      let round = 0;
      DEFAULT_ROWS.some(({ decisions }) => decisions.length > round);
      round += 1
    ) {
      const rows = DEFAULT_ROWS.filter(({ decisions }) => decisions.length > round);
      for (const { what, decisions } of rows) {
        const label = await account.createMailbox(decisions[round]?.label ?? '');
        await account.moveEmail(newest.get(what) ?? '', { add: [label] });
      }
      const { end } = await mailroom.run();
      passes.push([end, { event: 'poll_complete', processed: rows.length, failed: 0 }]);
      for (const { what, from, next = from } of rows) {
        const [id, after] = await place(next);
        newest.set(what, id);
        seen.set(what, [...(seen.get(what) ?? []), after]);
      }
    }
    for (const [from, id] of waiting) {
      notSwept.set(from, (await scenario.places([id]))[0]);
      strangers.set(from, [...(strangers.get(from) ?? []), (await place(from))[1]]);
    }
  }, 300_000);

  test('every pass is done, and took every label', () => {
    expect(passes).toHaveLength(4);
    for (const [end, wanted] of passes) expect(end).toMatchObject(wanted);
  });

  test.each(DEFAULT_ROWS)('$what', ({ what, before, beforeOnNewest = before, decisions }) => {
    const first = account.kind === 'cyrus-new' ? beforeOnNewest : before;

    expect(seen.get(what)).toEqual([first, ...decisions.map(({ after }) => after)]);
  });

  test.each(STRANGERS)('%j is as unknown as before', (from) => {
    expect(strangers.get(from)).toEqual(['Screener', 'Screener']);
  });

  test.each(MISREAD_BY_THE_SERVER)('%j is filed by the server, as its sender is', (from) => {
    expect(strangers.get(from)).toEqual(['Screener', 'Feed']);
  });

  test.each([...STRANGERS, ...MISREAD_BY_THE_SERVER])('%j was not swept', (from) => {
    expect(notSwept.get(from)).toBe('Screener');
  });
});

const CATEGORIES = JSON.stringify([
  'Imbox',
  'Feed',
  'Paper Trail',
  { name: 'Receipts', parent: 'Paper Trail' },
  { name: 'Family', parent: 'Imbox', contactType: 'person' },
  { name: 'Alerts', parent: 'Feed', addToInbox: true },
  { name: 'News', destinationMailbox: 'Reading/News', addToInbox: true },
  { name: 'Local', parent: 'News' },
]);

const CATEGORY_ROWS: readonly (readonly [
  category: string,
  decisions: readonly (readonly [label: string, after: string])[],
])[] = [
  ['a child goes to its parent’s place too', [['@ToReceipts', 'Paper Trail + Receipts']]],
  ['a child of Imbox stays in Inbox', [['@ToFamily', 'Family + Inbox']]],
  [
    'addToInbox stays in Inbox, although its parent does not',
    [['@ToAlerts', 'Alerts + Feed + Inbox']],
  ],
  ['addToInbox, in a mailbox within another', [['@ToNews', 'Inbox + Reading/News']]],
  ['addToInbox is not inherited', [['@ToLocal', 'Local + Reading/News']]],
  [
    'from a child to its parent, and back',
    [
      ['@ToReceipts', 'Paper Trail + Receipts'],
      ['@ToPaperTrail', 'Paper Trail'],
      ['@ToReceipts', 'Paper Trail + Receipts'],
    ],
  ],
  [
    'from one child to another’s, and out',
    [
      ['@ToReceipts', 'Paper Trail + Receipts'],
      ['@ToLocal', 'Local + Reading/News'],
      ['@ToImbox', 'Inbox'],
    ],
  ],
];

describeEachServer('the next email, by categories of one’s own', ({ open }) => {
  const { account, mailroom } = useScenario(open, { MAILROOM_CATEGORIES: CATEGORIES });
  const paths = new Map<string, string>();

  beforeAll(async () => {
    await makeRules(account, { MAILROOM_CATEGORIES: CATEGORIES });
    const places = ['Receipts', 'Family', 'Alerts', 'Reading/News', 'Local', 'Feed', 'Paper Trail'];
    const labels = CATEGORY_ROWS.flatMap(([, decisions]) => decisions.map(([label]) => label));
    for (const path of ['Inbox', 'Screener', ...places, ...labels]) {
      paths.set(path, await account.mailboxId(path));
    }
  });

  const deliver = async (from: string): Promise<readonly [string, string]> => {
    const id = await account.deliverEmail({ from });
    const ids = (await account.emails()).get(id)?.mailboxIds ?? new Set();
    const found = [...paths].filter(([, mailboxId]) => ids.has(mailboxId)).map(([path]) => path);
    return [id, found.toSorted().join(' + ')];
  };

  test.each(CATEGORY_ROWS)('%s', async (what, decisions) => {
    const from = `Sender <${Buffer.from(what).toString('hex').slice(0, 40)}@own.example>`;
    let [id, place] = await deliver(from);
    const seen = [place];
    for (const [label] of decisions) {
      await account.moveEmail(id, { add: [paths.get(label) ?? ''] });
      await mailroom.run();
      [id, place] = await deliver(from);
      seen.push(place);
    }
    expect(seen).toEqual(['Screener', ...decisions.map(([, after]) => after)]);
  });
});

/** Makes the rules that setup prints, as a user makes them by hand. */
async function makeRules(
  account: Parameters<typeof setupEnvironment>[0],
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { env, remove } = await setupEnvironment(account);
  const { report } = await runSetupJson(builtPrograms(), { ...env, ...settings }, '--apply');
  await remove();
  await account.setRules(parseSetupRules(report.rules));
}
