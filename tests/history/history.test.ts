import { expect, test } from 'vitest';

import { findUnseen, playHistories } from './histories.ts';
import { Sightings } from './story.ts';

test('any history of an account: mail of each sender arrives where it was decided, and nothing is lost', async () => {
  const sightings = new Sightings();

  await playHistories({ seed: 1, histories: 500, mostSteps: 60 }, sightings);

  expect(findUnseen(sightings), 'nothing reaches these').toEqual([]);
}, 120_000);
