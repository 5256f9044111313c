import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { JmapMethodError } from '../../src/errors.ts';
import { anAddress } from '../support/builders.ts';
import type { Fault, FaultRule } from '../support/stand-in/faults.ts';
import type { StandInOptions } from '../support/stand-in/options.ts';
import { type StandIn, startStandIn } from '../support/stand-in/stand-in.ts';
import { describeEachServer, type TestAccount } from '../support/test-account.ts';
import { openMailStore, type OpenMailStore } from './open-mail-store.ts';

/*
 * Mail of some senders in a mailbox that may hold years of it: the server searches, and may find too
 * much, but not too little. Where it cannot search, the mailbox is listed.
 */

/** Of everybody, in this order. */
const FROMS = [
  'Jane <Jane@Shop.Example>',
  'jane@shop.example',
  'tom@shop.example',
  'Post <post@xn--bcher-kva.example>',
  '"a b"@shop.example',
  'somebody@else.example',
];

interface Filled {
  readonly mailbox: string;
  readonly ids: readonly string[];
  /** Of Jane too, where nobody looks. */
  readonly elsewhere: string;
}

async function fill(account: TestAccount): Promise<Filled> {
  const mailbox = await account.createMailbox('Years');
  const other = await account.createMailbox('Other');
  const ids: string[] = [];
  for (const from of FROMS) ids.push(await account.addEmail({ from, mailboxIds: [mailbox] }));
  const elsewhere = await account.addEmail({ from: FROMS[0] ?? '', mailboxIds: [other] });
  return { mailbox, ids, elsewhere };
}

/** What is found, as places in `FROMS`. */
async function search(
  { store }: OpenMailStore,
  { mailbox, ids }: Filled,
  addresses: readonly string[],
): Promise<readonly number[]> {
  const found: number[] = [];
  const senders = addresses.map((address) => anAddress(address));
  for await (const { emails } of store.readEmailsFrom(mailbox, senders)) {
    found.push(...emails.map(({ id }) => ids.indexOf(id)));
  }
  return found.toSorted((a, b) => a - b);
}

describeEachServer('mail of some senders', ({ open }) => {
  let account: TestAccount;
  let filled: Filled;
  beforeAll(async () => {
    account = await open();
    filled = await fill(account);
  });
  afterAll(() => account.close());

  it.each<[string, readonly string[], readonly number[]]>([
    ['one, in whatever letter case', ['jane@shop.example'], [0, 1]],
    ['several', ['jane@shop.example', 'tom@shop.example'], [0, 1, 2]],
    ['a domain in letters', ['post@bücher.example'], [3]],
    ['one of whom nothing is there', ['ben@shop.example'], []],
    [
      'an address that no search takes: all of the mailbox',
      ['"a b"@shop.example'],
      [0, 1, 2, 3, 4, 5],
    ],
  ])('%s', async (_, addresses, expected) => {
    // The index of a real server lags behind.
    await expect
      .poll(() => search(openMailStore(account), filled, addresses), { timeout: 10_000 })
      .toEqual(expected);
  });

  it('very many, in as few queries as a server takes', async () => {
    const others = Array.from({ length: 900 }, (_, index) => `nobody-${index}@shop.example`);
    const mail = openMailStore(account);
    await search(mail, filled, ['tom@shop.example']);
    const before = mail.requestCount();

    expect(await search(mail, filled, [...others, 'tom@shop.example'])).toEqual([2]);
    expect(mail.requestCount() - before).toBeLessThanOrEqual(6);
  });

  it('nobody: nothing is asked', async () => {
    const mail = openMailStore(account);

    expect(await search(mail, filled, [])).toEqual([]);
    expect(mail.requestCount()).toBe(0);
  });
});

describe('a server that does not search', () => {
  let account: StandIn;
  afterEach(() => account.close());
  const ALL = [0, 1, 2, 3, 4, 5];
  const TWO = ['jane@shop.example', 'tom@shop.example'];

  it.each<[string, StandInOptions, readonly string[], readonly number[]]>([
    ['has no index: the mailbox is listed', { hasSearchIndex: false }, TWO, ALL],
    [
      'takes no inMailbox below an operator: each sender is searched',
      { refusesNestedMailbox: true },
      TWO,
      [0, 1, 2],
    ],
    [
      'the same, with pages of one email, and one query a request',
      { refusesNestedMailbox: true, limits: { maxObjectsInGet: 1, maxCallsInRequest: 2 } },
      TWO,
      [0, 1, 2],
    ],
    ['the same, for one sender', { refusesNestedMailbox: true }, ['tom@shop.example'], [2]],
    [
      'takes neither: the mailbox is listed',
      { refusesNestedMailbox: true, hasSearchIndex: false },
      TWO,
      ALL,
    ],
  ])('%s', async (_, options, addresses, expected) => {
    account = await startStandIn(options);
    const filled = await fill(account);

    expect(await search(openMailStore(account), filled, addresses)).toEqual(expected);
  });

  it.each(['serverUnavailable', 'serverPartialFail', 'rateLimit'])(
    'only now (%s): years of mail are not listed for that',
    async (type) => {
      account = await startStandIn();
      const filled = await fill(account);
      const fault: Fault = { kind: 'methodError', method: 'Email/query', type };
      // The search alone: a listing would go through.
      const when: FaultRule['when'] = ({ body }) => body.includes('"from":');
      account.faults.push({ on: 'Email/query', times: Infinity, when, fault });

      await expect(search(openMailStore(account), filled, TWO)).rejects.toThrow(JmapMethodError);
    },
  );
});
