import {
  closeSync,
  fstatSync,
  fsyncSync,
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

import { StateWriteError } from '../errors.ts';
import { emptyState, formatState, lostState, parseState, type RunState } from './state.ts';
import type { StateRead, StateStore } from './store.ts';

/**
 * The state as a file, outside a cluster. It is written whole beside its place and renamed into it,
 * so that a reader, a crash or a full disk never meets half a state. The file beside it is also the
 * lock: of two runs that finish at once, the second applies its outcome to what the first wrote.
 *
 * Files are read and written synchronously: nothing else is going on then, and node:fs/promises with
 * its threads costs an eighth of what an empty program does.
 */
export function createFileStore(path: string): StateStore<RunState> {
  return {
    description: `file ${path}`,
    read: async () => readState(path),
    async save(change) {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        await replaceFile(path, () => formatState(change(readForChange(path))));
      } catch (error) {
        throw new StateWriteError(`${path} could not be written: ${describe(error)}`, {
          cause: error,
        });
      }
    },
  };
}

/** A lock this old was left by a run that was killed: writing takes milliseconds. */
const ABANDONED_LOCK_MS = 5_000;

const LOCK_RETRY_MS = 20;

/** Far above any state of ours; a file this large is none, and is not read into memory. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

function readState(path: string): StateRead<RunState> {
  try {
    const found = statSync(path);
    if (!found.isFile()) return { kind: 'unreadable', problem: `${path} is not a file` };
    if (found.size > MAX_FILE_BYTES) {
      return { kind: 'unreadable', problem: `${path} is too large to be a state` };
    }
    return { kind: 'read', state: parseState(readFileSync(path, 'utf8')) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { kind: 'absent' };
    return { kind: 'unreadable', problem: `${path}: ${describe(error)}` };
  }
}

function readForChange(path: string): RunState {
  const read = readState(path);
  switch (read.kind) {
    case 'read':
      return read.state;
    case 'absent':
      return emptyState;
    case 'unreadable':
      return lostState(null);
    default:
      return read satisfies never;
  }
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
  const giveUpAt = Date.now() + 2 * ABANDONED_LOCK_MS;
  for (;;) {
    try {
      return openSync(lockPath, 'wx', 0o600);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || Date.now() > giveUpAt) throw error;
    }
    clearAbandonedLock(lockPath);
    await delay(LOCK_RETRY_MS);
  }
}

function clearAbandonedLock(lockPath: string): void {
  const lock = statOrNull(lockPath);
  if (lock === null || Date.now() - lock.mtimeMs < ABANDONED_LOCK_MS) return;
  rmSync(lockPath, { force: true });
}

function isSameFile(file: number, path: string): boolean {
  const there = statOrNull(path);
  const ours = fstatSync(file);
  return there !== null && ours.ino === there.ino && ours.dev === there.dev;
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
