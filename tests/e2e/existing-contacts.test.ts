import { beforeAll, expect, test } from 'vitest';

import { type MailroomRun, readEtags } from '../support/run-mailroom.ts';
import { describeEachServer, type StoredCard } from '../support/test-account.ts';
import { useScenario } from '../support/use-scenario.ts';

/*
 * Contacts that the user made: each keeps every byte but the end of its NOTE. What is compared is the
 * card before the pass, as the server gave it, with the card after it: servers rewrite at a PUT.
 */

interface CardRow {
  readonly what: string;
  readonly address: string;
  /** Lines between `UID` and `END`. */
  readonly lines: readonly string[];
  /** The NOTE before, as stored; null where there is none. */
  readonly note: string | null;
}

const FOLDED_EMOJI = [
  'NOTE:Seventy-five octets end within this family of emoji \u{1F468}',
  ' \u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}, who live on',
];

const CARDS: readonly CardRow[] = [
  {
    what: 'escaped semicolons in NOTE',
    address: 'note@card.example',
    lines: [
      'FN:Note',
      'N:;;;;',
      'EMAIL:note@card.example',
      String.raw`NOTE:one\; two\, three\\ four\nfive`,
    ],
    note: String.raw`one\; two\, three\\ four\nfive`,
  },
  {
    what: 'a birthday in words',
    address: 'birthday@card.example',
    lines: [
      'FN:Birthday',
      'N:;;;;',
      'BDAY;VALUE=text:around Easter 1950',
      'EMAIL:birthday@card.example',
    ],
    note: null,
  },
  {
    what: 'the address in a group (item1.EMAIL)',
    address: 'grouped@card.example',
    lines: [
      'FN:Grouped',
      'N:;;;;',
      'item1.EMAIL;TYPE=INTERNET:grouped@card.example',
      'item1.X-ABLabel:_$!<Other>!$_',
      'EMAIL:other@card.example',
    ],
    note: null,
  },
  {
    what: 'repeated parameters',
    address: 'repeated@card.example',
    lines: [
      'FN:Repeated',
      'N:;;;;',
      'EMAIL;TYPE=INTERNET;TYPE=HOME;TYPE=pref:repeated@card.example',
      'TEL;TYPE=CELL;TYPE=VOICE;X-A=1;X-A=2:+49 30 1234',
    ],
    note: null,
  },
  {
    what: 'a photo',
    address: 'photo@card.example',
    lines: [
      'FN:Photo',
      'N:;;;;',
      'EMAIL:photo@card.example',
      `PHOTO;ENCODING=b;TYPE=JPEG:/9j/${'A'.repeat(64)}`,
      ...Array.from({ length: 40 }, () => ` ${'b'.repeat(74)}`),
      'NOTE:Has a photo',
    ],
    note: 'Has a photo',
  },
  {
    what: 'emoji across a fold',
    address: 'emoji@card.example',
    lines: ['FN:Emoji', 'N:;;;;', 'EMAIL:emoji@card.example', ...FOLDED_EMOJI],
    note: 'Seventy-five octets end within this family of emoji \u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}, who live on'.replace(
      ',',
      String.raw`\,`,
    ),
  },
  {
    what: 'properties that nobody knows, in a spelling of their own',
    address: 'quirks@card.example',
    lines: [
      'FN:Quirks',
      'N:Quirk;A.;;Dr.;',
      'ORG:One;Two',
      'eMail;type=work:quirks@card.example',
      'X-Custom;X-Param="a;b:c":value; with, bare separators',
      'CATEGORIES:friends,family',
      'ADR;TYPE=HOME:;;Street 1;Town;;12345;Country',
      'URL:https://card.example/?a=1;b=2',
    ],
    note: null,
  },
];

describeEachServer('existing contacts', ({ open }) => {
  const { account, scenario, mailroom } = useScenario(open);
  let run: MailroomRun;
  const hrefs = new Map<string, string>();
  let before: ReadonlyMap<string, StoredCard>;
  let after: ReadonlyMap<string, StoredCard>;
  let etagsAfter: Readonly<Record<string, string>>;

  beforeAll(async () => {
    for (const { address, lines } of CARDS) {
      hrefs.set(address, await account.putCard(`${uidOf(address)}.vcf`, cardOf(address, lines)));
      await scenario.email({ from: address, in: ['Screener', '@ToPaperTrail'] });
    }
    hrefs.set('bystander', await account.putCard('by.vcf', cardOf('by@x.example', BYSTANDER)));
    before = await account.cards();
    run = await mailroom.run();
    after = await account.cards();
    etagsAfter = await readEtags(account);
  });

  test('all are updated, none is made', () => {
    expect(run.end).toMatchObject({ event: 'poll_complete', processed: CARDS.length, failed: 0 });
    expect(run.find('contact_upserted').map(({ result }) => result as string)).toEqual(
      CARDS.map(() => 'updated'),
    );
    expect(new Set(after.keys())).toEqual(new Set(before.keys()));
  });

  test.each(CARDS)('$what: every byte but the NOTE is as it was', ({ address }) => {
    const href = hrefs.get(address) ?? '';

    expect(withoutNote(cardAt(href, after))).toBe(withoutNote(cardAt(href, before)));
  });

  test.each(CARDS)('$what: NOTE ends in the decision', async ({ address, note }) => {
    const contact = await scenario.contactOf(address);
    const ours = `Mailroom ${run.lines[0]?.timestamp.slice(0, 10)}: Paper Trail`;

    expect(contact.value('NOTE')).toBe(note === null ? ours : String.raw`${note}\n${ours}`);
  });

  test.each(CARDS)('$what: in the group, by the UID that it had', async ({ address }) => {
    expect(await scenario.groupsOf(uidOf(address))).toEqual(['Paper Trail']);
  });

  test('a card that nobody asked about is not written', () => {
    const href = hrefs.get('bystander') ?? '';

    expect(cardAt(href, after).etag).toBe(cardAt(href, before).etag);
  });

  test('triaged again on the same day, no card is written', async () => {
    for (const { address } of CARDS) {
      await scenario.email({ from: address, in: ['Screener', '@ToPaperTrail'] });
    }

    const again = await mailroom.run();

    expect(again.end).toMatchObject({ processed: CARDS.length });
    expect(await readEtags(account)).toEqual(etagsAfter);
  });
});

const BYSTANDER = ['FN:Bystander', 'N:;;;;', 'EMAIL:by@x.example', 'NOTE:Mine'];

function uidOf(address: string): string {
  return `card-of-${address.split('@')[0]}`;
}

function cardOf(address: string, lines: readonly string[]): string {
  return ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uidOf(address)}`, ...lines, 'END:VCARD', ''].join(
    '\r\n',
  );
}

function cardAt(href: string, cards: ReadonlyMap<string, StoredCard>): StoredCard {
  const card = cards.get(href);
  if (card === undefined) throw new Error(`no card ${href}`);
  return card;
}

/** The bytes (as characters) without the NOTE and its continuation lines. */
function withoutNote(card: StoredCard): string {
  const binary = Buffer.from(card.bytes).toString('latin1');
  return binary.replaceAll(/^NOTE[:;].*\r\n(?:[ \t].*\r\n)*/gmu, '');
}
