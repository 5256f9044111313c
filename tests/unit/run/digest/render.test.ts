import { describe, expect, it } from 'vitest';

import { Backlog } from '../../../../src/run/digest/backlog.ts';
import {
  type DigestContent,
  isNothingToTell,
  renderDigest,
} from '../../../../src/run/digest/render.ts';
import type { TitledEmail } from '../../../../src/triage/digest.ts';
import { anAddress, anEmail } from '../../../support/builders.ts';
import { DIGEST_FRAME as FRAME, EMPTY_DIGEST as NOTHING } from '../../../support/digest-content.ts';

const { now: NOW } = FRAME;

type Waiting = Parameters<typeof anEmail>[0] & { readonly subject?: string };

function waitingFor(...emails: readonly Waiting[]): DigestContent {
  const backlog = backlogOf(emails);
  return { ...NOTHING, waiting: backlog.waiting(), jailed: backlog.jailed(3) };
}

function backlogOf(emails: readonly Waiting[], totals = new Map<string, number>()): Backlog {
  const places = {
    screenerId: 'Screener',
    jailId: 'Jail',
    leftAloneIds: new Set(['Trash']),
    totals,
  };
  const backlog = new Backlog(places, () => false);
  backlog.add(emails.map(titled));
  return backlog;
}

function titled({ subject = 'Hello', ...email }: Waiting): TitledEmail {
  return { ...anEmail(email), subject };
}

const text = (content: DigestContent): string => renderDigest(content, FRAME).text;

/** A sender whose emails came so many days ago. */
function sender(index: number, daysAgo: number): Waiting {
  const receivedAt = `${new Date(NOW.getTime() - daysAgo * 864e5).toISOString().slice(0, 19)}Z`;
  return { from: `sender${index}@shop.example`, name: `Shop ${index}`, receivedAt };
}

describe('who waits', () => {
  it('is a line a sender, the longest waiting first, with the newest subject', () => {
    const content = waitingFor(
      { from: 'bob@b.example', receivedAt: '2026-11-01T23:30:00Z', subject: 'Invoice' },
      { from: 'anna@a.example', name: 'Anna', receivedAt: '2026-11-03T10:00:00Z' },
      {
        from: 'anna@a.example',
        name: 'Anna S.',
        receivedAt: '2026-11-20T10:00:00Z',
        subject: 'Hi',
      },
    );

    // In Berlin it was the second of November already.
    expect(renderDigest(content, FRAME)).toEqual({
      subject: '2 senders wait, the oldest since 2 Nov',
      text: [
        '2 senders wait in Screener, the oldest since 2 Nov (23 days):',
        '',
        '• bob@b.example, 1 email since 2 Nov: Invoice',
        '',
        '• Anna S. <anna@a.example>, 2 emails since 3 Nov: Hi',
        '',
        'To decide on a sender, put a label on one of its emails.',
        '',
      ].join('\n'),
    });
  });

  it('may be one, and may have no subject', () => {
    const { subject, text: told } = renderDigest(
      waitingFor({ from: 'a@b.example', receivedAt: '2025-11-24T12:00:00Z', subject: ' \u200B' }),
      FRAME,
    );

    expect(subject).toBe('1 sender waits, since 24 Nov 2025');
    expect(told).toContain('• a@b.example, 1 email since 24 Nov 2025: (no subject)\n');
  });

  it('may be 7: all are told', () => {
    const told = text(waitingFor(...range(7).map((index) => sender(index, 7 - index))));

    expect(told.match(/^• Shop \d/gmu)).toHaveLength(7);
    expect(told).not.toContain('more');
  });

  it('may be 362: the 50 who wait longest are told, and how many more there are', () => {
    const told = text(waitingFor(...range(362).map((index) => sender(index, 362 - index))));

    expect(told).toMatch(
      /^362 senders wait in Screener, the oldest since 28 Nov 2025 \(362 days\):/u,
    );
    expect(told.match(/^• Shop \d+/gmu)).toHaveLength(50);
    expect(told).toMatch(/^• Shop 49 .*\n\nand 312 more\n/mu);
  });

  it('is not who is in Trash as well, and nobody’s emails are counted apart', () => {
    const backlog = backlogOf([
      { in: ['Screener', 'Trash'] },
      { from: [], in: ['Screener'] },
      { from: 'spam@x.example', in: ['Jail'] },
    ]);

    expect(backlog.waiting()).toEqual([]);
    expect(backlog.withoutSender).toBe(1);
    expect(text({ ...NOTHING, withoutSender: 1 })).toContain(
      '1 email in Screener has no usable sender.',
    );
  });

  it('is read to the end when as many emails were seen as the mailboxes hold', () => {
    const totals = new Map([
      ['Screener', 1],
      ['Jail', 2],
    ]);

    expect(backlogOf([{ in: ['Screener'] }, { in: ['Jail'] }], totals).isComplete()).toBe(false);
    expect(backlogOf([{ in: ['Screener', 'Jail'] }, { in: ['Jail'] }], totals).isComplete()).toBe(
      true,
    );
  });
});

