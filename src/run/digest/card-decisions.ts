import type { NotedContact } from '../../contacts/card-notes.ts';
import { findDecisions } from '../../triage/decision.ts';
import type { Decision } from '../../triage/digest.ts';

/**
 * The decisions that stand on cards, from a day (`YYYY-MM-DD`) on, oldest first: what is known of them
 * when the state is lost. A card with several addresses was decided on as one; the first names it.
 */
export function findCardDecisions(
  cards: readonly NotedContact[],
  sinceDay: string,
): readonly Decision[] {
  return cards
    .flatMap(({ contact, note }) => {
      const [sender] = contact.addresses;
      if (sender === undefined) return [];
      return findDecisions(note)
        .filter(({ date }) => date >= sinceDay)
        .map(({ date, to }) => ({
          sender,
          name: contact.name,
          category: to,
          at: `${date}T00:00:00Z`,
        }));
    })
    .toSorted((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}

/** Those on cards that are not remembered besides, and all that are remembered, oldest first. */
export function withoutRepeats(
  onCards: readonly Decision[],
  remembered: readonly Decision[],
): readonly Decision[] {
  const known = new Set(remembered.map(keyOf));
  return [...onCards.filter((one) => !known.has(keyOf(one))), ...remembered];
}

/** A card says the day alone. */
function keyOf({ sender, category, at }: Decision): string {
  return JSON.stringify([sender, category, at.slice(0, 10)]);
}
