/** Another one each day; `MAILROOM_TEST_SEED` gives the sample of a day again. */
export const sampleSeed = Number(
  process.env['MAILROOM_TEST_SEED'] ?? Math.floor(Date.now() / 86_400_000),
);
const isWhole = process.env['MAILROOM_TEST_WHOLE'] === 'true';

/** What a sample has to be told by, for a title. */
export const sampleNote = isWhole
  ? ''
  : ` (a third, seed ${sampleSeed}; all: MAILROOM_TEST_WHOLE=true)`;

/**
 * Every third item. The servers have a third each, so that together they try all, and in three days
 * each server does. Throws when that would be nothing.
 */
export function thirdFor<Item>(
  server: 'stand-in' | 'cyrus' | 'cyrus-new',
  items: readonly Item[],
): readonly Item[] {
  const part = ['stand-in', 'cyrus', 'cyrus-new'].indexOf(server);
  const chosen = isWhole ? items : items.filter((_, index) => (index + sampleSeed) % 3 === part);
  if (chosen.length === 0) throw new Error(`nothing of ${items.length} is in the sample`);
  return chosen;
}
