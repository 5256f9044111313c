import { expect, it } from 'vitest';

import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import { aContact, anEmail } from '../../support/builders.ts';
import {
  MemoryAccount,
  memoryWorld,
  type MemoryWorld,
  type MemoryWorldOptions,
} from '../../support/memory-world.ts';
import { anAccount, names } from '../../support/run-pass.ts';

/*
 * Listings that do not show all that is there. In the first two a sender goes from Jail to Feed by a
 * label on an email that is in Screener. A listing of Screener that lacks this email may lack others:
 * what rests on it is not done, although the email itself is known.
 */

const FROM = 'old@example.com';

/** So many listings of Screener, from the first on, show none of its emails. */
function aWorld(shortListings: number): MemoryWorld {
  const account = new MemoryAccount(
    anAccount({
      emails: [
        anEmail({ id: 'labelled', from: FROM, in: ['Screener', '@ToFeed'] }),
        anEmail({ id: 'waiting', from: FROM, in: ['Screener'] }),
        anEmail({ id: 'in jail', from: FROM, in: ['Jail'] }),
      ],
      contacts: [aContact({ uid: 'C', addresses: [FROM] })],
      members: { Jail: ['C'] },
    }),
  );
  let listings = 0;
  const hidden: MemoryWorldOptions['hidden'] = (_, mailboxIds) => {
    if (!mailboxIds.includes('Screener')) return new Set();
    listings += 1;
    return new Set(listings <= shortListings ? ['labelled', 'waiting'] : []);
  };
  return memoryWorld(account, { hidden });
}

it('the sender waits, with the label and in the old group, and the next pass does it all', async () => {
  const world = aWorld(Infinity);

  const first = await runTriagePass(names, world);

  expect(first.failures).toMatchObject([{ sender: FROM, step: 'sweep' }]);
  expect(world.account.contents().emails).toMatchObject({
    labelled: ['@ToFeed', 'Screener'],
    waiting: ['Screener'],
  });

  const next = await runTriagePass(names, memoryWorld(world.account));

  expect(next).toMatchObject({ processed: 1, failures: [] });
  expect(world.account.contents().emails).toEqual({
    labelled: ['Feed'],
    waiting: ['Feed'],
    'in jail': ['Feed'],
  });
});

it('the sender is done at once where a second look shows what the first one lacked', async () => {
  const world = aWorld(1);

  const report = await runTriagePass(names, world);

  expect(report).toMatchObject({ processed: 1, failures: [] });
  expect(world.account.contents().emails).toEqual({
    labelled: ['Feed'],
    waiting: ['Feed'],
    'in jail': ['Feed'],
  });
});

it('mail that comes in after the server said that Screener is empty is swept with the rest', async () => {
  const account = new MemoryAccount(
    anAccount({ emails: [anEmail({ id: 'labelled', from: FROM, in: ['Archive', '@ToFeed'] })] }),
  );
  const world = memoryWorld(account, {
    faultAt(_, call) {
      // The listing of the labels.
      if (call === 'readEmailsIn' && !account.emails.has('new')) {
        account.putEmail('new', anEmail({ id: 'new', from: FROM, in: ['Screener'] }));
      }
      return null;
    },
  });

  const report = await runTriagePass(names, world);

  expect(report).toMatchObject({ processed: 1, failures: [] });
  expect(account.contents().emails).toMatchObject({ new: ['Feed'] });
});

it('a group that is in one answer and not in the next: the pass fails, and writes nothing', async () => {
  const account = new MemoryAccount(
    anAccount({
      emails: [anEmail({ id: 'labelled', from: FROM, in: ['Jail', '@ToFeed'] })],
      contacts: [aContact({ uid: 'C', addresses: [FROM] })],
      members: { Jail: ['C'] },
    }),
  );
  const before = account.contents();
  const world = memoryWorld(account, { hiddenGroup: (nth) => (nth === 2 ? 'Jail' : null) });

  await expect(runTriagePass(names, world)).rejects.toThrow(
    'the contact group "Jail" was in one answer and not in the next',
  );

  expect(world.writes).toEqual([]);
  expect(account.contents()).toEqual(before);
});
