import { describe, expect, it } from 'vitest';

import { groupBySender } from '../../../src/triage/labelled.ts';
import type { Email } from '../../../src/triage/model.ts';
import { aLayout, anEmail } from '../../support/builders.ts';

const layout = aLayout();

describe('groupBySender', () => {
  const sendersOf = (...emails: readonly Email[]) => groupBySender(emails, layout).senders;

  it('one sender in whatever form the address is written', () => {
    const emails = [
      'Jane@Bücher.example',
      'jane@XN--BCHER-KVA.EXAMPLE.',
      ' JANE@bücher.example',
    ].map((from) => anEmail({ from, in: ['Screener', '@ToFeed'] }));

    expect(sendersOf(...emails)).toMatchObject([
      { sender: 'jane@xn--bcher-kva.example', emails, categories: [{ name: 'Feed' }] },
    ]);
  });

  it('very many of one sender, each put to the others once', () => {
    // Copied at each email, as they once were, they took minutes.
    const email = anEmail({ in: ['@ToFeed'] });
    const emails = Array.from({ length: 200_000 }, () => email);

    const [sender] = groupBySender(emails, layout).senders;

    expect(sender?.emails).toHaveLength(emails.length);
  });

  it('emails without a triage label are none of a pass', () => {
    expect(
      sendersOf(anEmail({ in: ['Screener'] }), anEmail({ in: ['Inbox', '@MailroomError'] })),
    ).toEqual([]);
  });

  it('an email of two authors is nobody’s', () => {
    const from = [
      { name: null, email: 'first@example.com' },
      { name: null, email: 'second@example.com' },
    ];

    expect(sendersOf(anEmail({ from, in: ['@ToFeed'] }))).toEqual([]);
  });

  it('emails without a usable address are kept apart, and match nobody', () => {
    const nobody = anEmail({ from: '', in: ['@ToFeed'] });
    const noFrom = anEmail({ from: [], in: ['@ToJail'] });
    const result = groupBySender([nobody, noFrom, anEmail({ in: ['@ToFeed'] })], layout);

    expect(result.withoutSender).toEqual([nobody, noFrom]);
    expect(result.senders).toHaveLength(1);
  });

  it.each([
    [
      'the newest',
      [
        ['2026-01-01T00:00:00Z', 'Old'],
        ['2026-02-01T00:00:00Z', 'New'],
      ],
      'New',
    ],
    [
      'the newest, listed first',
      [
        ['2026-02-01T00:00:00Z', 'New'],
        ['2026-01-01T00:00:00Z', 'Old'],
      ],
      'New',
    ],
    [
      'the newest, though it has none',
      [
        ['2026-01-01T00:00:00Z', 'Old'],
        ['2026-02-01T00:00:00Z', null],
      ],
      '',
    ],
    ['cleaned', [['2026-01-01T00:00:00Z', ' Jane\r\n\u202EDoe ']], 'Jane Doe'],
  ] as const)('display name: %s', (_rule, emails, displayName) => {
    const labelled = emails.map(([receivedAt, name]) =>
      anEmail({ receivedAt, name, in: ['@ToFeed'] }),
    );

    expect(sendersOf(...labelled)).toMatchObject([{ displayName }]);
  });

  it('of two that came at once, the name does not depend on the order of the listing', () => {
    const a = anEmail({ id: 'a', name: 'A', in: ['@ToFeed'] });
    const b = anEmail({ id: 'b', name: 'B', in: ['@ToFeed'] });

    expect(sendersOf(a, b)).toEqual(sendersOf(b, a));
  });
});
