import { describe, expect, it } from 'vitest';

import {
  applyDigestChange,
  type DigestMemory,
  emptyDigestMemory,
  parseDigestMemory,
} from '../../../src/state/digest-memory.ts';
import type { Decision } from '../../../src/triage/digest.ts';
import { anAddress } from '../../support/builders.ts';

const MONDAY = '2026-11-23T06:00:00Z';
const TUESDAY = '2026-11-24T06:00:00Z';

function decision(index: number): Decision {
  return {
    sender: anAddress(`sender${index}@shop.example`),
    name: '',
    category: 'Feed',
    at: MONDAY,
  };
}

function memory(...decided: readonly Decision[]): DigestMemory {
  return { ...emptyDigestMemory, toldAt: MONDAY, decided };
}

const NONE_TOLD = { told: emptyDigestMemory };

describe('what is remembered for the next digest', () => {
  it('grows by what a run decided and did not tell', () => {
    const change = { toldAt: null, decided: [decision(2)], ...NONE_TOLD };

    expect(applyDigestChange(memory(decision(1)), change)).toEqual(
      memory(decision(1), decision(2)),
    );
    expect(applyDigestChange(null, change)).toEqual({ ...memory(decision(2)), toldAt: null });
  });

  it('loses what was told, and keeps what another run decided meanwhile', () => {
    const stored = memory(decision(1), decision(2));
    const change = { toldAt: TUESDAY, decided: [], told: memory(decision(1)) };

    expect(applyDigestChange(stored, change)).toEqual({ ...memory(decision(2)), toldAt: TUESDAY });
  });

  it('has room for 200 decisions, and the number of those before', () => {
    const many = Array.from({ length: 198 }, (_, index) => decision(index));
    const decided = [decision(1000), decision(1001), decision(1002)];
    const grown = applyDigestChange(memory(...many), { toldAt: null, decided, ...NONE_TOLD });

    expect(grown?.decided).toHaveLength(200);
    expect(grown?.decided.at(-1)).toEqual(decision(1002));
    expect(grown?.decidedBesides).toBe(1);
    const told = grown ?? emptyDigestMemory;
    expect(applyDigestChange(grown, { toldAt: TUESDAY, decided: [], told })).toEqual({
      ...emptyDigestMemory,
      toldAt: TUESDAY,
    });
  });

  it.each([
    ['the later of two runs counts', TUESDAY, '2026-11-24T05:59:00Z', TUESDAY],
    ['a clock that was far ahead does not', '2031-01-01T00:00:00Z', TUESDAY, TUESDAY],
    ['one that knows nothing changes nothing', MONDAY, null, MONDAY],
  ])('%s', (_name, toldAt, ours, expected) => {
    const stored = { ...emptyDigestMemory, toldAt };

    expect(applyDigestChange(stored, { toldAt: ours, decided: [], ...NONE_TOLD })?.toldAt).toBe(
      expected,
    );
  });

  it('says since when a digest fails, until one does not', () => {
    const failing = (since: string) => ({
      toldAt: null,
      decided: [],
      ...NONE_TOLD,
      failure: { since, problem: `at ${since}` },
    });

    const once = applyDigestChange(memory(), failing(MONDAY));
    const twice = applyDigestChange(once, failing(TUESDAY));

    expect(twice?.failure).toEqual({ since: MONDAY, problem: `at ${TUESDAY}` });
    const none = { toldAt: null, decided: [], ...NONE_TOLD };
    expect(applyDigestChange(twice, none)?.failure).toEqual(twice?.failure);
    expect(applyDigestChange(twice, { ...none, failure: null })?.failure).toBeNull();
  });

  it('says when a digest was left last, also after passes that left none', () => {
    const none = { toldAt: null, decided: [], ...NONE_TOLD };
    const left = applyDigestChange(memory(), { ...none, sentAt: TUESDAY });

    expect(applyDigestChange(left, none)?.sentAt).toBe(TUESDAY);
    const earlier = { ...none, sentAt: '2026-11-24T05:59:00Z' };
    expect(applyDigestChange(left, earlier)?.sentAt).toBe(TUESDAY);
  });

  it('knows from when on decisions are on cards alone, until they are told', () => {
    const none = { toldAt: null, decided: [], ...NONE_TOLD };
    const lost = applyDigestChange(null, { ...none, toldAt: MONDAY, lostSince: MONDAY });

    expect(applyDigestChange(lost, none)?.lostSince).toBe(MONDAY);
    expect(applyDigestChange(lost, { ...none, lostSince: null })?.lostSince).toBeNull();
  });

  it('of an earlier version is understood', () => {
    const earlier = { toldAt: MONDAY, decided: [decision(1)], decidedBesides: 0 };

    expect(parseDigestMemory(earlier)).toEqual(memory(decision(1)));
  });

  it('is forgotten when digests are off', () => {
    expect(applyDigestChange(memory(decision(1)), 'forget')).toBeNull();
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'x'],
    ['a time that is none', { ...memory(), toldAt: 'yesterday' }],
    ['decisions that are no list', { ...memory(), decided: {} }],
    ['a decision without its sender', { ...memory(), decided: [{ at: MONDAY }] }],
    ['a number that is none', { ...memory(), decidedBesides: '3' }],
  ])('%s is no memory', (_name, json) => {
    expect(parseDigestMemory(json)).toBeNull();
  });

  it('is read as it was written', () => {
    const written = JSON.parse(JSON.stringify(memory(decision(1)))) as unknown;

    expect(parseDigestMemory(written)).toEqual(memory(decision(1)));
  });
});
