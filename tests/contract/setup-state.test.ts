import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createBudget } from '../../src/http/budget.ts';
import { checkState } from '../../src/setup/check-state.ts';
import type { StateStoreOptions } from '../../src/state/place.ts';
import { isKubeSkipped, kubeNote } from '../support/kube.ts';
import { startCluster, type TestCluster } from '../support/kube/cluster.ts';
import { findManifest, readManifests } from '../support/kube/manifests.ts';

/* Setup looks whether the passes may write their state, with the rights of deploy/ on a real API server. */

const CONFIG_MAPS = '/api/v1/namespaces/mailroom/configmaps';
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/mailroom';
const CONFIG_MAP = `${CONFIG_MAPS}/mailroom-state`;

describe.skipIf(isKubeSkipped)(`the state in a cluster${kubeNote}`, () => {
  let cluster: TestCluster;
  let options: StateStoreOptions;

  beforeAll(async () => {
    cluster = await startCluster();
    const manifests = await readManifests();
    const create = (kind: string, name: string, path: string): Promise<unknown> =>
      cluster.request('POST', path, findManifest(manifests, kind, name));
    await create('Namespace', 'mailroom', '/api/v1/namespaces');
    await create('ServiceAccount', 'mailroom', '/api/v1/namespaces/mailroom/serviceaccounts');
    await create('Role', 'mailroom', `${RBAC}/roles`);
    await create('RoleBinding', 'mailroom', `${RBAC}/rolebindings`);
    await create('ConfigMap', 'mailroom-state', CONFIG_MAPS);
    options = {
      stateFile: null,
      isStateFileForced: false,
      stateConfigMap: 'mailroom-state',
      serviceAccountDir: await cluster.makeServiceAccountFolder('mailroom', 'mailroom'),
      kubernetesService: { host: cluster.host, port: cluster.port },
      budget: createBudget({
        passTimeoutMs: 60_000,
        stop: new AbortController().signal,
        stopGraceMs: 1000,
      }),
    };
  }, 120_000);
  afterAll(() => cluster?.stop());

  test('is readable and writable, and looking changes nothing', async () => {
    const before = await cluster.find(CONFIG_MAP);

    const check = await checkState(options);

    expect(check).toMatchObject({ status: 'exists', name: 'configmap mailroom/mailroom-state' });
    expect(check.detail).toContain('readable and writable');
    expect((await cluster.find(CONFIG_MAP)).metadata.resourceVersion).toBe(
      before.metadata.resourceVersion,
    );
  });

  test('is missing', async () => {
    const check = await checkState({ ...options, stateConfigMap: 'mailroom-other' });

    expect(check.status).toBe('failed');
  });

  test('may be read and not written', async () => {
    const rules = [
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['mailroom-state'],
        verbs: ['get'],
      },
    ];
    await cluster.request(
      'PATCH',
      `${RBAC}/roles/mailroom`,
      { rules },
      'application/merge-patch+json',
    );

    // Rights take effect a moment after they are changed.
    await expect
      .poll(() => checkState(options), { timeout: 20_000, interval: 200 })
      .toMatchObject({
        status: 'failed',
        detail: expect.stringContaining('needs the verb patch'),
      });
  });
});
