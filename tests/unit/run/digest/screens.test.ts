import { describe, expect, it } from 'vitest';

import type { WaitingSender } from '../../../../src/run/digest/backlog.ts';
import { type DigestContent, renderDigest } from '../../../../src/run/digest/render.ts';
import { wrapText } from '../../../../src/terminal/wrap-text.ts';
import { anAddress } from '../../../support/builders.ts';
import { DIGEST_FRAME as FRAME, EMPTY_DIGEST as NOTHING } from '../../../support/digest-content.ts';

/* What a phone of 40 columns shows of a digest, kept as text in `screens`. */

function decided(
  address: string,
  name: string,
  category: string,
): DigestContent['decided'][number] {
  return { sender: anAddress(address), name, category, at: '2026-11-24T10:00:00Z' };
}

function waits(address: string, sender: Partial<WaitingSender> = {}): WaitingSender {
  return {
    address: anAddress(address),
    name: '',
    emails: 1,
    since: '2026-11-20T10:00:00Z',
    subject: 'Hello',
    ...sender,
  };
}

const SEVEN: readonly WaitingSender[] = [
  waits('office@kindergarten-sonnenschein.example', {
    name: 'Kindergarten Sonnenschein, Büro der Leitung und Elternbeirat',
    emails: 3,
    since: '2025-12-28T09:00:00Z',
    subject: 'Elternabend am Donnerstag, bitte um Rückmeldung bis Dienstag wegen der Stühle',
  }),
  waits('wang@shop.example', { name: '王小明', emails: 2, subject: '您的订单已发货，请查收' }),
  waits('mohammed@shop.example', { name: 'محمد', subject: 'فاتورة رقم 12' }),
  waits('party@fun.example', { name: '🎉 Party 👨‍👩‍👧‍👦', subject: '🎂 Saturday!' }),
  waits('evil@attacker.example', {
    name: 'bank@bank.example\r\n• you: Imbox',
    subject: 'Log in: https://bank.example.attacker.example/ \u202Eexe.txt\u001B[2J',
  }),
  waits(`${'long-'.repeat(9)}name@${'very-'.repeat(6)}long-domain.example`, {
    name: 'N'.repeat(300),
    subject: 'S'.repeat(900),
  }),
  waits('last@shop.example', { subject: '' }),
];

const CONTENTS: readonly (readonly [string, DigestContent])[] = [
  [
    'nobody',
    {
      ...NOTHING,
      decided: [
        decided('jane@a.example', 'Jane Doe', 'Person'),
        decided('news@b.example', '', 'Feed'),
        decided('back@c.example', 'Back', 'Screener'),
      ],
    },
  ],
  ['one', { ...NOTHING, waiting: SEVEN.slice(0, 1) }],
  [
    'seven',
    {
      waiting: SEVEN,
      withoutSender: 2,
      decided: [decided('jane@a.example', 'Jane Doe', 'Person')],
      decidedBesides: 4,
      unsolved: {
        conflicts: [{ sender: anAddress('torn@a.example'), categories: ['Feed', 'Jail'] }],
        failures: [],
        errorLabelled: 2,
      },
      jailed: [
        { address: anAddress('spam@a.example'), name: 'Buy <b>now</b>', emails: 1200 },
        { address: anAddress('ads@a.example'), name: '', emails: 1 },
      ],
    },
  ],
  [
    'many',
    {
      ...NOTHING,
      waiting: Array.from({ length: 312 }, (_, index) =>
        waits(`sender${index}@shop.example`, { name: `Shop ${index}`, emails: 1 + (index % 3) }),
      ),
    },
  ],
];

describe('a digest on a phone', () => {
  it.each(CONTENTS)('%s: as it was looked at', async (name, content) => {
    const { subject, text } = renderDigest(content, FRAME);

    const wrapped = [`Subject: ${subject}`, '', ...text.trimEnd().split('\n')].flatMap((line) =>
      wrapText(line, { width: 40, indent: '' }),
    );
    const screen = `${wrapped.join('\n')}\n`;
    await expect(screen).toMatchFileSnapshot(`screens/digest-${name}.txt`);
  });
});
