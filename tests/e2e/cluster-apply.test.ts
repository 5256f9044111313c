import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isKubeSkipped, kubeNote } from '../support/kube.ts';
import { type KubeObject, startCluster, type TestCluster } from '../support/kube/cluster.ts';
import { copyManifests, isKubectlInstalled, kubectl } from '../support/kube/kubectl.ts';
import { isRequired, skipNote } from '../support/required.ts';

/* The commands of deploy/README.md, on a real API server, in its order. */

const isSkipped = isKubeSkipped || (!isKubectlInstalled() && !isRequired('kube'));
const note = isKubeSkipped ? kubeNote : skipNote(isSkipped, 'kubectl', 'kube');

const NAMESPACE = '/api/v1/namespaces/mailroom';
const STATE = `${NAMESPACE}/configmaps/mailroom-state`;
const SECRET = `${NAMESPACE}/secrets/mailroom-secrets`;

const CREATED = [
  'namespace/mailroom created',
  'serviceaccount/mailroom created',
  'role.rbac.authorization.k8s.io/mailroom created',
  'rolebinding.rbac.authorization.k8s.io/mailroom created',
  'configmap/mailroom-state created',
  'networkpolicy.networking.k8s.io/mailroom created',
  'cronjob.batch/mailroom created',
];

describe.skipIf(isSkipped)(`kubectl apply -f deploy/${note}`, () => {
  let cluster: TestCluster;
  let folder: string;
  let own: string;
  beforeAll(async () => {
    cluster = await startCluster();
    folder = await copyManifests(cluster);
    own = await mkdtemp(join(tmpdir(), 'mailroom-own-'));
  });
  afterAll(async () => {
    await cluster?.stop();
    for (const path of [folder, own]) {
      if (path !== undefined) await rm(path, { recursive: true });
    }
  });

  test('by one command, on an empty cluster, in a fresh clone', async () => {
    const said = await kubectl(cluster, 'apply', '-f', folder);

    expect(said.trim().split('\n')).toEqual(CREATED);
  });

  test('the Secret from the file that the commands of a clone read, without a copy of the token in an annotation', async () => {
    const envFile = await writeEnvFile('from-the-file');
    await kubectl(cluster, ...createSecret(envFile));

    const { metadata, data } = await cluster.request('GET', SECRET);
    expect(Object.keys(data).toSorted()).toEqual([
      'MAILROOM_CARDDAV_PASSWORD',
      'MAILROOM_CARDDAV_USERNAME',
      'MAILROOM_JMAP_TOKEN',
    ]);
    expect(atob(data.MAILROOM_JMAP_TOKEN)).toBe('from-the-file');
    expect(metadata.annotations).toBeUndefined();
  });

  test('a new token takes the old one’s place', async () => {
    const envFile = await writeEnvFile('a-new-token');
    const text = await kubectl(cluster, ...createSecret(envFile), '--dry-run=client', '-o', 'yaml');
    const path = join(own, 'secret.yaml');
    await writeFile(path, text);

    await kubectl(cluster, 'replace', '-f', path);

    const { metadata, data } = await cluster.request('GET', SECRET);
    expect(atob(data.MAILROOM_JMAP_TOKEN)).toBe('a-new-token');
    expect(metadata.annotations).toBeUndefined();
  });

  test('again: nothing is changed, state and annotation stay', async () => {
    const written = {
      metadata: { annotations: { 'mailroom/last-successful-run': '2026-11-02T10:00:00.000Z' } },
      data: { 'state.json': '{"version":1}' },
    };
    const path = `${STATE}?fieldManager=mailroom`;
    await cluster.request('PATCH', path, written, 'application/merge-patch+json');

    const said = await kubectl(cluster, 'apply', '-f', folder);

    expect(said.trim().split('\n')).toEqual(asUnchanged(CREATED));
    await expectState(written);
  });

  test('kubectl diff has nothing to say then', async () => {
    // It exits with 1, and so fails here, when there is a difference.
    expect(await kubectl(cluster, 'diff', '-f', folder)).toBe('');
    expect(await kubectl(cluster, 'diff', '-k', folder)).toBe('');
  });

  test('by -k it is the same', async () => {
    const said = await kubectl(cluster, 'apply', '-k', folder);

    expect(said.trim().split('\n').toSorted()).toEqual(asUnchanged(CREATED).toSorted());
  });

  test('files that the user makes from the examples go along, by --server-side without a copy of the token', async () => {
    const copy = join(own, 'deploy');
    await cp(folder, copy, { recursive: true });
    for (const name of ['secret.yaml', 'config.yaml']) {
      await cp(join(copy, `${name}.example`), join(copy, name));
    }
    await cluster.request('DELETE', SECRET);

    await kubectl(cluster, 'apply', '--server-side', '-f', copy);

    const { metadata, data } = await cluster.request('GET', SECRET);
    expect(atob(data.MAILROOM_JMAP_TOKEN)).toBe('EXAMPLE-not-a-real-token');
    expect(metadata.annotations).toBeUndefined();
    const config = await cluster.request('GET', `${NAMESPACE}/configmaps/mailroom-config`);
    expect(config.data.MAILROOM_POLL_INTERVAL).toBe('300');
    await expectState({ data: { 'state.json': '{"version":1}' } });
  });

  test.each([
    ['setup-job.yaml', 'mailroom-setup-'],
    ['dry-run-job.yaml', 'mailroom-dry-run-'],
    ['why-job.yaml', 'mailroom-why-'],
  ])('%s as often as one likes', async (file, prefix) => {
    const create = ['-n', 'mailroom', 'create', '-f', join(folder, 'optional', file)];

    const said = [await kubectl(cluster, ...create), await kubectl(cluster, ...create)];

    for (const line of said) expect(line).toMatch(new RegExp(`^job.batch/${prefix}\\w+ created`));
    expect(said[0]).not.toBe(said[1]);
  });

  test.each([
    ['setup', 'setup-job.yaml', ['setup.js', '--apply']],
    ['why', 'why-job.yaml', ['why.js', 'news@sender.example']],
  ])('%s with one word more on the way', async (program, file, args) => {
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    const command = new RegExp(
      String.raw`sed 's/("${program}\.js")/([^']+)/' deploy/optional/(\S+)`,
      'u',
    );
    const [, from = '', to = '', named] = command.exec(readme) ?? [];
    const manifest = await readFile(join(folder, 'optional', file), 'utf8');
    const path = join(own, file);
    await writeFile(path, manifest.replaceAll(from, to));

    const said = await kubectl(cluster, '-n', 'mailroom', 'create', '-f', path, '-o', 'json');

    const job: KubeObject = JSON.parse(said);
    expect(named).toBe(file);
    expect(job.spec.template.spec.containers[0].args).toEqual(args);
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

  /** .env as the example has it, with this token. */
  async function writeEnvFile(token: string): Promise<string> {
    const example = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
    const path = join(own, '.env');
    await writeFile(path, example.replace('EXAMPLE-not-a-real-token', token));
    return path;
  }

  async function expectState(expected: KubeObject): Promise<void> {
    const { metadata, data } = await cluster.request('GET', STATE);
    expect({ metadata, data }).toMatchObject(expected);
  }
});

function createSecret(envFile: string): readonly string[] {
  const secret = ['secret', 'generic', 'mailroom-secrets', `--from-env-file=${envFile}`];
  return ['-n', 'mailroom', 'create', ...secret];
}

function asUnchanged(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/created$/u, 'unchanged'));
}
