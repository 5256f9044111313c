import { type ChildProcess, spawn } from 'node:child_process';

/** A container's process, as a kubelet would start it. */
interface ContainerRun {
  readonly command: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly user: number;
  /** Folders and files of this machine, seen read-only at `path`. */
  readonly mounts: readonly { readonly source: string; readonly path: string }[];
  /** A file of this machine that the process may write as `/dev/termination-log`. */
  readonly terminationLog: string;
}

export type RunContainer = (run: ContainerRun) => ChildProcess;

/** Whether this process may make mount namespaces: as root, on Linux. */
export const mayIsolate = process.platform === 'linux' && process.getuid?.() === 0;

export const isolationNote = mayIsolate ? '' : ' (skipped: it needs root on Linux)';

/**
 * Runs a process that sees nothing but its own root file system, read-only, as the given user and
 * without capabilities. The child is the process itself, so that a signal reaches the program.
 */
export function createIsolatedRunner(rootFolder: string): RunContainer {
  return ({ command, env, workingDir, user, mounts, terminationLog }) => {
    const places = mounts.flatMap(({ source, path }) => [source, path]);
    const parameters = [rootFolder, workingDir, String(user), terminationLog];
    const script = ['/bin/sh', '-c', ISOLATE, 'isolate', ...parameters, String(mounts.length)];
    return spawn(
      '/usr/bin/unshare',
      ['--mount', '--propagation', 'private', ...script, ...places, ...command],
      { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
  };
}

/**
 * Where namespaces cannot be made: a plain child process with only this environment; a setting
 * tells it where the service account's folder is. User, read-only root and termination message are
 * not tested then.
 */
export const runPlainly: RunContainer = ({ command: [program = '', ...args], ...run }) => {
  const account = run.mounts.find(({ path }) => path.endsWith('/serviceaccount'));
  const env = { ...run.env, MAILROOM_SERVICE_ACCOUNT_DIR: account?.source ?? '' };
  return spawn(program, args, { cwd: run.workingDir, env, stdio: ['ignore', 'pipe', 'pipe'] });
};

/** Arguments: root, working folder, user, termination log, n, n × (source, path), command. */
const ISOLATE = `
set -e
path=$PATH
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
lower=$1 folder=$2 user=$3 log=$4 count=$5
shift 5
# A tmpfs of this namespace alone, at a place that every Linux has.
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$lower,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
root=/mnt/root
mkdir -p $root/proc $root/dev
mount --rbind /proc $root/proc
mount -t tmpfs -o mode=755 tmpfs $root/dev
for device in null zero random urandom; do
  : > $root/dev/$device
  mount --bind /dev/$device $root/dev/$device
done
ln -s /proc/self/fd $root/dev/fd
: > $root/dev/termination-log
mount --bind "$log" $root/dev/termination-log
# /var/run is a link to /run on most systems, and would lead out of the root.
place() { case $2 in /var/run/*) [ ! -L $1/var/run ] || { echo "$1/run/\${2#/var/run/}"; return; } ;; esac; echo "$1$2"; }
while [ $count -gt 0 ]; do
  at=$(place $root "$2")
  if [ -d "$1" ]; then mkdir -p "$at"; else mkdir -p "\${at%/*}"; : > "$at"; fi
  mount --bind "$1" "$at"
  mount -o remount,bind,ro "$at"
  shift 2
  count=$((count - 1))
done
mount -o remount,ro $root
# A setuid away from root clears all capabilities.
PATH=$path exec /usr/bin/unshare --root=$root --wd="$folder" --setgid "$user" --setuid "$user" "$@"
`;
