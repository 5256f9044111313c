import { execFile, execFileSync } from 'node:child_process';
import { copyFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { KubeObject } from '../../support/kube/cluster.ts';
import { hasKustomizeLoadRestrictor } from '../../support/kube/kubectl.ts';
import { findManifest, parseManifests, readManifests } from '../../support/kube/manifests.ts';
import { isRequired, skipNote } from '../../support/required.ts';
import { findSchemaProblems } from '../../support/kube/schemas.ts';

/* Several accounts in one cluster: what kubectl makes of deploy/optional/accounts/. */

const project = fileURLToPath(new URL('../../../', import.meta.url));
const isSkipped = !hasKustomizeLoadRestrictor() && !isRequired('kube');
const note = skipNote(isSkipped, 'kubectl 1.21 or newer', 'kube');

describe.skipIf(isSkipped)(`accounts beside one another${note}`, () => {
  let folder: string;
  let anna: readonly KubeObject[];
  let ben: readonly KubeObject[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailroom-accounts-'));
    await cp(join(project, 'deploy'), folder, { recursive: true });
    [anna, ben] = await Promise.all([renderAccount('anna'), renderAccount('ben')]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** As the comment in the overlay says it: Secret copied, then rendered. */
  const renderAccount = async (name: string): Promise<readonly KubeObject[]> => {
    const account = join(folder, 'optional/accounts', name);
    await copyFile(join(folder, 'secret.yaml.example'), join(account, 'secret.yaml'));
    const flags = ['--load-restrictor', 'LoadRestrictionsNone'];
    const { stdout } = await promisify(execFile)('kubectl', ['kustomize', ...flags, account]);
    return parseManifests(stdout);
  };

  test('each has all that a single account has', async () => {
    const single = [
      ...(await readManifests()),
      { kind: 'Secret', metadata: { name: 'mailroom-secrets' } },
    ];

    expect(names(anna)).toEqual(names(single));
    expect(names(ben)).toEqual(names(single));
  });

  test('each is in a namespace of its own, restricted as the single one is', () => {
    for (const [namespace, manifests] of [
      ['mailroom-anna', anna],
      ['mailroom-ben', ben],
    ] as const) {
      const own = findManifest(manifests, 'Namespace', namespace);
      expect(own.metadata.labels).toMatchObject({
        'pod-security.kubernetes.io/enforce': 'restricted',
      });
      const others = manifests.filter((one) => one !== own);
      expect(others.length).toBeGreaterThan(7);
      for (const { metadata } of others) expect(metadata.namespace).toBe(namespace);
    }
  });

  test('the rights are on the own state, and go to the own account', () => {
    const binding = findManifest(ben, 'RoleBinding', 'mailroom');

    expect(binding.subjects).toEqual([
      { kind: 'ServiceAccount', name: 'mailroom', namespace: 'mailroom-ben' },
    ]);
    expect(findManifest(ben, 'Role', 'mailroom').rules).toEqual([
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['mailroom-state'],
        verbs: ['get', 'patch'],
      },
    ]);
  });

  test('the state is applied without data, so that what is written is kept', () => {
    expect(findManifest(ben, 'ConfigMap', 'mailroom-state')['data']).toBeUndefined();
  });

  test('settings that one account changes are not changed for the other', () => {
    const changed = {
      MAILROOM_SCREENER_MAILBOX: 'Inbox/Screener',
      MAILROOM_WARNINGS_ENABLED: 'false',
    };

    expect(settings(ben)).toEqual({ ...settings(anna), ...changed });
    expect(settings(anna)['MAILROOM_SCREENER_MAILBOX']).toBe('Screener');
  });

  test('the passes do not all begin in the same minute, and are as often', () => {
    expect(findManifest(anna, 'CronJob', 'mailroom').spec.schedule).toBe('*/5 * * * *');
    expect(findManifest(ben, 'CronJob', 'mailroom').spec.schedule).toBe('1-59/5 * * * *');
  });

  test('Kubernetes’ schemas accept all of it', async () => {
    for (const manifest of [...anna, ...ben]) {
      expect([manifest.kind, await findSchemaProblems(manifest)]).toEqual([manifest.kind, []]);
    }
  });

  test('a Secret that is not filled in is missed at once', async () => {
    const account = join(folder, 'optional/accounts/anna');
    await rm(join(account, 'secret.yaml'));
    const flags = ['--load-restrictor', 'LoadRestrictionsNone'];

    await expect(promisify(execFile)('kubectl', ['kustomize', ...flags, account])).rejects.toThrow(
      'secret.yaml',
    );
  });
});

test('the Secrets of accounts are not for git', () => {
  const path = 'deploy/optional/accounts/anna/secret.yaml';
  const ignored = execFileSync('git', ['check-ignore', path], { cwd: project, encoding: 'utf8' });

  expect(ignored.trim()).toBe(path);
});

/** Kinds and names in alphabetical order; a namespace is called something else for each account. */
function names(manifests: readonly KubeObject[]): readonly string[] {
  return manifests
    .map(({ kind, metadata }) => (kind === 'Namespace' ? 'Namespace' : `${kind} ${metadata.name}`))
    .toSorted();
}

function settings(manifests: readonly KubeObject[]): Readonly<Record<string, string>> {
  return findManifest(manifests, 'ConfigMap', 'mailroom-config')['data'];
}
