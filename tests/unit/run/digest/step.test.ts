import { describe, expect, it } from 'vitest';

import { JmapMethodError, NetworkError } from '../../../../src/errors.ts';
import { type DigestStep, tellDigest } from '../../../../src/run/digest/step.ts';
import { askWhenTold } from '../../../../src/run/digest/when-told.ts';
import { emptyDigestMemory } from '../../../../src/state/digest-memory.ts';
import type { DigestMail, NewDigest } from '../../../../src/triage/digest.ts';
import type { MailStore } from '../../../../src/triage/ports.ts';
import {
  aMailbox,
  anEmail,
  aReport,
  mailboxesFor,
  triageNames,
} from '../../../support/builders.ts';
import { type LoggedEvent, recordingLogger } from '../../../support/memory-world.ts';

/* When a digest is left, where clocks were wrong or servers are odd. */

const NOW = new Date('2026-11-25T06:03:00Z');
const YESTERDAY = '2026-11-24T06:03:00Z';
const IN_2031 = '2031-01-01T00:00:00Z';

interface Told {
  readonly saved: readonly NewDigest[];
  readonly change: Exclude<Awaited<ReturnType<typeof tellDigest>>, 'forget'>;
  readonly logged: readonly LoggedEvent[];
}

/** Somebody waits, and digests of these times are in the Inbox, newest first. */
async function tell(digests: readonly string[], change: Partial<DigestStep>): Promise<Told> {
  const names = triageNames();
  const saved: NewDigest[] = [];
  const logged: LoggedEvent[] = [];
  const mail: DigestMail = {
    readDigestPlaces: async () => ({
      mailboxes: [...mailboxesFor(names), aMailbox('Trash', { role: 'trash' })],
      digests: digests.map((receivedAt, index) => ({
        id: `digest-${index}`,
        mailboxIds: new Set(['Inbox']),
        receivedAt,
      })),
      state: 'one',
    }),
    async *readTitledEmails() {
      yield [{ ...anEmail({ in: ['Screener'] }), subject: 'Hello' }];
    },
    async saveDigest(digest) {
      saved.push(digest);
      return { kind: 'created', retired: digest.retire.length };
    },
  };
  const result = await tellDigest({
    settings: { every: 'day', hour: 6, timeZone: 'UTC', mailbox: 'Inbox' },
    names,
    mail,
    readNotes: async () => [],
    memory: emptyDigestMemory,
    newest: undefined,
    report: aReport(),
    done: [],
    missingSince: null,
    log: recordingLogger(logged),
    redact: (text) => text,
    isDryRun: false,
    now: NOW,
    ...change,
  });
  if (result === 'forget') throw new TypeError('digests are on');
  return { saved, change: result, logged };
}

describe('a clock that was far ahead', () => {
  it('when the user was told: the digest of yesterday counts, and one is due', async () => {
    const memory = { ...emptyDigestMemory, toldAt: IN_2031 };

    const { saved, change } = await tell([YESTERDAY], { memory });

    expect(saved).toHaveLength(1);
    expect(change.toldAt).toBe('2026-11-25T06:03:00Z');
  });

  it('when a digest was made: it does not keep others from coming, and is retired', async () => {
    const memory = { ...emptyDigestMemory, toldAt: YESTERDAY };

    const { saved } = await tell([IN_2031, YESTERDAY], { memory });

    expect(saved.map(({ retire }) => retire.map(({ emailId }) => emailId))).toEqual([
      ['digest-0', 'digest-1'],
    ]);
  });
});

it('a clock that was a few minutes ahead is none that was wrong', async () => {
  const memory = { ...emptyDigestMemory, toldAt: '2026-11-25T06:10:00Z' };

  expect((await tell([YESTERDAY], { memory })).saved).toEqual([]);
});

describe('the first request of a pass that does not know when the user was told', () => {
  const asking = (error: Error): ReturnType<typeof askWhenTold> => {
    const mail: Pick<MailStore & DigestMail, 'readMailboxes' | 'readDigestPlaces'> = {
      readMailboxes: async () => [aMailbox('Inbox')],
      readDigestPlaces: async () => {
        throw error;
      },
    };
    return askWhenTold(mail as MailStore & DigestMail);
  };

  it('asks for the mailboxes alone where the server does not search for keywords', async () => {
    const asked = asking(new JmapMethodError('no', 'unsupportedFilter'));

    await expect(asked.mail.readMailboxes()).resolves.toEqual([aMailbox('Inbox')]);
    expect(asked.newestDigest()).toBeUndefined();
  });

  it('fails as any other where the server cannot be reached', async () => {
    const error = new NetworkError('gone');

    await expect(asking(error).mail.readMailboxes()).rejects.toBe(error);
  });
});
