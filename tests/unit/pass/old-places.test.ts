import { expect, it } from 'vitest';

import { NetworkError } from '../../../src/errors.ts';
import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import type { MailStore } from '../../../src/triage/ports.ts';
import { aContact, anEmail, hrefOfGroup } from '../../support/builders.ts';
import { MemoryAccount, memoryWorld, type MemoryWorld } from '../../support/memory-world.ts';
import { anAccount, names } from '../../support/run-pass.ts';

/*
 * Out of an old place that may hold years of mail: what is there is found by a search, moved while the
 * listing goes on, and nobody else waits for it.
 */

const LABELLED = 'labelled';

/** `old@` goes from Jail to Feed, with so many emails in Jail; `new@` is new. */
function aWorld(count: number): MemoryWorld {
  const ids = Array.from({ length: count }, (_, index) => `old-${String(index).padStart(4, '0')}`);
  return memoryWorld(
    new MemoryAccount(
      anAccount({
        emails: [
          anEmail({ id: LABELLED, from: 'old@example.com', in: ['Jail', '@ToFeed'] }),
          ...ids.map((id) => anEmail({ id, from: 'old@example.com', in: ['Jail'] })),
          anEmail({ id: 'new', from: 'new@example.com', in: ['Screener', '@ToFeed'] }),
          anEmail({ id: 'new, unlabelled', from: 'new@example.com' }),
        ],
        contacts: [aContact({ uid: 'C', addresses: ['old@example.com'] })],
        members: { Jail: ['C'] },
      }),
    ),
  );
}

/** The same world with another search. */
function searching(world: MemoryWorld, readEmailsFrom: MailStore['readEmailsFrom']): MemoryWorld {
  return { ...world, mail: { ...world.mail, readEmailsFrom } };
}

function placesOf({ account }: MemoryWorld): Readonly<Record<string, readonly string[]>> {
  return account.contents().emails;
}

it('a new sender is done before anybody’s old place is looked at', async () => {
  const world = aWorld(3);
  const broken = searching(world, () => {
    throw new NetworkError('the search never ends');
  });

  await expect(runTriagePass(names, broken)).rejects.toThrow('the search never ends');

  expect(placesOf(world)).toMatchObject({ new: ['Feed'], 'new, unlabelled': ['Feed'] });
  expect(placesOf(world)[LABELLED]).toContain('@ToFeed');
});

it('a pass that runs out of time has moved what it had listed; the next one does the rest', async () => {
  const world = aWorld(40);
  const slow = searching(world, async function* (placeId, addresses) {
    let listed = 0;
    for await (const { emails, state } of world.mail.readEmailsFrom(placeId, addresses)) {
      // One email a page; it ends in the midst of them.
      for (const email of emails) {
        if (listed === 30) break;
        listed += 1;
        yield { emails: [email], state };
      }
    }
    throw new NetworkError('the time of the pass is over');
  });

  await expect(runTriagePass(names, slow)).rejects.toThrow('the time of the pass is over');
  const moved = Object.values(placesOf(world)).filter((places) => places.join() === 'Feed').length;
  const report = await runTriagePass(names, world);

  expect(moved).toBeGreaterThan(20);
  expect(moved).toBeLessThan(40);
  expect(report).toMatchObject({ processed: 1, failures: [] });
  expect(new Set(Object.values(placesOf(world)).flat())).toEqual(new Set(['Feed']));
});

it('a search that lacks an email known to be there is not believed: the place is listed', async () => {
  const world = aWorld(5);
  const blind = searching(world, async function* () {});

  const report = await runTriagePass(names, blind);

  expect(report).toMatchObject({ processed: 2, failures: [] });
  expect(new Set(Object.values(placesOf(world)).flat())).toEqual(new Set(['Feed']));
});

it('where the listing lacks it too, the sender waits: the label and the old group stay', async () => {
  const world = aWorld(5);
  const blind = searching(world, async function* () {});
  const readEmailsIn: MailStore['readEmailsIn'] = async function* (mailboxIds) {
    const isOldPlace = mailboxIds.join() === 'Jail';
    if (!isOldPlace) yield* world.mail.readEmailsIn(mailboxIds);
  };

  const report = await runTriagePass(names, { ...blind, mail: { ...blind.mail, readEmailsIn } });

  expect(report).toMatchObject({
    processed: 1,
    failures: [{ sender: 'old@example.com', failure: { kind: 'failed' } }],
  });
  expect(placesOf(world)[LABELLED]).toContain('@ToFeed');
  expect(world.account.contents().groups[hrefOfGroup('Jail')]).toEqual(['c']);
});
