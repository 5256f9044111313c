import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createBudget } from '../../../src/http/budget.ts';
import type { RequestBudget } from '../../../src/http/budget.ts';
import { createConfigMapStore } from '../../../src/state/config-map-store.ts';
import { createKubeClient } from '../../../src/state/kube-client.ts';
import type { StateStore } from '../../../src/state/store.ts';
import { makeCertificates } from './certificates.ts';
import { type KubeObject, startCluster } from './cluster.ts';
import { findManifest, readManifests } from './manifests.ts';

/** A place for a state, as a test needs it: a store on it, and a way to damage it. */
export interface StatePlace {
  open(): StateStore;
  /** Replaces what is stored by this text. */
  spoil(text: string): Promise<void>;
}

/** A cluster with the project's namespace, account, Role and state ConfigMap, and nothing else. */
export interface StateCluster extends StatePlace {
  /** A store that has the service account's own token, and by default a budget that is `budget`. */
  open(options?: { name?: string; serviceAccountDir?: string }): StateStore;
  /** Counts the requests of the stores of the test at hand. */
  readonly budget: RequestBudget;
  configMap(): Promise<KubeObject>;
  patchConfigMap(patch: object): Promise<void>;
  deleteConfigMap(): Promise<void>;
  /** As `kubectl apply` leaves it on an empty cluster; the budget starts over. */
  resetConfigMap(): Promise<void>;
  makeAccountFolder(): Promise<string>;
  /** The certificate of an authority that this cluster does not use. */
  otherCa(): Promise<string>;
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

const FOLDER = '/api/v1/namespaces/mailroom/configmaps';
const PATH = `${FOLDER}/mailroom-state`;

export async function startStateCluster(): Promise<StateCluster> {
  const cluster = await startCluster();
  const manifests = await readManifests();
  const create = async (kind: string, name: string, path: string): Promise<void> => {
    await cluster.request('POST', path, findManifest(manifests, kind, name));
  };
  await create('Namespace', 'mailroom', '/api/v1/namespaces');
  await create('ServiceAccount', 'mailroom', '/api/v1/namespaces/mailroom/serviceaccounts');
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/mailroom';
  await create('Role', 'mailroom', `${rbac}/roles`);
  await create('RoleBinding', 'mailroom', `${rbac}/rolebindings`);
  const makeAccountFolder = (): Promise<string> =>
    cluster.makeServiceAccountFolder('mailroom', 'mailroom');
  const serviceAccountDir = await makeAccountFolder();
  let budget = makeBudget();

  const patchConfigMap = async (patch: object): Promise<void> => {
    await cluster.request('PATCH', PATH, patch, 'application/merge-patch+json');
  };
  const deleteConfigMap = async (): Promise<void> => {
    if ((await cluster.find(PATH)) !== null) await cluster.request('DELETE', PATH);
  };
  return {
    open: (options = {}) =>
      createConfigMapStore(
        createKubeClient({
          host: cluster.host,
          port: cluster.port,
          serviceAccountDir,
          timeoutMs: 10_000,
          budget,
          ...options,
        }),
        options.name ?? 'mailroom-state',
      ),
    get budget() {
      return budget;
    },
    spoil: (text) => patchConfigMap({ data: { 'state.json': text } }),
    configMap: () => cluster.find(PATH),
    patchConfigMap,
    deleteConfigMap,
    async resetConfigMap() {
      await deleteConfigMap();
      await create('ConfigMap', 'mailroom-state', FOLDER);
      budget = makeBudget();
    },
    makeAccountFolder,
    async otherCa() {
      const folder = await mkdtemp(join(tmpdir(), 'mailroom-ca-'));
      makeCertificates(folder);
      const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
      await rm(folder, { recursive: true });
      return ca;
    },
    stopApiServer: () => cluster.stopApiServer(),
    startApiServer: () => cluster.startApiServer(),
    stop: () => cluster.stop(),
  };
}

function makeBudget(): RequestBudget {
  return createBudget({
    passTimeoutMs: 60_000,
    stop: new AbortController().signal,
    stopGraceMs: 1000,
  });
}
