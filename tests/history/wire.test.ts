import { expect, test } from 'vitest';

import { findWireUnseen, playWireHistories } from './wire-histories.ts';

test('any history of an installation, over HTTP: state, settings, clock and digests too', async () => {
  const sightings = { events: new Set<string>(), kinds: new Set<string>() };

  await playWireHistories({ seed: 11, histories: 30, mostSteps: 100 }, sightings);

  expect(findWireUnseen(sightings), 'nothing reaches these').toEqual([]);
}, 240_000);
