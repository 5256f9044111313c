import { expect, it } from 'vitest';

import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import { aContact, anEmail } from '../../support/builders.ts';
import { MemoryAccount, memoryWorld, type MemoryWorld } from '../../support/memory-world.ts';
import { anAccount, names } from '../../support/run-pass.ts';

/*
 * A server that cannot tell what changed (RFC 8620 §5.2, cannotCalculateChanges): Screener and the old
 * places are listed again, for what came in meanwhile.
 */

/** Somebody moves from Jail to Feed. While the pass looks what is new, an email of theirs comes in. */
function aWorld(fault: 'fail first' | 'refuse first' | null): MemoryWorld {
  const account = new MemoryAccount(
    anAccount({
      emails: [
        anEmail({ id: 'labelled', from: 'old@example.com', in: ['Jail', '@ToFeed'] }),
        anEmail({ id: 'in Jail', from: 'old@example.com', in: ['Jail'] }),
      ],
      contacts: [aContact({ uid: 'C', addresses: ['old@example.com'] })],
      members: { Jail: ['C'] },
    }),
  );
  let hasComeIn = false;
  // Once: what is tried a second time would work, and must not hide it.
  let hasFailed = false;
  const world = memoryWorld(account, {
    faultAt(_number, call) {
      if (call === 'readEmails' && !hasComeIn) {
        account.putEmail('late', anEmail({ id: 'late', from: 'old@example.com', in: ['Jail'] }));
        hasComeIn = true;
      }
      if (call !== 'patchEmails' || !hasComeIn || hasFailed) return null;
      hasFailed = true;
      return fault;
    },
  });
  const readChanges = (): Promise<{ readonly kind: 'unknown' }> =>
    Promise.resolve({ kind: 'unknown' });
  return { ...world, mail: { ...world.mail, readChanges } };
}

it('what came in meanwhile is found where it came in, and moves too', async () => {
  const world = aWorld(null);

  const report = await runTriagePass(names, world);

  expect(report).toMatchObject({ processed: 1, failures: [] });
  expect(world.account.contents().emails).toMatchObject({ late: ['Feed'], labelled: ['Feed'] });
});

it.each(['fail first', 'refuse first'] as const)(
  'where that move does not work (%s) the sender is not done: the label and the old group stay',
  async (fault) => {
    const world = aWorld(fault);

    const report = await runTriagePass(names, world);

    expect(report).toMatchObject({ processed: 0, failures: [{ sender: 'old@example.com' }] });
    const { emails, groups } = world.account.contents();
    expect(emails['labelled']).toContain('@ToFeed');
    expect(emails['late']).toEqual(['Jail']);
    expect(Object.values(groups).flat()).toHaveLength(2);
  },
);
