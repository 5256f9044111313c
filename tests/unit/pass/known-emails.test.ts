import { expect, it } from 'vitest';

import { KnownEmails } from '../../../src/pass/known-emails.ts';
import type { MailStore } from '../../../src/triage/ports.ts';
import { anEmail } from '../../support/builders.ts';
import { MemoryAccount, memoryWorld } from '../../support/memory-world.ts';

const email = anEmail({ id: 'e1', in: ['Screener'] });
const { mail } = memoryWorld(
  new MemoryAccount({ mailboxes: [], emails: [], contacts: [], groups: [] }),
);

function knownTo(changes: Partial<MailStore>): KnownEmails {
  const known = new KnownEmails({ ...mail, ...changes });
  known.add({ emails: [email], state: 's1' });
  return known;
}

it('an email that the server gives no answer for has failed for now, and was not moved', async () => {
  const known = knownTo({
    patchEmails: () => Promise.resolve({ outcomes: new Map(), state: 's2' }),
  });

  const { updated, failed } = await known.patch(['e1'], () => ({
    emailId: 'e1',
    add: ['Feed'],
    remove: ['Screener'],
  }));

  expect(updated).toEqual([]);
  expect(failed).toMatchObject([{ email: { id: 'e1' }, failure: { kind: 'failed' } }]);
});

it('the plan is told that the user has put the email elsewhere since it was read', async () => {
  const moved = { ...email, mailboxIds: new Set(['Archive']) };
  const known = knownTo({
    readChanges: () =>
      Promise.resolve({ kind: 'known', emails: [moved], destroyedIds: [], state: 's2' }),
  });
  const told: boolean[] = [];
  const plan = (_: unknown, isChanged: boolean): null => {
    told.push(isChanged);
    return null;
  };

  await known.patch(['e1'], plan);
  await known.catchUp();
  await known.patch(['e1'], plan);

  expect(told).toEqual([false, true]);
});
