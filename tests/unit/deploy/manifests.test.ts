import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

import { settingDescriptions } from '../../../src/settings/table.ts';
import type { KubeObject } from '../../support/kube/cluster.ts';
import {
  findManifest,
  listManifestFiles,
  parseManifests,
  readManifests,
} from '../../support/kube/manifests.ts';
import { findSchemaProblems, findTypeProblems } from '../../support/kube/schemas.ts';

const project = new URL('../../../', import.meta.url);
const deploy = new URL('deploy/', project);
const read = (path: string): Promise<string> => readFile(new URL(path, project), 'utf8');

const applied = await readManifests();
const optional = await readManifests(new URL('optional/', deploy));
const secretExample = parseManifests(await read('deploy/secret.yaml.example'));
const configExample = parseManifests(await read('deploy/config.yaml.example'));
/** What the user copies and fills in. */
const examples = [...secretExample, ...configExample];
/** The alert rule is of a kind that the Prometheus operator adds; Kubernetes has no schema for it. */
const ofKubernetes = [...applied, ...optional, ...examples].filter(
  ({ kind }) => kind !== 'PrometheusRule',
);
const named = ({ kind, metadata }: KubeObject): string =>
  `${kind} ${metadata.name ?? metadata.generateName}`;

const config = findManifest(configExample, 'ConfigMap', 'mailroom-config').data as Record<
  string,
  string
>;
const cronJob = findManifest(applied, 'CronJob', 'mailroom').spec;
const job = cronJob.jobTemplate.spec;
const pod = job.template.spec;
const [container] = pod.containers;

describe('what is applied', () => {
  test('is this, in this order: the namespace first', () => {
    expect(applied.map(named)).toEqual([
      'Namespace mailroom',
      'ServiceAccount mailroom',
      'Role mailroom',
      'RoleBinding mailroom',
      'ConfigMap mailroom-state',
      'NetworkPolicy mailroom',
      'CronJob mailroom',
    ]);
  });

  test('the Secret and the settings that the user fills in come after the namespace', async () => {
    const names = [...(await listManifestFiles()), 'config.yaml', 'secret.yaml'].toSorted();

    expect(names[0]).toBe('00-namespace.yaml');
    expect(examples.map(named)).toEqual(['Secret mailroom-secrets', 'ConfigMap mailroom-config']);
  });

  test('is the same by `-k`; `-f` does not see the file that `-k` reads', async () => {
    const { resources } = parseManifests(await read('deploy/Kustomization'))[0];

    expect(resources).toEqual(await listManifestFiles());
  });

  test('the rest is optional', () => {
    expect(optional.map(named)).toEqual([
      'PrometheusRule mailroom',
      'Job mailroom-dry-run-',
      'CronJob mailroom-health',
      'Job mailroom-setup-',
      'Job mailroom-why-',
    ]);
  });

  test('why has no token of the cluster: it asks the account alone', () => {
    const why = optional.find(({ metadata }) => metadata.generateName === 'mailroom-why-');

    expect(why?.spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      containers: [{ args: ['why.js'] }],
    });
  });

  test.each([...applied.slice(1), ...examples].map((one) => [named(one), one]))(
    '%s is in the namespace',
    (_name, { metadata }) => expect(metadata.namespace).toBe('mailroom'),
  );

  test.each(optional.map((one) => [named(one), one]))(
    '%s names no namespace, so that -n chooses the account',
    (_name, { metadata }) => expect(metadata.namespace).toBeUndefined(),
  );

  test.each(
    [...applied.slice(1), ...optional, ...examples].flatMap((one) =>
      withTemplates(one).map(({ labels }, index) => [`${named(one)}, ${index}`, labels]),
    ),
  )('%s says what it belongs to, also in templates', (_name, labels) => {
    expect(labels).toMatchObject({
      'app.kubernetes.io/name': 'mailroom',
      'app.kubernetes.io/instance': 'mailroom',
      'app.kubernetes.io/part-of': 'mailroom',
      'app.kubernetes.io/component': expect.stringMatching(/^[a-z-]+$/u),
    });
  });

  test('passes are told from all other pods by their component', () => {
    const component = 'app.kubernetes.io/component';
    const ofPods = [...applied, ...optional].flatMap((one) =>
      withTemplates(one)
        .slice(1)
        .map(({ labels }) => `${named(one)}: ${labels[component]}`),
    );

    expect(ofPods.filter((line) => line.endsWith(': triage-pass'))).toEqual([
      'CronJob mailroom: triage-pass',
      'CronJob mailroom: triage-pass',
    ]);
  });

  test('the version is that of package.json, in every label and every image', async () => {
    const { version } = JSON.parse(await read('package.json'));
    const names = await readdir(deploy, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      names
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => readFile(`${parentPath}/${name}`, 'utf8')),
    );
    const found = texts.flatMap((text) => [
      ...text.matchAll(/(?:kubernetes\.io\/version: "|mailroom\/mailroom:)(?<it>[\w.-]+)/gu),
    ]);

    expect(found.length).toBeGreaterThan(15);
    expect(await read('Containerfile')).toContain(`ARG VERSION=${version}\n`);
    expect(new Set(found.map(({ groups }) => groups?.['it']))).toEqual(new Set([version]));
  });
});

