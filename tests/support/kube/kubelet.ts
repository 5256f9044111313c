import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RunContainer } from '../container.ts';
import { KubeError, type KubeObject, type TestCluster } from './cluster.ts';
import { ConfigurationError, readEnvironment } from './pod-environment.ts';

/**
 * Scheduler and kubelet in one: runs the pods of one namespace as processes of this machine, with
 * their environment, service account, user and memory limit, and tells the API server how they end,
 * so that the real Job controller completes a Job or fails it. Pods have one container here.
 */
export interface Kubelet {
  /** What the pod wrote to standard output and standard error. */
  logs(podName: string): string;
  stop(): Promise<void>;
}

export interface KubeletOptions {
  readonly namespace: string;
  readonly run: RunContainer;
  /** What the image says: its entry point, used with the pod's `args` or with `defaultArgs`. */
  readonly entryPoint: readonly string[];
  readonly defaultArgs: readonly string[];
  readonly workingDir: string;
  /** Files and folders that the image holds, where `run` has no image. */
  readonly imageMounts?: readonly { readonly source: string; readonly path: string }[];
}

const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

export function startKubelet(cluster: TestCluster, options: KubeletOptions): Kubelet {
  const pods = new Map<string, RunningPod>();
  const logs = new Map<string, string>();
  const path = `/api/v1/namespaces/${options.namespace}/pods`;
  const stopping = new AbortController();

  const tend = async (pod: KubeObject): Promise<void> => {
    const { name, uid, deletionTimestamp } = pod.metadata;
    const running = pods.get(uid);
    if (deletionTimestamp !== undefined) {
      if (running === undefined || running.hasEnded()) await remove(cluster, `${path}/${name}`);
      else running.terminate(pod.metadata.deletionGracePeriodSeconds);
      return;
    }
    if (running !== undefined || !['Pending', undefined].includes(pod.status?.phase)) return;
    if (pod.spec.nodeName === undefined) {
      await cluster.request('POST', `${path}/${name}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name },
        target: { apiVersion: 'v1', kind: 'Node', name: 'test-node' },
      });
    }
    const report = (status: object): Promise<unknown> =>
      cluster
        .request('PATCH', `${path}/${name}/status`, { status }, 'application/merge-patch+json')
        // Meanwhile the Job's controller may have removed the pod.
        .catch(ignoreNotFound);
    const say = (text: string): void => {
      logs.set(name, (logs.get(name) ?? '') + text);
    };
    const started = await startPod(cluster, pod, options, report, say);
    if (started !== null) pods.set(uid, started);
  };

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const list = await cluster.request('GET', path).catch(() => ({ items: [] }));
      for (const pod of list.items) await tend(pod).catch(ignoreNotFound);
      await sleep(100);
    }
  })();

  return {
    logs: (podName) => logs.get(podName) ?? '',
    async stop() {
      stopping.abort();
      await loop;
      for (const pod of pods.values()) pod.terminate(0);
      await Promise.all([...pods.values()].map(({ ended }) => ended));
    },
  };
}

interface RunningPod {
  hasEnded(): boolean;
  /** SIGTERM, and SIGKILL after the grace. */
  terminate(graceSeconds: number): void;
  readonly ended: Promise<void>;
}

/** Null when the container cannot be configured yet: a Secret may still come. */
async function startPod(
  cluster: TestCluster,
  pod: KubeObject,
  options: KubeletOptions,
  report: (status: object) => Promise<unknown>,
  say: (text: string) => void,
): Promise<RunningPod | null> {
  const [container, ...others] = pod.spec.containers;
  if (others.length > 0 || pod.spec.initContainers !== undefined) {
    throw new Error('only pods of one container are run here');
  }
  const status = (phase: string, state: object): Promise<unknown> =>
    report({
      phase,
      containerStatuses: [
        {
          name: container.name,
          image: container.image,
          imageID: '',
          ready: phase === 'Running',
          restartCount: 0,
          state,
        },
      ],
    });
  let env: Record<string, string>;
  try {
    env = await readEnvironment(cluster, pod, container);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const reason = { reason: 'CreateContainerConfigError', message: error.message };
    await status('Pending', { waiting: reason });
    return null;
  }
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-pod-'));
  const terminationLog = join(folder, 'termination-log');
  await writeFile(terminationLog, '');
  await chmod(terminationLog, 0o666);
  const child = options.run({
    command: [...options.entryPoint, ...(container.args ?? options.defaultArgs)],
    env,
    workingDir: options.workingDir,
    user: pod.spec.securityContext.runAsUser,
    mounts: [...(options.imageMounts ?? []), ...(await accountMounts(cluster, pod, container))],
    terminationLog,
  });
  const startedAt = new Date().toISOString();
  child.stdout?.setEncoding('utf8').on('data', say);
  child.stderr?.setEncoding('utf8').on('data', say);
  const memory = watchMemory(child, parseMemory(container.resources.limits.memory));
  let isOver = false;
  const ended = (async () => {
    const { exitCode, signal } = await waitForEnd(child);
    const isOutOfMemory = memory.stop();
    const code = exitCode ?? (signal === 'SIGKILL' ? 137 : 143);
    const message = (await readFile(terminationLog, 'utf8')).slice(0, 4096);
    await rm(folder, { recursive: true });
    await status(code === 0 ? 'Succeeded' : 'Failed', {
      terminated: {
        exitCode: code,
        reason: isOutOfMemory ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error',
        startedAt,
        finishedAt: new Date().toISOString(),
        ...(message === '' ? {} : { message }),
      },
    });
    isOver = true;
  })();
  await status('Running', { running: { startedAt } });
  return {
    hasEnded: () => isOver,
    ended,
    terminate(graceSeconds) {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), graceSeconds * 1000).unref();
    },
  };
}

async function accountMounts(
  cluster: TestCluster,
  pod: KubeObject,
  container: KubeObject,
): Promise<readonly { source: string; path: string }[]> {
  const mounts: KubeObject[] = container.volumeMounts ?? [];
  const unknown = mounts.find(({ mountPath }) => mountPath !== ACCOUNT_PATH);
  if (unknown !== undefined) throw new Error(`no volumes are made here: ${unknown.mountPath}`);
  if (mounts.length === 0) return [];
  const { namespace } = pod.metadata;
  const source = await cluster.makeServiceAccountFolder(namespace, pod.spec.serviceAccountName);
  return [{ source, path: ACCOUNT_PATH }];
}

/** Kills the process if it uses more memory than the limit, as the kernel would. */
function watchMemory(child: ChildProcess, limitBytes: number): { stop(): boolean } {
  let isOver = false;
  const timer = setInterval(() => {
    if (readResidentBytes(child) <= limitBytes) return;
    isOver = true;
    child.kill('SIGKILL');
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return isOver;
    },
  };
}

/**
 * Its own memory. Pages of the program's file do not count: they are in the page cache and can be
 * dropped.
 */
function readResidentBytes(child: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB/mu.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    // It has ended, or this is not Linux.
    return 0;
  }
}

function parseMemory(quantity: string): number {
  const match = /^(\d+)Mi$/u.exec(quantity);
  if (match === null) throw new Error(`not understood: ${quantity}`);
  return Number(match[1]) * 1024 * 1024;
}

function waitForEnd(
  child: ChildProcess,
): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

async function remove(cluster: TestCluster, path: string): Promise<void> {
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 };
  await cluster.request('DELETE', path, options);
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof KubeError) || ![404, 409].includes(error.status)) throw error;
}
