import { describe, expect, it } from 'vitest';

import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import type { ContactGroup } from '../../../src/triage/model.ts';
import { aContact, aGroup, anEmail, groupsFor, hrefOfGroup } from '../../support/builders.ts';
import { MemoryAccount, memoryWorld } from '../../support/memory-world.ts';
import { anAccount, names } from '../../support/run-pass.ts';

/*
 * Two contact groups of one name: the first is used, but the user, or a rule of the server, may have
 * meant the other. Who is in that is in the category.
 */

function second(name: string, members: readonly string[] = []): ContactGroup {
  return { ...aGroup(name, members), href: `/book/second-${name}.vcf` };
}

async function passWith(
  groups: readonly ContactGroup[],
  emails: readonly Parameters<typeof anEmail>[0][],
): Promise<MemoryAccount> {
  const account = new MemoryAccount({
    ...anAccount({
      contacts: [aContact({ uid: 'C' })],
      emails: emails.map((email) => anEmail(email)),
    }),
    groups: [...groupsFor(names), ...groups],
  });
  await runTriagePass(names, memoryWorld(account));
  return account;
}

describe('a second group of the same name', () => {
  it('a member is re-triaged: mail leaves the old place, the card leaves that group', async () => {
    const account = await passWith(
      [second('Feed', ['C'])],
      [
        { id: 'labelled', in: ['Feed', '@ToJail'] },
        { id: 'old', in: ['Feed'] },
      ],
    );

    const { emails, groups } = account.contents();
    expect(emails).toEqual({ labelled: ['Jail'], old: ['Jail'] });
    expect(groups[second('Feed').href]).toEqual([]);
    expect(groups[hrefOfGroup('Jail')]).toEqual(['c']);
  });

  it('a member of the right one stays there, and joins the one that is used', async () => {
    const account = await passWith(
      [second('Feed', ['C'])],
      [{ id: 'labelled', in: ['Screener', '@ToFeed'] }],
    );

    const { emails, groups } = account.contents();
    expect(emails).toEqual({ labelled: ['Feed'] });
    expect(groups[second('Feed').href]).toEqual(['c']);
    expect(groups[hrefOfGroup('Feed')]).toEqual(['c']);
  });

  it('nobody is put into it', async () => {
    const account = await passWith(
      [second('Feed')],
      [{ id: 'labelled', in: ['Screener', '@ToFeed'] }],
    );

    const { groups } = account.contents();
    expect(groups[hrefOfGroup('Feed')]).toHaveLength(1);
    expect(groups[second('Feed').href]).toEqual([]);
  });

  it('one that may not be written is left alone', async () => {
    const shared = { ...second('Feed', ['C']), isReadOnly: true };
    const account = await passWith([shared], [{ id: 'labelled', in: ['Screener', '@ToJail'] }]);

    const { emails, groups } = account.contents();
    expect(emails).toEqual({ labelled: ['Jail'] });
    expect(groups[shared.href]).toEqual(['c']);
  });
});
