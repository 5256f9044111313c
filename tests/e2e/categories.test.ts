import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { builtPrograms } from '../support/programs.ts';
import { install } from '../support/run-mailroom.ts';
import { runSetupJson, setupEnvironment } from '../support/run-setup.ts';
import { startStandIn } from '../support/stand-in/stand-in.ts';
import { describeEachServer } from '../support/test-account.ts';
import { useScenario } from '../support/use-scenario.ts';

/* Categories of one's own (REFERENCE.md), from setup to re-triage. */

const CATEGORIES = JSON.stringify([
  'Imbox',
  'Feed',
  'Paper Trail',
  { name: 'Receipts', parent: 'Paper Trail' },
  { name: 'Travel', parent: 'Paper Trail' },
  { name: 'Flights', parent: 'Travel', contactType: 'person' },
  {
    name: 'Alerts',
    label: '@Ring',
    contactGroup: 'Bells',
    destinationMailbox: 'Ring/Bells',
    addToInbox: true,
  },
  { name: 'Sirens', parent: 'Alerts' },
  { name: 'Gates', parent: 'Paper Trail', addToInbox: true },
]);

const PLACES =
  'Inbox, Screener, Feed, Paper Trail, Receipts, Travel, Flights, Sirens, Ring/Bells, @ToImbox, @ToFeed, @ToPaperTrail, @ToReceipts, @ToTravel, @ToFlights, @Ring, @ToSirens, Gates, @ToGates, @MailroomError'.split(
    ', ',
  );

const programs = builtPrograms();

describeEachServer('categories', ({ open }) => {
  const settings = { MAILROOM_CATEGORIES: CATEGORIES };
  const { account, scenario, mailroom } = useScenario(open, settings);
  let ids: ReadonlyMap<string, string>;
  let senders = 0;
  /** Of the test at hand. */
  let from: string;

  beforeAll(async () => {
    const { env, remove } = await setupEnvironment(account);
    await runSetupJson(programs, { ...env, ...settings }, '--apply');
    await remove();
    const found = await Promise.all(
      PLACES.map(async (place) => [place, await account.mailboxId(place)] as const),
    );
    ids = new Map(found);
  });
  beforeEach(() => {
    senders += 1;
    from = `sender${senders}@own.example`;
  });

  const idOf = (place: string): string => ids.get(place) ?? `no ${place}`;
  const email = (...places: readonly string[]): Promise<string> =>
    account.addEmail({ from: `Sender <${from}>`, mailboxIds: places.map(idOf) });
  const label = (id: string, name: string): Promise<void> =>
    account.moveEmail(id, { add: [idOf(name)] });
  const place = async (id: string): Promise<readonly string[]> => {
    const { mailboxIds } = (await account.emails()).get(id) ?? { mailboxIds: new Set<string>() };
    return PLACES.filter((one) => mailboxIds.has(idOf(one))).toSorted();
  };
  const groups = async (): Promise<readonly string[]> =>
    scenario.groupsOf((await scenario.contactOf(from)).value('UID') ?? '');
  const pass = async (): Promise<void> => {
    const { end } = await mailroom.run();
    expect(end).toMatchObject({ event: 'poll_complete', processed: 1, failed: 0 });
  };

  test.each([
    ['@ToReceipts', ['Paper Trail', 'Receipts']],
    ['@ToFlights', ['Flights', 'Paper Trail', 'Travel']],
    ['@ToFeed', ['Feed']],
  ])('%s: groups and mailboxes of the category and all its parents', async (name, expected) => {
    const labelled = await email('Screener', name);
    const waiting = await email('Screener');

    await pass();

    expect(await groups()).toEqual(expected);
    expect(await place(labelled)).toEqual(expected);
    expect(await place(waiting)).toEqual(expected);
  });

  test('the contact is of the type that the category says', async () => {
    await email('Screener', '@ToFlights');

    await pass();

    const contact = await scenario.contactOf(from);
    expect(contact.value('FN')).not.toBeNull();
    expect(contact.value('ORG')).toBeNull();
  });

  test('names of one’s own, and addToInbox: what waits in Screener goes to Inbox too', async () => {
    const labelled = await email('Screener', '@Ring');
    const waiting = await email('Screener');

    await pass();

    expect(await groups()).toEqual(['Bells']);
    expect(await place(labelled)).toEqual(['Inbox', 'Ring/Bells']);
    expect(await place(waiting)).toEqual(['Inbox', 'Ring/Bells']);
  });

  test('addToInbox is not inherited', async () => {
    const waiting = await email('Screener');
    await email('Screener', '@ToSirens');

    await pass();

    expect(await groups()).toEqual(['Bells', 'Sirens']);
    expect(await place(waiting)).toEqual(['Ring/Bells', 'Sirens']);
  });

  test.each([
    {
      what: 'to a cousin: what both chains share stays',
      start: '@ToFlights',
      next: '@ToReceipts',
      before: ['Flights', 'Paper Trail', 'Travel'],
      after: ['Paper Trail', 'Receipts'],
    },
    {
      what: 'up to the parent',
      start: '@ToReceipts',
      next: '@ToPaperTrail',
      before: ['Paper Trail', 'Receipts'],
      after: ['Paper Trail'],
    },
    {
      what: 'down to a grandchild',
      start: '@ToPaperTrail',
      next: '@ToFlights',
      before: ['Paper Trail'],
      after: ['Flights', 'Paper Trail', 'Travel'],
    },
    {
      what: 'out of the tree',
      start: '@ToFlights',
      next: '@ToFeed',
      before: ['Flights', 'Paper Trail', 'Travel'],
      after: ['Feed'],
    },
    {
      what: 'into the tree',
      start: '@ToFeed',
      next: '@ToReceipts',
      before: ['Feed'],
      after: ['Paper Trail', 'Receipts'],
    },
  ])('re-triage $what', async ({ start, next, before, after }) => {
    const first = await email('Screener', start);
    await pass();
    expect(await groups()).toEqual(before);
    const later = await email(...before);
    const waiting = await email('Screener');

    await label(first, next);
    await pass();

    expect(await groups()).toEqual(after);
    for (const id of [first, later, waiting]) expect(await place(id)).toEqual(after);
  });

  test('re-triage into addToInbox: nothing goes to Inbox', async () => {
    const first = await email('Screener', '@ToFeed');
    await pass();
    const later = await email('Feed');
    const waiting = await email('Screener');

    await label(first, '@Ring');
    await pass();

    expect(await groups()).toEqual(['Bells']);
    for (const id of [first, later, waiting]) expect(await place(id)).toEqual(['Ring/Bells']);
  });

  test('re-triage down into addToInbox: nothing goes to Inbox', async () => {
    const first = await email('Screener', '@ToPaperTrail');
    await pass();
    const waiting = await email('Screener');

    await label(first, '@ToGates');
    await pass();

    expect(await groups()).toEqual(['Gates', 'Paper Trail']);
    for (const id of [first, waiting]) expect(await place(id)).toEqual(['Gates', 'Paper Trail']);
  });

  test('mail of others in the mailbox of a parent stays as it is', async () => {
    const others = await account.addEmail({
      from: `x${from}`,
      mailboxIds: [idOf('Paper Trail')],
    });
    const first = await email('Screener', '@ToPaperTrail');
    await pass();

    await label(first, '@ToReceipts');
    await pass();

    expect(await place(others)).toEqual(['Paper Trail']);
  });

  test('a pass after all that finds nothing to do', async () => {
    const { end } = await mailroom.run();

    expect(end).toMatchObject({ event: 'poll_complete', triaged_senders: 0, emails_swept: 0 });
  });
});

