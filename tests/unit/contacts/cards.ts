import { readFileSync } from 'node:fs';

import type { CardPart, RawCard } from '../../../src/contacts/vcard/lines.ts';
import { parseCardParts, toRawCard } from '../../../src/contacts/vcard/lines.ts';
import {
  type ContactAdditions,
  editContactCard,
  isWhole,
  type WholeCardPart,
} from '../../../src/contacts/vcard/edit.ts';
import type { SenderAddress } from '../../../src/triage/model.ts';

export const TODAY = '2026-11-21';

/** The octets of a file in tests/fixtures. */
export function readFixture(name: string): RawCard {
  return toRawCard(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url)));
}

/** Text with LF as a resource with CRLF. */
export function aCard(...lines: readonly string[]): RawCard {
  const text = ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n');
  return toRawCard(Buffer.from(text, 'utf8'));
}

export function anAddress(text: string): SenderAddress {
  return text as SenderAddress;
}

/** One of the cards that a resource holds whole. */
export function partOf(raw: RawCard, index = 0): WholeCardPart {
  const part: CardPart | undefined = parseCardParts(raw)[index];
  if (part === undefined || !isWhole(part)) throw new Error(`no whole card ${index} in\n${raw}`);
  return part;
}

/** A resource edited as for a sender `new@sender.example` named `New Name`. */
export function edit(
  raw: RawCard,
  additions: Partial<ContactAdditions> & { readonly index?: number } = {},
): RawCard {
  const { index = 0, ...others } = additions;
  return editContactCard(raw, partOf(raw, index), {
    address: anAddress('new@sender.example'),
    fullName: 'New Name',
    decision: { to: 'Feed', groupCategory: null, today: TODAY },
    ...others,
  });
}

/**
 * What an edit put in, as physical lines, `…` before what was put at the end of one that was there.
 * Throws when a single octet of the card was taken out, changed or moved: this does not use the
 * code under test.
 */
export function addedTo(raw: string, edited: string): readonly string[] {
  const before = physicalLines(raw);
  const added: string[] = [];
  let index = 0;
  for (const line of physicalLines(edited)) {
    const expected = before[index];
    if (line === expected) {
      index += 1;
    } else if (expected !== undefined && lengthens(expected, line)) {
      added.push(`…${content(line).slice(content(expected).length)}`);
      index += 1;
    } else {
      added.push(content(line));
    }
  }
  if (index !== before.length) throw new Error(`lost or changed: ${JSON.stringify(before[index])}`);
  return added;
}

/** The octets in each physical line, without its end. */
export function octetsPerLine(text: string): readonly number[] {
  return physicalLines(text).map((line) => content(line).length);
}

function physicalLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
}

function content(line: string): string {
  return line.replace(/[\r\n]+$/u, '');
}

function lengthens(shorter: string, longer: string): boolean {
  const end = shorter.slice(content(shorter).length);
  return longer.startsWith(content(shorter)) && longer.endsWith(end);
}
