import {
  closeSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { errorCodeOf, messageOf, StateWriteError } from '../errors.ts';
import { formatState, parseState } from './format.ts';
import { findStateFile } from './state-file.ts';
import { type StateRead, type StateStore, toState } from './store.ts';

/**
 * The state as a file, outside a cluster. It is written whole beside its place and renamed into it,
 * so that no reader, crash or full disk ever leaves half a state; a link stays, and the file that it
 * leads to is replaced. Anything that exists and is not a regular file is neither read nor written.
 * The file beside it is also the lock: if two runs finish at once, the second applies its outcome to
 * what the first wrote.
 *
 * Files are read and written synchronously: nothing else is going on then, and node:fs/promises with
 * its threads costs an eighth of an empty program's CPU.
 */
export function createFileStore(path: string): StateStore {
  return {
    description: `file ${path}`,
    read: async () => readState(path),
    async save(change) {
      try {
        const file = findStateFile(path);
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        await replaceFile(file, () => formatState(change(toState(readState(file)))));
      } catch (error) {
        throw new StateWriteError(`${path} could not be written: ${messageOf(error)}`, {
          cause: error,
        });
      }
    },
  };
}

/** A lock this old was left by a run that was killed: writing takes milliseconds. */
const ABANDONED_LOCK_MS = 5_000;

const LOCK_RETRY_MS = 20;

/** Far more than any state: a file this large is something else, and is not read into memory. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

function readState(path: string): StateRead {
  try {
    const file = findStateFile(path);
    const found = statSync(file);
    if (found.size > MAX_FILE_BYTES) return unreadable(`${path} is too large to be a state`);
    return { kind: 'read', state: parseState(readFileSync(file, 'utf8')) };
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return { kind: 'absent' };
    return unreadable(`${path}: ${messageOf(error)}`);
  }
}

function unreadable(problem: string): StateRead {
  return { kind: 'unreadable', problem, lastSuccessfulRun: null };
}

/** Under the lock: makes the new content, writes it to the lock file, and renames that into place. */
async function replaceFile(path: string, makeContent: () => string): Promise<void> {
  const lockPath = `${path}.lock`;
  const lock = await takeLock(lockPath);
  let isRenamed = false;
  try {
    writeFileSync(lock, makeContent(), 'utf8');
    fsyncSync(lock);
    if (!isSameFile(lock, lockPath)) throw new Error('another run took the lock');
    renameSync(lockPath, path);
    isRenamed = true;
  } finally {
    if (!isRenamed && isSameFile(lock, lockPath)) rmSync(lockPath, { force: true });
    closeSync(lock);
  }
}

/** The new file's descriptor. */
async function takeLock(lockPath: string): Promise<number> {
  const startedMs = performance.now();
  let first: Stats | null = null;
  for (;;) {
    const waitedMs = performance.now() - startedMs;
    try {
      return openSync(lockPath, 'wx', 0o600);
    } catch (error) {
      if (errorCodeOf(error) !== 'EEXIST' || waitedMs > 3 * ABANDONED_LOCK_MS) throw error;
    }
    const lock = statOrNull(lockPath);
    first ??= lock;
    if (lock !== null && isAbandoned(lock, first, waitedMs)) rmSync(lockPath, { force: true });
    await delay(LOCK_RETRY_MS);
  }
}

/**
 * Judged by its age, or because it has not changed for that long: a clock may have been put back
 * since.
 */
function isAbandoned(lock: Stats, first: Stats | null, waitedMs: number): boolean {
  if (!lock.isFile()) return false;
  if (Date.now() - lock.mtimeMs >= ABANDONED_LOCK_MS) return true;
  const isSame = lock.ino === first?.ino && lock.mtimeMs === first.mtimeMs;
  return isSame && waitedMs >= ABANDONED_LOCK_MS;
}

function isSameFile(file: number, path: string): boolean {
  const there = statOrNull(path);
  const ours = fstatSync(file);
  return there !== null && ours.ino === there.ino && ours.dev === there.dev;
}

function statOrNull(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}
