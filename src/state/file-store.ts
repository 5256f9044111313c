import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { StateWriteError } from '../errors.ts';
import type { StateRead, StateStore } from '../triage/ports.ts';
import { emptyState, formatState, lostState, parseState, type RunState } from './state.ts';

/**
 * The state as a file, outside a cluster. It is written whole beside its place and renamed into it,
 * so that a reader, a crash or a full disk never meets half a state. The file beside it is also the
 * lock: of two runs that finish at once, the second applies its outcome to what the first wrote.
 */
export function createFileStore(path: string): StateStore<RunState> {
  return {
    description: `file ${path}`,
    read: () => readState(path),
    async save(change) {
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await replaceFile(path, async () => formatState(change(await readForChange(path))));
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

async function readState(path: string): Promise<StateRead<RunState>> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return { kind: 'unreadable', problem: `${path} is not a file` };
    if (found.size > MAX_FILE_BYTES) {
      return { kind: 'unreadable', problem: `${path} is too large to be a state` };
    }
    return { kind: 'read', state: parseState(await readFile(path, 'utf8')) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { kind: 'absent' };
    return { kind: 'unreadable', problem: `${path}: ${describe(error)}` };
  }
}

async function readForChange(path: string): Promise<RunState> {
  const read = await readState(path);
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
async function replaceFile(path: string, makeContent: () => Promise<string>): Promise<void> {
  const lockPath = `${path}.lock`;
  const lock = await takeLock(lockPath);
  let isRenamed = false;
  try {
    await lock.writeFile(await makeContent(), 'utf8');
    await lock.sync();
    if (!(await isSameFile(lock, lockPath))) throw new Error('another run took the lock');
    await rename(lockPath, path);
    isRenamed = true;
  } finally {
    if (!isRenamed && (await isSameFile(lock, lockPath))) await rm(lockPath, { force: true });
    await lock.close();
  }
}

async function takeLock(lockPath: string): Promise<FileHandle> {
  const giveUpAt = Date.now() + 2 * ABANDONED_LOCK_MS;
  for (;;) {
    try {
      return await open(lockPath, 'wx', 0o600);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || Date.now() > giveUpAt) throw error;
    }
    await clearAbandonedLock(lockPath);
    await delay(LOCK_RETRY_MS);
  }
}

async function clearAbandonedLock(lockPath: string): Promise<void> {
  const lock = await stat(lockPath).catch(() => null);
  if (lock === null || Date.now() - lock.mtimeMs < ABANDONED_LOCK_MS) return;
  await rm(lockPath, { force: true });
}

async function isSameFile(handle: FileHandle, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([handle.stat(), stat(path).catch(() => null)]);
  return there !== null && ours.ino === there.ino && ours.dev === there.dev;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
