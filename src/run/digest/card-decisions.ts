import type { NotedContact } from '../../contacts/card-notes.ts';
import { findDecisions } from '../../triage/decision.ts';
import type { Decision } from '../../triage/digest.ts';

/**
 * The decisions that stand on a card, from a day (`YYYY-MM-DD`) on: what is known of them when the state
 * is lost. A card with several addresses was decided on as one; the first names it.
 */
export function findCardDecisions(
  { contact: { addresses, name }, note }: NotedContact,
  sinceDay: string,
): readonly Decision[] {
  const [sender] = addresses;
  if (sender === undefined) return [];
  return findDecisions(note)
    .filter(({ date }) => date >= sinceDay)
    .map(({ date, to }) => ({
      sender,
      name: copyOf(name),
      category: copyOf(to),
      at: `${date}T00:00:00Z`,
    }));
}

/** A part of a longer text would keep all of it in memory: a card, with its photo. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** Those on cards that are not remembered besides, and all that are remembered, oldest first. */
export function withoutRepeats(
  onCards: readonly Decision[],
  remembered: readonly Decision[],
): readonly Decision[] {
  const known = new Set(remembered.map(keyOf));
  const others = onCards
    .filter((one) => !known.has(keyOf(one)))
    .toSorted((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
  return [...others, ...remembered];
}

/** A card says the day alone. */
function keyOf({ sender, category, at }: Decision): string {
  return JSON.stringify([sender, category, at.slice(0, 10)]);
}
