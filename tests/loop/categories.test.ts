import { beforeAll, expect, test } from 'vitest';

import type { LogLine } from '../support/run-mailroom.ts';
import { describeEachServer } from '../support/test-account.ts';
import { useScenario } from '../support/use-scenario.ts';
import { goAround } from './go-around.ts';
import { makeRules } from './make-rules.ts';

/* The whole loop with categories of one's own: parents, `addToInbox`, a mailbox within another. */

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

const PLACES: readonly string[] = [
  'Inbox',
  'Screener',
  'Feed',
  'Paper Trail',
  'Receipts',
  'Family',
  'Alerts',
  'Local',
  'Reading/News',
];

describeEachServer('the next email, by categories of one’s own', ({ open }) => {
  const { account, mailroom } = useScenario(open, { MAILROOM_CATEGORIES: CATEGORIES });
  /** The last line of each pass, and what it has to say. */
  const passes: (readonly [LogLine, object])[] = [];
  let seen: ReadonlyMap<string, readonly (string | undefined)[]> = new Map();

  beforeAll(async () => {
    await makeRules(account, { MAILROOM_CATEGORIES: CATEGORIES });
    const paths = await account.mailboxIds(PLACES);
    const travellers = CATEGORY_ROWS.map(([what, decisions]) => ({
      what,
      from: `Sender <${Buffer.from(what).toString('hex').slice(0, 40)}@own.example>`,
      labels: decisions.map(([label]) => label),
    }));
    seen = await goAround(travellers, {
      account,
      async placesOf(ids) {
        const emails = await account.emails();
        return ids.map((id) => {
          const mailboxIds = emails.get(id)?.mailboxIds ?? new Set();
          const found = [...paths].filter(([, mailboxId]) => mailboxIds.has(mailboxId));
          return found
            .map(([path]) => path)
            .toSorted()
            .join(' + ');
        });
      },
      async pass(senders) {
        const { end } = await mailroom.run();
        passes.push([end, { event: 'poll_complete', processed: senders, failed: 0 }]);
      },
    });
  }, 300_000);

  test('every pass is done, and took every label', () => {
    expect(passes).toHaveLength(3);
    for (const [end, wanted] of passes) expect(end).toMatchObject(wanted);
  });

  test.each(CATEGORY_ROWS)('%s', (what, decisions) => {
    expect(seen.get(what)).toEqual(['Screener', ...decisions.map(([, after]) => after)]);
  });
});
