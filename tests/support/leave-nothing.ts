import { deepStrictEqual } from 'node:assert';
import { afterAll, vi } from 'vitest';

/*
 * The files of unit tests share a process, which halves the CPU that they take. So a file has to
 * leave the process as it found it, or the next one runs in another world: this fails it where it
 * does not.
 */

const found = describeProcess();

afterAll(() => deepStrictEqual(describeProcess(), found));

function describeProcess(): object {
  return {
    timersAreFake: vi.isFakeTimers(),
    // Those with `__` are tslib's, which a package brings.
    globals: Object.getOwnPropertyNames(globalThis).filter((name) => !name.startsWith('__')),
    fetch: globalThis.fetch,
    environment: { ...process.env },
    folder: process.cwd(),
    exitCode: process.exitCode,
    listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
  };
}
