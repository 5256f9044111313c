import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { createTransport } from '../../../src/http/transport.ts';
import { makeCertificates } from './certificates.ts';
import { findFreePort, startTethered, type Tethered } from './tethered.ts';

/** A real Kubernetes API server on loopback, RBAC enforced, seen as its administrator. */
export interface TestCluster {
  readonly host: string;
  readonly port: string;
  /** For kubectl. */
  readonly kubeconfig: string;
  /**
   * Sends JSON or text (such as YAML) and returns the answer's JSON. Throws for anything but 2xx.
   */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<KubeObject>;
  /** Like `request`, but null for 404. */
  find(path: string): Promise<KubeObject>;
  /** Makes the folder that a pod of this service account sees: `token`, `ca.crt`, `namespace`. */
  makeServiceAccountFolder(namespace: string, name: string): Promise<string>;
  /** Stops only the API server, as in an outage. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

/** JSON from the API, used without types because the server has checked it. */
// oxlint-disable-next-line typescript/no-explicit-any
export type KubeObject = any;

/** Where etcd and kube-apiserver are (the layout of controller-runtime's envtest), or null. */
export function findKubeAssets(): string | null {
  const folder = process.env['KUBEBUILDER_ASSETS'];
  return folder !== undefined && existsSync(join(folder, 'kube-apiserver')) ? folder : null;
}

export interface ClusterOptions {
  /** Runs kube-controller-manager too: Jobs, service accounts' tokens, garbage. Default false. */
  readonly hasControllers?: boolean;
}

export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const assets = findKubeAssets();
  if (assets === null) throw new Error('KUBEBUILDER_ASSETS names no folder with kube-apiserver');
  // A port that was free may be taken by a neighbour before it is bound.
  for (let attempt = 1; ; attempt += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'mailroom-kube-'));
    const running: Tethered[] = [];
    try {
      return await startIn(folder, assets, options, running);
    } catch (error) {
      await stopAll(folder, running);
      if (attempt === 2) throw error;
    }
  }
}

async function startIn(
  folder: string,
  assets: string,
  { hasControllers = false }: ClusterOptions,
  running: Tethered[],
): Promise<TestCluster> {
  makeCertificates(folder);
  const adminToken = randomBytes(24).toString('hex');
  const tokens = `${adminToken},admin,admin,"system:masters"\n`;
  await writeFile(join(folder, 'tokens.csv'), tokens, { mode: 0o600 });
  const [etcdPort, peerPort, port] = [
    await findFreePort(),
    await findFreePort(),
    await findFreePort(),
  ];
  const url = `https://127.0.0.1:${port}`;
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, makeKubeconfig(folder, url, adminToken), { mode: 0o600 });

  const start = (name: string, args: readonly string[]): Tethered => {
    const program = startTethered(join(assets, name), args, join(folder, `${name}.log`));
    running.push(program);
    return program;
  };
  const transport = createTransport({
    timeoutMs: 30_000,
    readCa: () => readFile(join(folder, 'ca.crt'), 'utf8'),
  });
  const call = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${adminToken}`);
    const signal = AbortSignal.timeout(30_000);
    return transport(new URL(`${url}${path}`), { signal, ...init, headers });
  };
  const request: TestCluster['request'] = async (method, path, body, contentType) => {
    const response = await call(path, {
      method,
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { 'content-type': contentType ?? 'application/json' },
    });
    const text = await response.text();
    if (!response.ok) throw new KubeError(`${method} ${path}: ${text}`, response.status);
    return JSON.parse(text);
  };

  const etcd = start('etcd', etcdArgs(folder, etcdPort, peerPort));
  await waitFor(etcd, () => isHealthy(fetch(`http://127.0.0.1:${etcdPort}/health`)));
  let apiServer: Tethered;
  const startApiServer = async (): Promise<void> => {
    apiServer = start('kube-apiserver', apiServerArgs(folder, etcdPort, port));
    await waitFor(apiServer, () => isHealthy(call('/readyz')));
  };
  await startApiServer();
  if (hasControllers) {
    const manager = start('kube-controller-manager', controllerArgs(folder, assets));
    const account = '/api/v1/namespaces/default/serviceaccounts/default';
    await waitFor(manager, () => isHealthy(call(account)));
  }

  return {
    host: '127.0.0.1',
    port: String(port),
    kubeconfig,
    request,
    find: (path) =>
      request('GET', path).catch((error: unknown) => {
        if (error instanceof KubeError && error.status === 404) return null;
        throw error;
      }),
    async makeServiceAccountFolder(namespace, name) {
      const account = await mkdtemp(join(folder, 'service-account-'));
      // The pod's user, who has it mounted, may read it. The folder around it is only ours.
      await chmod(account, 0o755);
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const answer = await request('POST', path, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: [ISSUER], expirationSeconds: 3600 },
      });
      await writeFile(join(account, 'token'), answer.status.token as string);
      await writeFile(join(account, 'ca.crt'), await readFile(join(folder, 'ca.crt')));
      await writeFile(join(account, 'namespace'), namespace);
      return account;
    },
    stopApiServer: () => apiServer.stop(),
    startApiServer,
    stop: () => stopAll(folder, running),
  };
}

/** An error answer from the API server. */
export class KubeError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

function etcdArgs(folder: string, port: number, peerPort: number): readonly string[] {
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=http://127.0.0.1:${port}`,
    `--advertise-client-urls=http://127.0.0.1:${port}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiServerArgs(folder: string, etcdPort: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--authorization-mode=RBAC',
    `--tls-cert-file=${folder}/server.crt`,
    `--tls-private-key-file=${folder}/server.key`,
    `--client-ca-file=${folder}/ca.crt`,
    `--token-auth-file=${folder}/tokens.csv`,
    `--service-account-issuer=${ISSUER}`,
    `--service-account-key-file=${folder}/sa.pub`,
    `--service-account-signing-key-file=${folder}/sa.key`,
    '--profiling=false',
  ];
}

function controllerArgs(folder: string, assets: string): readonly string[] {
  const version = execFileSync(join(assets, 'kube-controller-manager'), ['--version'], {
    encoding: 'utf8',
  });
  const minor = Number(/ v1\.(\d+)/u.exec(version)?.[1]);
  return [
    `--kubeconfig=${folder}/kubeconfig`,
    '--controllers=job,serviceaccount,serviceaccount-token,root-ca-cert-publisher,namespace,garbagecollector,ttl-after-finished',
    '--leader-elect=false',
    '--secure-port=0',
    // Older ones serve plain HTTP on a fixed port unless told not to; newer ones refuse the flag.
    ...(minor < 24 ? ['--port=0'] : []),
    `--service-account-private-key-file=${folder}/sa.key`,
    `--root-ca-file=${folder}/ca.crt`,
    '--profiling=false',
  ];
}

function makeKubeconfig(folder: string, server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': `${folder}/ca.crt` } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}

async function waitFor(program: Tethered, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isReady())) {
    if (program.hasEnded()) throw new Error(`ended at its start:\n${program.lastWords()}`);
    if (Date.now() > deadline) throw new Error(`not ready:\n${program.lastWords()}`);
    await sleep(50);
  }
}

async function isHealthy(answer: Promise<Response>): Promise<boolean> {
  try {
    const response = await answer;
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function stopAll(folder: string, running: readonly Tethered[]): Promise<void> {
  for (const program of running.toReversed()) await program.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
