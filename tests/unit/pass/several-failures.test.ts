import { describe, expect, it } from 'vitest';

import { runTriagePass } from '../../../src/pass/triage-pass.ts';
import type { WriteFailure } from '../../../src/triage/model.ts';
import type { TriageReport } from '../../../src/triage/report.ts';
import {
  aCategory,
  aContact,
  aGroup,
  anEmail,
  groupsFor,
  hrefOfGroup,
  mailboxesFor,
  triageNames,
} from '../../support/builders.ts';
import { MemoryAccount, memoryWorld, type MemoryWorld } from '../../support/memory-world.ts';

/*
 * Of several failures of one sender the refusal decides: it will not pass by itself, so the user has
 * to see it.
 */

const REFUSED: WriteFailure = { kind: 'refused', problem: 'HTTP 403' };
const FAILED: WriteFailure = { kind: 'failed', problem: 'HTTP 503' };

const names = triageNames({
  categories: [aCategory('Top'), aCategory('Child', { parent: 'Top' }), aCategory('Other')],
});

/** Somebody with a backlog, who is in these groups. */
function aWorld(label: string, groups: readonly string[]): MemoryWorld {
  return memoryWorld(
    new MemoryAccount({
      mailboxes: mailboxesFor(names),
      contacts: [aContact({ uid: 'C' })],
      groups: groupsFor(names).map(({ name }) => aGroup(name, groups.includes(name) ? ['C'] : [])),
      emails: [
        anEmail({ id: 'labelled', in: ['Screener', label] }),
        anEmail({ id: 'one' }),
        anEmail({ id: 'two' }),
      ],
    }),
  );
}

async function passWith(
  world: MemoryWorld,
  failures: Readonly<Record<string, WriteFailure>>,
): Promise<{ readonly report: TriageReport; readonly labelled: readonly string[] }> {
  const { mail, contacts } = world;
  const report = await runTriagePass(names, {
    ...world,
    mail: {
      ...mail,
      async patchEmails(patches, state) {
        const sound = await mail.patchEmails(
          patches.filter(({ emailId }) => failures[emailId] === undefined),
          state,
        );
        const failed = patches.flatMap(({ emailId }) => {
          const failure = failures[emailId];
          return failure === undefined ? [] : [[emailId, failure] as const];
        });
        return { ...sound, outcomes: new Map([...sound.outcomes, ...failed]) };
      },
    },
    contacts: {
      ...contacts,
      saveGroupMembers: (change) =>
        Promise.resolve(failures[change.group.name] ?? contacts.saveGroupMembers(change)),
    },
  });
  return { report, labelled: world.account.contents().emails['labelled'] ?? [] };
}

describe.each([
  ['the refusal first', REFUSED, FAILED],
  ['the refusal last', FAILED, REFUSED],
] as const)('%s', (_order, first, last) => {
  it('of two emails', async () => {
    const { report, labelled } = await passWith(aWorld('@ToOther', []), { one: first, two: last });

    expect(report.failures).toMatchObject([{ step: 'sweep', failure: { kind: 'refused' } }]);
    expect(labelled).toContain('@MailroomError');
  });

  it('of two groups to join', async () => {
    const { report, labelled } = await passWith(aWorld('@ToChild', []), {
      Top: first,
      Child: last,
    });

    expect(report.failures).toMatchObject([{ step: 'join group', failure: { kind: 'refused' } }]);
    expect(labelled).toContain('@MailroomError');
  });

  it('of two groups to leave', async () => {
    const world = aWorld('@ToOther', ['Top', 'Child']);

    const { report } = await passWith(world, { Top: first, Child: last });

    expect(report.failures).toMatchObject([{ step: 'leave group', failure: { kind: 'refused' } }]);
    expect(world.account.contents().groups[hrefOfGroup('Other')]).toHaveLength(1);
  });
});
