import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createBudget } from '../../../src/http/budget.ts';
import { StoppedError, TimeoutError } from '../../../src/errors.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a run's budget", () => {
  it('counts down to the pass timeout', () => {
    const budget = createBudget({ ...usual(), passTimeoutMs: 1000 });

    vi.advanceTimersByTime(400);

    expect(budget.remainingMs()).toBe(600);
    expect(budget.signal.aborted).toBe(false);
    expect(budget.isStopping()).toBe(false);
  });

  it('ends with the pass timeout, for that reason', () => {
    const budget = createBudget({ ...usual(), passTimeoutMs: 1000 });

    vi.advanceTimersByTime(1000);

    expect(budget.remainingMs()).toBe(0);
    expect(budget.signal.reason).toBeInstanceOf(TimeoutError);
  });

  it('ends the grace after a stop, for that reason', () => {
    const stop = new AbortController();
    const budget = createBudget({ passTimeoutMs: 60_000, stop: stop.signal, stopGraceMs: 500 });

    vi.advanceTimersByTime(100);
    stop.abort();

    expect(budget.isStopping()).toBe(true);
    expect(budget.remainingMs()).toBe(500);
    expect(budget.signal.aborted).toBe(false);
    vi.advanceTimersByTime(500);
    expect(budget.remainingMs()).toBe(0);
    expect(budget.signal.reason).toBeInstanceOf(StoppedError);
  });

  it('gives up reads at once, and leaves writes the grace', () => {
    const stop = new AbortController();
    const options = { ...usual(), stop: stop.signal, readGraceMs: 0 };
    const reading = createBudget(options);
    const writing = createBudget(options);
    writing.beginWrites();

    stop.abort();
    vi.advanceTimersByTime(1);

    expect([reading, writing].map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(reading.signal.reason).toBeInstanceOf(StoppedError);
    expect(writing.remainingMs()).toBe(14_999);
  });

  it('is not lengthened by a stop', () => {
    const stop = new AbortController();
    const budget = createBudget({ passTimeoutMs: 1000, stop: stop.signal, stopGraceMs: 5000 });

    vi.advanceTimersByTime(900);
    stop.abort();

    expect(budget.remainingMs()).toBe(100);
    vi.advanceTimersByTime(100);
    expect(budget.signal.reason).toBeInstanceOf(TimeoutError);
  });

  it('knows a stop that came before it', () => {
    const stop = AbortSignal.abort();
    const budget = createBudget({ passTimeoutMs: 60_000, stop, stopGraceMs: 500 });

    expect([budget.isStopping(), budget.remainingMs()]).toEqual([true, 500]);
  });

  it('gives up what is still under way when the run is over', () => {
    const budget = createBudget(usual());
    budget.beginWrites();

    budget.end();

    expect(budget.signal.reason).toBeInstanceOf(StoppedError);
    expect(budget.remainingMs()).toBe(0);
  });

  it('counts requests', () => {
    const budget = createBudget(usual());

    budget.countRequest();
    budget.countRequest();

    expect(budget.requestCount).toBe(2);
  });

  it('keeps no process alive', () => {
    vi.useRealTimers();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

    const budget = createBudget(usual());

    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    expect(budget.signal.aborted).toBe(false);
    expect(after).toBe(before);
  });
});

function usual(): Parameters<typeof createBudget>[0] {
  return { passTimeoutMs: 60_000, stop: new AbortController().signal, stopGraceMs: 15_000 };
}
