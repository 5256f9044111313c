import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { KubeObject } from '../../support/kube/cluster.ts';
import { hasCurrentKustomize } from '../../support/kube/kubectl.ts';
import { findManifest, parseManifests, readManifests } from '../../support/kube/manifests.ts';
import { isRequired, skipNote } from '../../support/required.ts';
import { findSchemaProblems } from '../../support/kube/schemas.ts';

/* Overlays beside deploy/: what kubectl makes of deploy/optional/account.yaml.example. */

const project = fileURLToPath(new URL('../../../', import.meta.url));
const isSkipped = !hasCurrentKustomize() && !isRequired('kube');
const note = skipNote(isSkipped, 'kubectl 1.26 or newer', 'kube');

describe.skipIf(isSkipped)(`accounts beside one another${note}`, () => {
  let folder: string;
  let anna: readonly KubeObject[];
  let ben: readonly KubeObject[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailroom-accounts-'));
    await cp(join(project, 'deploy'), join(folder, 'deploy'), { recursive: true });
    anna = await renderAccount('anna', (text) => text);
    ben = await renderAccount('ben', (text) =>
      text
        .replaceAll('mailroom-anna', 'mailroom-ben')
        .replace('MAILROOM_LOG_LEVEL=info', 'MAILROOM_SCREENER_MAILBOX=Inbox/Screener')
        .replace('1-59/5', '2-59/5')
        .replace('# - ../../deploy/optional ', '- ../../deploy/optional ')
        .replaceAll(/^# (images:| {2}- name: ghcr| {4}digest:)/gmu, '$1')
        .replace('sha256:…', `sha256:${'0'.repeat(64)}`),
    );
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  const write = async (name: string, change: (text: string) => string): Promise<string> => {
    const account = join(folder, 'accounts', name);
    await mkdir(account, { recursive: true });
    const example = join(project, 'deploy/optional/account.yaml.example');
    await writeFile(join(account, 'kustomization.yaml'), change(await readFile(example, 'utf8')));
    return account;
  };

  /** As the comment in the example says it: the two files copied, then rendered, without a flag. */
  const renderAccount = async (
    name: string,
    change: (text: string) => string,
  ): Promise<readonly KubeObject[]> => {
    const account = await write(name, change);
    await cp(join(project, '.env.example'), join(account, 'secret.env'));
    const { stdout } = await promisify(execFile)('kubectl', ['kustomize', account]);
    return parseManifests(stdout);
  };

  test('each has all that a single account has, its Secret and settings too', async () => {
    const single = [
      ...(await readManifests()),
      { kind: 'Secret', metadata: { name: 'mailroom-secrets' } },
      { kind: 'ConfigMap', metadata: { name: 'mailroom-config' } },
    ];

    expect(names(anna)).toEqual(names(single));
    expect(names(ben)).toEqual([...names(single), 'CronJob mailroom-health'].toSorted());
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

  test('each is an instance of its own: a prune by label leaves the others alone', () => {
    for (const [instance, manifests] of [
      ['mailroom-anna', anna],
      ['mailroom-ben', ben],
    ] as const) {
      const found = [
        ...JSON.stringify(manifests).matchAll(/kubernetes\.io\/instance":"(?<it>[\w-]+)/gu),
      ];
      expect(found.length).toBeGreaterThan(manifests.length);
      expect(new Set(found.map(({ groups }) => groups?.['it']))).toEqual(new Set([instance]));
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

  test('the Secret is that of the file in its folder', () => {
    const { data } = findManifest(anna, 'Secret', 'mailroom-secrets');

    expect(atob(data.MAILROOM_JMAP_TOKEN)).toBe('EXAMPLE-not-a-real-token');
  });

  test('settings that one account changes are not changed for the other', () => {
    expect(settings(ben)).toEqual({ MAILROOM_SCREENER_MAILBOX: 'Inbox/Screener' });
    expect(settings(anna)).toEqual({ MAILROOM_LOG_LEVEL: 'info' });
  });

  test('the passes do not all begin in the same minute, and are as often', () => {
    expect(findManifest(anna, 'CronJob', 'mailroom').spec.schedule).toBe('1-59/5 * * * *');
    expect(findManifest(ben, 'CronJob', 'mailroom').spec.schedule).toBe('2-59/5 * * * *');
  });

  test('one line sets the image of the pass and of the health check', () => {
    for (const name of ['mailroom', 'mailroom-health']) {
      const { spec } = findManifest(ben, 'CronJob', name).spec.jobTemplate.spec.template;
      expect(spec.containers[0].image).toMatch(/^ghcr\.io\/mailroom\/mailroom(?::.*)?@sha256:0+$/u);
    }
  });

  test('Kubernetes’ schemas accept all of it', async () => {
    for (const manifest of [...anna, ...ben]) {
      expect([manifest.kind, await findSchemaProblems(manifest)]).toEqual([manifest.kind, []]);
    }
  });

  test('a Secret that is not filled in is missed at once', async () => {
    const account = await write('carl', (text) => text);

    await expect(promisify(execFile)('kubectl', ['kustomize', account])).rejects.toThrow(
      'secret.env',
    );
  });
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
