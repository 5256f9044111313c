import { deepStrictEqual } from 'node:assert';
import { afterAll, vi } from 'vitest';

/*
 * The files of unit tests share a process, which halves their CPU. So each file must leave the
 * process as it found it, or the next one runs under different conditions. This fails a file that
 * does not.
 */

const found = describeProcess();

afterAll(() => deepStrictEqual(describeProcess(), found));

function describeProcess(): object {
  return {
    timersAreFake: vi.isFakeTimers(),
    // Names with `__` come from tslib, which some package uses.
    globals: Object.getOwnPropertyNames(globalThis).filter((name) => !name.startsWith('__')),
    fetch: globalThis.fetch,
    environment: { ...process.env },
    folder: process.cwd(),
    exitCode: process.exitCode,
    listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
  };
}