describe('what else is told', () => {
  it('where nobody waits: what was decided', () => {
    const content = {
      ...NOTHING,
      decided: [
        { sender: anAddress(), name: 'Jane', category: 'Feed', at: '2026-11-24T10:00:00Z' },
      ],
    };

    expect(isNothingToTell(content)).toBe(false);
    expect(renderDigest(content, FRAME)).toEqual({
      subject: 'Nobody waits, 1 sender decided on',
      text: expect.stringMatching(
        /^Nobody waits in Screener\.\n\nDecided since the last digest:\n\n• Jane <jane@sender\.example>: Feed\n/u,
      ),
    });
  });

  it('nothing at all is no digest', () => {
    expect(isNothingToTell(NOTHING)).toBe(true);
    expect(isNothingToTell({ ...NOTHING, withoutSender: 1 })).toBe(false);
  });

  it('conflicts, failures and the error label are unsolved', () => {
    const told = text({
      ...NOTHING,
      unsolved: {
        conflicts: [{ sender: anAddress('both@x.example'), categories: ['Feed', 'Jail'] }],
        failures: [
          {
            sender: anAddress('no@x.example'),
            step: 'contact',
            failure: { kind: 'refused', problem: 'https://dav.example: HTTP 403' },
          },
        ],
        errorLabelled: 2,
      },
    });

    expect(told).toContain(
      [
        'Unsolved:',
        '• both@x.example has the labels of Feed and Jail: leave one on.',
        '• no@x.example could not be handled (contact): hxxps://dav[.]example: HTTP 403',
        '• 2 emails in @MailroomError.',
      ].join('\n\n'),
    );
  });

  it('who has most emails in Jail, three at most', () => {
    const jailed = (from: string, count: number): readonly Waiting[] =>
      range(count).map(() => ({ from, in: ['Jail'] }));
    const told = text(
      waitingFor(
        ...jailed('one@x.example', 1),
        ...jailed('five@x.example', 5),
        ...jailed('two@x.example', 2),
        ...jailed('three@x.example', 3),
      ),
    );

    expect(told).toContain(
      'Most in Jail:\n\n• five@x.example: 5 emails\n\n• three@x.example: 3 emails\n\n• two@x.example: 2 emails\n',
    );
    expect(told).not.toContain('one@x.example');
  });
});

describe('every line', () => {
  const longAddress = `${'a'.repeat(60)}@${'long-domain-name.'.repeat(11)}example`;

  it.each<[string, Waiting]>([
    ['a long name and subject', { name: 'N'.repeat(500), subject: 'S'.repeat(5000) }],
    ['letters of many octets', { name: '王'.repeat(200), subject: '👨‍👩‍👧‍👦'.repeat(200) }],
    ['letters under dozens of accents', { name: `e${'\u0301'.repeat(900)}`.repeat(9) }],
    ['accents in the subject', { subject: `e${'\u0301'.repeat(100)}`.repeat(200) }],
    ['a hostile name', { name: '\u001B[2J\r\nhttp://evil.example www.x.example \u202E' }],
    ['a hostile subject', { subject: 'x\r\n\r\n• you@bank.example: Imbox\u2029http://evil' }],
    ['Arabic', { name: 'محمد', subject: 'فاتورة' }],
  ])('of %s is one line of at most 998 octets, and has the whole address', (_name, email) => {
    const { subject, text: told } = renderDigest(
      waitingFor({ ...email, from: longAddress }),
      FRAME,
    );
    const lines = told.split('\n');

    const own = lines.filter((line) => line.includes(longAddress));
    expect(own).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('• '))).toEqual(own);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998);
    expect(told).not.toMatch(/https?:|www\./iu);
    expect(told.replaceAll('\n', '')).not.toMatch(
      /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u,
    );
    expect(subject).toMatch(/^1 sender waits, since \d+ Nov$/u);
  });
});

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