describe('the alert rule', () => {
  const rule = optional.find(({ kind }) => kind === 'PrometheusRule');

  test('watches every account, and says whose each alert is', () => {
    const rules: readonly KubeObject[] = rule.spec.groups[0].rules;

    expect(rules.length).toBeGreaterThan(1);
    for (const { expr, annotations } of rules) {
      expect(expr).not.toContain('namespace');
      expect(annotations.summary).toContain('{{ $labels.namespace }}');
      expect(annotations.description).toContain('kubectl -n {{ $labels.namespace }} ');
    }
  });

  test('watches CronJobs that there are', () => {
    const watched = [...JSON.stringify(rule).matchAll(/cronjob=\\"(?<it>[\w-]+)/gu)];
    const names = [...applied, ...optional]
      .filter(({ kind }) => kind === 'CronJob')
      .map(({ metadata }) => metadata.name);

    expect(new Set(watched.map(({ groups }) => groups?.['it']))).toEqual(new Set(names));
  });
});

describe("Kubernetes' current schemas", () => {
  test.each(ofKubernetes.map((one) => [named(one), one]))('accept %s', async (_name, manifest) => {
    expect(await findSchemaProblems(manifest)).toEqual([]);
  });

  test('know every field', async () => {
    expect(await findTypeProblems(ofKubernetes)).toEqual([]);
  });

  test.each([
    ['a value of another type', { backoffLimit: 'none' }],
    [
      'a value that is none of the allowed',
      { podFailurePolicy: { rules: [{ action: 'Forget' }] } },
    ],
  ])('would refuse %s', async (_name, change) => {
    const wrong = { apiVersion: 'batch/v1', kind: 'Job', spec: { ...job, ...change } };

    expect(await findSchemaProblems(wrong)).not.toEqual([]);
  });

  test('would refuse a misspelt field, however deep', async () => {
    const wrong = structuredClone({ apiVersion: 'batch/v1', kind: 'Job', spec: job });
    wrong.spec.template.spec.containers[0].securityContext.readOnlyRootFileSystem = true;

    expect(await findTypeProblems([wrong])).toEqual([
      expect.stringContaining('readOnlyRootFileSystem'),
    ]);
  });
});

describe('the settings', () => {
  const known = new Map(settingDescriptions.map((setting) => [setting.name, setting]));

  test.each(Object.entries(config))('%s is known, and has its default', (name, value) => {
    expect(value).toBe(known.get(name)?.defaultText);
  });

  test('all that are no secret are there, the rarer ones as comments', async () => {
    const text = await read('deploy/config.yaml.example');
    const names = [...text.matchAll(/^ {2}(?:# )?(MAILROOM_[A-Z_]+):/gmu)].map(
      ([, name = '']) => name,
    );

    const inSecret = Object.keys(secretExample[0].stringData);
    const expected = [...known.values()]
      .filter(({ name, isSecret }) => !isSecret && !inSecret.includes(name))
      .map(({ name }) => name);
    expect(names.toSorted()).toEqual(expected.toSorted());
  });

  test('all that are secret are in the Secret, the rarer ones as comments', async () => {
    const text = await read('deploy/secret.yaml.example');
    const secret = [...known.values()].filter(({ isSecret }) => isSecret).map(({ name }) => name);

    expect(secret).toContain('MAILROOM_PING_URL');
    for (const name of secret) expect(text).toMatch(new RegExp(`^ {2}(?:# )?${name}: "`, 'mu'));
  });

  test('each is explained by a comment above it', async () => {
    const lines = (await read('deploy/config.yaml.example')).split('\n');
    const unexplained = Object.keys(config).filter((name) => {
      const at = lines.findIndex((line) => line.startsWith(`  ${name}:`));
      return !/^ {2}# [A-Zd"]/u.test(lines[at - 1] ?? '');
    });

    expect(unexplained).toEqual([]);
  });

  test('those that are required are in the Secret', () => {
    const required = settingDescriptions.filter((setting) => setting.isRequired);

    expect(Object.keys(secretExample[0].stringData).toSorted()).toEqual(
      required.map(({ name }) => name).toSorted(),
    );
  });
});

describe('the schedule', () => {
  test('is as often as MAILROOM_POLL_INTERVAL says', () => {
    const minutes = Number(/^\*\/(\d+) \* \* \* \*$/u.exec(cronJob.schedule)?.[1]);

    expect(minutes * 60).toBe(Number(config['MAILROOM_POLL_INTERVAL']));
  });

  test('a pass that hangs is ended after its own timeout, and before the next one', () => {
    const setting = settingDescriptions.find(({ name }) => name === 'MAILROOM_PASS_TIMEOUT');

    expect(job.activeDeadlineSeconds).toBeGreaterThan(Number(setting?.defaultText));
    expect(job.activeDeadlineSeconds).toBeLessThan(Number(config['MAILROOM_POLL_INTERVAL']));
  });

  test('one pass at a time, tried once, tidied up', () => {
    expect(cronJob).toMatchObject({
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 12,
      failedJobsHistoryLimit: 6,
    });
    expect(cronJob.startingDeadlineSeconds).toBeGreaterThanOrEqual(10);
    expect(job).toMatchObject({
      backoffLimit: 0,
      ttlSecondsAfterFinished: expect.any(Number),
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
    });
    expect(pod.restartPolicy).toBe('Never');
  });
});

describe('what may go wrong is small', () => {
  test('the program may read and change its state, and nothing else', () => {
    expect(findManifest(applied, 'Role', 'mailroom').rules).toEqual([
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['mailroom-state'],
        verbs: ['get', 'patch'],
      },
    ]);
    expect(findManifest(applied, 'ServiceAccount', 'mailroom').automountServiceAccountToken).toBe(
      false,
    );
  });

  test('the state is applied without data and annotations, so that what is written is kept', () => {
    const state = findManifest(applied, 'ConfigMap', 'mailroom-state');

    expect(Object.keys(state).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(state.metadata.annotations).toBeUndefined();
  });

  test('nobody gets in; out by port only', () => {
    const { spec } = findManifest(applied, 'NetworkPolicy', 'mailroom');

    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    // The server drops an empty list, and `kubectl diff` would show it for ever.
    expect(spec.ingress).toBeUndefined();
    const ports = spec.egress.flatMap((rule: KubeObject) => {
      expect(Object.keys(rule)).toEqual(['ports']);
      return rule.ports.map(({ protocol, port }: KubeObject) => `${protocol} ${port}`);
    });
    expect(ports.toSorted()).toEqual([
      'TCP 16443',
      'TCP 443',
      'TCP 53',
      'TCP 6443',
      'TCP 8443',
      'UDP 53',
    ]);
    expect(job.template.metadata.labels).toMatchObject(spec.podSelector.matchLabels);
  });

  test('the namespace takes restricted pods only', () => {
    expect(applied[0].metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  const jobs: readonly (readonly [string, KubeObject])[] = [
    ['CronJob mailroom', pod],
    ...optional
      .filter(({ kind }) => kind.endsWith('Job'))
      .map((one): [string, KubeObject] => {
        const { spec } = one.spec.jobTemplate ?? one;
        return [named(one), spec.template.spec];
      }),
  ];

  test.each(jobs)("%s's pod is restricted and limited", (_name, spec) => {
    const [only, ...others] = spec.containers;
    expect(others).toEqual([]);
    expect(spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(only.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(only.resources).toEqual({
      requests: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '16Mi' },
      limits: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '128Mi' },
    });
    expect(only.image).toBe(container.image);
  });

  test('the pass has settings where there are any, the Secret, a token, and time to stop', () => {
    expect(container.envFrom).toEqual([
      { configMapRef: { name: 'mailroom-config', optional: true } },
      { secretRef: { name: 'mailroom-secrets' } },
    ]);
    expect(pod).toMatchObject({
      serviceAccountName: 'mailroom',
      automountServiceAccountToken: true,
      terminationGracePeriodSeconds: 60,
    });
  });

  test('the image is that of this version', async () => {
    const { version } = JSON.parse(await read('package.json'));

    expect(container.image).toMatch(/^ghcr\.io\/[a-z\d-]+\/mailroom:/u);
    expect(container.image.split(':')[1]).toBe(version);
  });
});

describe('secrets', () => {
  test('the example is visibly none', () => {
    const { MAILROOM_CARDDAV_USERNAME: username, ...secrets } = secretExample[0].stringData;

    expect(username).toMatch(/@example\.(?:com|org)$/u);
    for (const value of Object.values(secrets)) expect(value).toMatch(/EXAMPLE/u);
  });

  test('no file that is applied holds a Secret or the value of one', async () => {
    const names = await readdir(deploy, { recursive: true, withFileTypes: true });
    const files = names.filter(
      (entry) => entry.isFile() && !/^(?:secret|README)\./u.test(entry.name),
    );
    const texts = await Promise.all(
      files.map(({ parentPath, name }) => readFile(`${parentPath}/${name}`, 'utf8')),
    );

    expect(files.length).toBeGreaterThan(8);
    for (const text of texts) {
      expect(text).not.toMatch(/^kind: Secret$/mu);
      expect(text).not.toMatch(/MAILROOM_(?:JMAP_TOKEN|CARDDAV_PASSWORD|CARDDAV_USERNAME):/u);
    }
  });

  test('only what the image is built from gets to the builder', async () => {
    const rules = (await read('.containerignore'))
      .split('\n')
      .filter((line) => /^[^#]/u.test(line));

    expect(rules).toEqual(['*', '!package.json', '!package-lock.json', '!tsconfig.json', '!src']);
  });
});

/** The metadata of an object and of the templates in it: Job and pod. */
function withTemplates({ metadata, spec }: KubeObject): readonly KubeObject[] {
  const inner = spec?.jobTemplate ?? spec?.template;
  return inner === undefined ? [metadata] : [metadata, ...withTemplates(inner)];
}
