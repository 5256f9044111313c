import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isKubeSkipped, kubeNote } from '../support/kube.ts';
import { startCluster, type TestCluster } from '../support/kube/cluster.ts';
import { copyManifests, isKubectlInstalled, kubectl } from '../support/kube/kubectl.ts';
import { isRequired, skipNote } from '../support/required.ts';

const isSkipped = isKubeSkipped || (!isKubectlInstalled() && !isRequired('kube'));
const note = isKubeSkipped ? kubeNote : skipNote(isSkipped, 'kubectl', 'kube');

describe.skipIf(isSkipped)(`kubectl apply -f deploy/${note}`, () => {
  let cluster: TestCluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await startCluster();
    folder = await copyManifests(cluster, { MAILROOM_JMAP_TOKEN: 'from-the-secret' });
  });
  afterAll(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const stateMap = '/api/v1/namespaces/mailroom/configmaps/mailroom-state';

  test('by one command, on an empty cluster', async () => {
    const said = await kubectl(cluster, 'apply', '-f', folder);

    expect(said.trim().split('\n')).toEqual([
      'namespace/mailroom created',
      'configmap/mailroom-config created',
      'serviceaccount/mailroom created',
      'role.rbac.authorization.k8s.io/mailroom created',
      'rolebinding.rbac.authorization.k8s.io/mailroom created',
      'configmap/mailroom-state created',
      'networkpolicy.networking.k8s.io/mailroom created',
      expect.stringMatching(/^cronjob\.batch\/mailroom created$/u),
      'secret/mailroom-secrets created',
    ]);
    const secret = await cluster.request(
      'GET',
      '/api/v1/namespaces/mailroom/secrets/mailroom-secrets',
    );
    expect(atob(secret.data.MAILROOM_JMAP_TOKEN)).toBe('from-the-secret');
  });

  test('again: nothing is changed, state and annotation stay', async () => {
    const written = {
      metadata: { annotations: { 'mailroom/last-successful-run': '2026-11-02T10:00:00.000Z' } },
      data: { 'state.json': '{"version":1}' },
    };
    const path = `${stateMap}?fieldManager=mailroom`;
    await cluster.request('PATCH', path, written, 'application/merge-patch+json');

    const said = await kubectl(cluster, 'apply', '-f', folder);

    expect(said).toMatch(/^configmap\/mailroom-state unchanged$/mu);
    expect(said).not.toMatch(/created/u);
    const { metadata, data } = await cluster.request('GET', stateMap);
    expect(data).toEqual(written.data);
    expect(metadata.annotations).toMatchObject(written.metadata.annotations);
  });

  test('the last success is one kubectl line away', async () => {
    const path = String.raw`jsonpath={.metadata.annotations.mailroom/last-successful-run}`;

    const said = await kubectl(
      cluster,
      '--namespace=mailroom',
      'get',
      'configmap/mailroom-state',
      `--output=${path}`,
    );

    expect(said).toBe('2026-11-02T10:00:00.000Z');
  });

  test.each([
    ['get', 'configmap/mailroom-state', 'yes'],
    ['patch', 'configmap/mailroom-state', 'yes'],
    ['delete', 'configmap/mailroom-state', 'no'],
    ['get', 'configmap/mailroom-config', 'no'],
    ['list', 'configmaps', 'no'],
    ['create', 'configmaps', 'no'],
    ['get', 'secret/mailroom-secrets', 'no'],
    ['patch', 'cronjob.batch/mailroom', 'no'],
    ['create', 'pods', 'no'],
  ])('may the program %s %s: %s', async (verb, what, expected) => {
    const asProgram = ['--as', 'system:serviceaccount:mailroom:mailroom', '-n', 'mailroom'];

    const said = await kubectl(cluster, 'auth', 'can-i', verb, what, ...asProgram).catch(
      ({ stdout }: { stdout: string }) => stdout,
    );

    expect(said.trim()).toBe(expected);
  });
});