test('on re-triage what is new is added first, what is shared is not written, what is old goes last', async () => {
  const settings = { MAILROOM_CATEGORIES: CATEGORIES };
  const account = await startStandIn();
  const { env, remove } = await setupEnvironment(account);
  await runSetupJson(programs, { ...env, ...settings }, '--apply');
  const mailroom = await install(programs, account, settings);
  const from = 'Sender <sender@own.example>';
  const [screener, flights, receipts] = await Promise.all(
    ['Screener', '@ToFlights', '@ToReceipts'].map((name) => account.mailboxId(name)),
  );
  const mailboxIds = [screener ?? '', flights ?? ''];
  const id = await account.addEmail({ from, mailboxIds });
  await mailroom.run();
  await account.moveEmail(id, { add: [receipts ?? ''] });
  account.clearRequests();

  await mailroom.run();

  expect(readGroupWrites(account.requests)).toEqual([
    'Receipts',
    expect.stringMatching(/^(?:Flights|Travel)$/u),
    expect.stringMatching(/^(?:Flights|Travel)$/u),
  ]);
  await mailroom.remove();
  await remove();
  await account.close();
});

describe('what is wrong with MAILROOM_CATEGORIES', () => {
  test('is said at once, with an example, and nothing is sent', async () => {
    const account = await startStandIn();
    const mailroom = await install(programs, account, {
      MAILROOM_CATEGORIES: JSON.stringify([
        'Feed',
        { name: 'Feed' },
        { name: 'Daily', parent: 'Weekly' },
        { name: 'Up', parent: 'Down' },
        { name: 'Down', parent: 'Up' },
        { name: 'Odd', label: 'Screener' },
      ]),
    });

    const { end, exitCode } = await mailroom.run();

    expect(exitCode).toBe(1);
    expect(end.event).toBe('startup_failed');
    const { message } = end['error'];
    expect(message).toContain('the name "Feed" 2 times');
    expect(message).toContain('Daily with the parent "Weekly"');
    expect(message).toContain('Up in a circle of parents');
    expect(message).toContain('Odd with a label that is Screener');
    expect(message).toContain('a right value: ["Imbox"');
    expect(account.requests).toEqual([]);
    await mailroom.remove();
    await account.close();
  });
});

/** Names of the groups that were written, in the order of the requests. */
function readGroupWrites(
  requests: readonly { readonly kind: string; readonly body: string }[],
): readonly string[] {
  return requests
    .filter(({ kind, body }) => kind === 'put-card' && /X-ADDRESSBOOKSERVER-KIND/iu.test(body))
    .map(({ body }) => /^FN:(.*?)\r?$/mu.exec(body)?.[1] ?? '');
}
