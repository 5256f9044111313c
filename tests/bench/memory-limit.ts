import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** A memory cgroup, like the one that limits a container. */
export interface MemoryLimit {
  /** Put before a command, it makes the command run under the limit. */
  readonly prefix: readonly string[];
  /** The most memory that was used under it, in MiB, including what the kernel used. */
  readPeakMebibytes(): number;
  remove(): void;
}

/**
 * Limits memory as Kubernetes does: the kernel kills a process that needs more. Null if no cgroup
 * can be made, which needs root and a memory controller.
 */
export function createMemoryLimit(mebibytes: number): MemoryLimit | null {
  const version = findVersion();
  if (version === null) return null;
  const folder = `${version.root}/mailroom-${process.pid}`;
  try {
    mkdirSync(folder);
    writeFileSync(`${folder}/${version.limit}`, String(mebibytes * 2 ** 20));
  } catch {
    if (existsSync(folder)) rmdirSync(folder);
    return null;
  }
  return {
    prefix: ['bash', '-c', `echo $$ > ${folder}/cgroup.procs && exec "$@"`, 'bash'],
    readPeakMebibytes: () => Number(readFileSync(`${folder}/${version.peak}`, 'utf8')) / 2 ** 20,
    remove: () => rmdirSync(folder),
  };
}

interface CgroupVersion {
  readonly root: string;
  readonly limit: string;
  readonly peak: string;
}

function findVersion(): CgroupVersion | null {
  const isSecond =
    existsSync('/sys/fs/cgroup/cgroup.subtree_control') &&
    readFileSync('/sys/fs/cgroup/cgroup.subtree_control', 'utf8').includes('memory');
  if (isSecond) return { root: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak' };
  if (!existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes')) return null;
  return {
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
  };
}
