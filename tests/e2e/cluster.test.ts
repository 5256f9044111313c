import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import {
  createIsolatedRunner,
  isolationNote,
  mayIsolate,
  runPlainly,
} from '../support/container.ts';
import { startCyrus } from '../support/cyrus.ts';
import { cyrusNote, isCyrusSkipped } from '../support/cyrus-lane.ts';
import { isKubeSkipped, kubeNote } from '../support/kube.ts';
import { type KubeObject, startCluster, type TestCluster } from '../support/kube/cluster.ts';
import { type Kubelet, startKubelet } from '../support/kube/kubelet.ts';
import { findManifest, parseManifestFile, readManifests } from '../support/kube/manifests.ts';
import { prepareAccount } from '../support/prepare-account.ts';
import { builtPrograms } from '../support/programs.ts';
import type { TestAccount } from '../support/test-account.ts';

/*
 * The real program in Jobs made from the CronJob's own template: the real Job controller, the pod's
 * environment, account, user, read-only root and memory limit, against a real mail server.
 */

const isSkipped = isKubeSkipped || isCyrusSkipped;
const note = isKubeSkipped ? kubeNote : cyrusNote;

const NAMESPACE = '/api/v1/namespaces/mailroom';
const MERGE = 'application/merge-patch+json';

describe.skipIf(isSkipped)(`in a cluster${note}`, () => {
  let cluster: TestCluster;
  let kubelet: Kubelet;
  let account: TestAccount;
  let jobs = 0;

  beforeAll(async () => {
    [cluster, account] = await Promise.all([startCluster({ hasControllers: true }), startCyrus()]);
    await prepareAccount(account);
    await applyManifests(cluster);
    // The settings are the user's: from the example.
    const [config] = await parseManifestFile('config.yaml.example');
    await cluster.request('POST', `${NAMESPACE}/configmaps`, config);
    kubelet = startKubelet(cluster, kubeletOptions(builtPrograms().folder));
  }, 180_000);

  afterAll(async () => {
    await kubelet?.stop();
    await cluster?.stop();
    await account?.close();
  });

  beforeEach(async () => {
    await configure({
      MAILROOM_JMAP_SESSION_URL: account.sessionUrl,
      MAILROOM_CARDDAV_URL: account.cardDavUrl,
      MAILROOM_MAX_CONSECUTIVE_FAILURES: null,
    });
  });

  test('without the Secret the pod waits, and says for what', async () => {
    const { name, pod } = await startJob(await passSpec());

    const waiting = await waitFor(async () => {
      const status = (await pod())?.status;
      return status?.containerStatuses?.[0]?.state?.waiting;
    });
    expect(waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'secret "mailroom-secrets" not found',
    });

    await removeJob(name);
  });

  test('a Job runs a pass: mail is triaged, state and annotation are written', async () => {
    await fillInSecret({});
    const screener = await account.mailboxId('Screener');
    const label = await account.mailboxId('@ToFeed');
    const from = '"News" <news@sender.example>';
    const labelled = await account.addEmail({ from, mailboxIds: [screener, label] });
    const older = await account.addEmail({ from, mailboxIds: [screener] });

    const { outcome, terminated, logs } = await runJob(await passSpec());

    expect(logs).toContain('"event":"poll_complete"');
    expect(outcome).toBe('Complete');
    expect(terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    const feed = new Set([await account.mailboxId('Feed')]);
    const emails = await account.emails();
    expect(emails.get(labelled)?.mailboxIds).toEqual(feed);
    expect(emails.get(older)?.mailboxIds).toEqual(feed);
    const { state, annotation } = await readState();
    expect(state).toMatchObject({ version: 1, consecutiveFailures: 0, lastFailure: null });
    expect(state.lastRun).toMatchObject({ outcome: 'poll_complete', counts: { processed: 1 } });
    expect(annotation).toBe(state.lastSuccessfulRun);
  });

  test.skipIf(!mayIsolate)(
    `the end of the pass is in the termination message${isolationNote}`,
    async () => {
      const { terminated } = await runJob(await passSpec());

      expect(terminated.message).toMatch(/poll_complete/u);
    },
  );

  test.each([
    ['once the servers are known, four', null, 4, 4],
    ['at first, nine at most', { data: null }, 5, 9],
  ])('requests of a pass that finds nothing to do: %s', async (_name, change, least, most) => {
    if (change !== null) {
      await cluster.request('PATCH', `${NAMESPACE}/configmaps/mailroom-state`, change, MERGE);
    }

    const { logs } = await runJob(await passSpec());

    const end = JSON.parse(logs.trim().split('\n').at(-1) ?? '');
    expect(end).toMatchObject({ event: 'poll_complete', triaged_senders: 0 });
    expect(end.http_requests).toBeGreaterThanOrEqual(least);
    expect(end.http_requests).toBeLessThanOrEqual(most);
  });

  test('the dry-run Job prints a table for a person, and writes nothing', async () => {
    const screener = await account.mailboxId('Screener');
    const label = await account.mailboxId('@ToJail');
    const mailboxIds = [screener, label];
    const id = await account.addEmail({ from: 'Ads <ads@sender.example>', mailboxIds });
    const before = await readState();

    const [job] = await parseManifestFile('optional/dry-run-job.yaml');
    const { outcome, logs } = await runJob(job.spec);

    expect(logs).toMatch(/^ads@sender\.example +Jail +1 from Screener +new "Ads"$/mu);
    expect(logs).not.toContain('{"');
    expect(outcome).toBe('Complete');
    expect((await account.emails()).get(id)?.mailboxIds).toEqual(new Set(mailboxIds));
    expect(await readState()).toEqual(before);
    await account.deleteEmail(id);
  });

  test('the health check succeeds then', async () => {
    const { outcome, logs } = await runJob(await healthSpec());

    expect(JSON.parse(logs)).toMatchObject({ status: 'ok', consecutive_failures: 0 });
    expect(outcome).toBe('Complete');
  });

  test('why: of a sender that was triaged, and all that was decided', async () => {
    const one = await runJob(await whySpec('news@sender.example'));
    const all = await runJob(await whySpec());

    expect([one.outcome, all.outcome]).toEqual(['Complete', 'Complete']);
    expect(one.logs).toMatch(
      /^news@sender\.example goes to Feed: in group Feed since \d{4}-\d\d-\d\d\.$/mu,
    );
    expect(all.logs).toMatch(/^\d{4}-\d\d-\d\d {2}Feed +news@sender\.example/mu);
  });

  test('a wrong token: the Job fails, at once and every time', async () => {
    await fillInSecret({ MAILROOM_JMAP_TOKEN: 'no-token-of-this-account' });

    const { outcome, terminated, logs } = await runJob(await passSpec());

    expect(logs).toContain('"event":"startup_failed"');
    expect(logs).not.toContain('no-token-of-this-account');
    expect(outcome).toBe('Failed');
    expect(terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect((await readState()).state).toMatchObject({ consecutiveFailures: 1 });
    await fillInSecret({});
  });

  test('SIGTERM to the pod is neither a failure nor a success', async () => {
    const before = (await readState()).state;
    // A server that accepts and never answers keeps the pass waiting.
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    await configure({ MAILROOM_JMAP_SESSION_URL: `http://127.0.0.1:${port}/` });
    const { name, pod } = await startJob(await passSpec());
    await waitFor(() => silentConnections(silent));

    const running = await pod();
    await removeJob(name);
    await waitFor(() => /run_stopped/u.test(kubelet.logs(running.metadata.name)) || null);
    const { state } = await readState();
    silent.close();

    expect(state.consecutiveFailures).toBe(before.consecutiveFailures);
    expect(state.lastSuccessfulRun).toBe(before.lastSuccessfulRun);
    expect(state.lastRun).toMatchObject({ outcome: 'run_stopped' });
  });

  test('the server down after a success: the Job completes, and the failure is counted', async () => {
    const before = (await readState()).state;
    await account.close();

    const { outcome, logs } = await runJob(await passSpec());

    expect(logs).toContain('"event":"poll_failed"');
    expect(outcome).toBe('Complete');
    const { state, annotation } = await readState();
    expect(state.consecutiveFailures).toBe(before.consecutiveFailures + 1);
    expect(annotation).toBe(before.lastSuccessfulRun);
  });

  test('the maximum of failures reached: the Job fails, and so does the health check', async () => {
    const before = (await readState()).state.consecutiveFailures;
    await configure({ MAILROOM_MAX_CONSECUTIVE_FAILURES: String(before + 1) });

    const { outcome, terminated, logs } = await runJob(await passSpec());
    const health = await runJob(await healthSpec());

    expect(logs).toContain('"event":"too_many_consecutive_failures"');
    expect(outcome).toBe('Failed');
    expect(terminated).toMatchObject({ exitCode: 1 });
    expect(JSON.parse(health.logs)).toMatchObject({ status: 'unhealthy' });
    expect(health.outcome).toBe('Failed');
  });

  async function configure(data: Record<string, string | null>): Promise<void> {
    await cluster.request('PATCH', `${NAMESPACE}/configmaps/mailroom-config`, { data }, MERGE);
  }

  async function fillInSecret(change: Record<string, string>): Promise<void> {
    const [secret] = await parseManifestFile('secret.yaml.example');
    Object.assign(secret.stringData, {
      MAILROOM_JMAP_TOKEN: account.token,
      MAILROOM_CARDDAV_USERNAME: account.username,
      MAILROOM_CARDDAV_PASSWORD: account.password,
      ...change,
    });
    const path = `${NAMESPACE}/secrets/mailroom-secrets`;
    if ((await cluster.find(path)) !== null) await cluster.request('DELETE', path);
    await cluster.request('POST', `${NAMESPACE}/secrets`, secret);
  }

  async function readState(): Promise<{ state: KubeObject; annotation: string | undefined }> {
    const { metadata, data } = await cluster.request(
      'GET',
      `${NAMESPACE}/configmaps/mailroom-state`,
    );
    return {
      state: JSON.parse(data['state.json']),
      annotation: metadata.annotations?.['mailroom/last-successful-run'],
    };
  }

  /** As `kubectl create job --from=cronjob/mailroom` makes it. */
  async function startJob(
    spec: KubeObject,
  ): Promise<{ name: string; pod: () => Promise<KubeObject> }> {
    jobs += 1;
    const name = `now-${jobs}`;
    await cluster.request('POST', '/apis/batch/v1/namespaces/mailroom/jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' } },
      spec,
    });
    return {
      name,
      async pod() {
        const { items } = await cluster.request(
          'GET',
          `${NAMESPACE}/pods?labelSelector=job-name%3D${name}`,
        );
        return items[0];
      },
    };
  }

  /** As `kubectl delete job` does: its pods are told to stop. */
  async function removeJob(name: string): Promise<void> {
    const path = `/apis/batch/v1/namespaces/mailroom/jobs/${name}`;
    await cluster.request('DELETE', path, { propagationPolicy: 'Background' });
  }

  async function runJob(
    spec: KubeObject,
  ): Promise<{ outcome: string; terminated: KubeObject; logs: string }> {
    const { name, pod } = await startJob(spec);
    const path = `/apis/batch/v1/namespaces/mailroom/jobs/${name}`;
    const outcome = await waitFor(async () => {
      const { status } = await cluster.request('GET', path);
      const condition = status.conditions?.find(
        ({ type }: KubeObject) => type === 'Complete' || type === 'Failed',
      );
      return condition?.type as string | undefined;
    });
    const ended = await pod();
    return {
      outcome,
      terminated: ended.status.containerStatuses[0].state.terminated,
      logs: kubelet.logs(ended.metadata.name),
    };
  }
});

/** The server's process, in the image or in what stands for it: Node and the bundle. */
function kubeletOptions(bundle: string): Parameters<typeof startKubelet>[1] {
  const common = { namespace: 'mailroom', defaultArgs: ['run-once.js'] };
  if (!mayIsolate) {
    return { ...common, run: runPlainly, entryPoint: [process.execPath], workingDir: bundle };
  }
  return {
    ...common,
    run: createIsolatedRunner('/'),
    entryPoint: ['/nodejs/bin/node'],
    workingDir: '/app',
    imageMounts: [
      { source: dirname(process.execPath), path: '/nodejs/bin' },
      { source: bundle, path: '/app' },
    ],
  };
}

async function applyManifests(cluster: TestCluster): Promise<void> {
  const paths: Readonly<Record<string, string>> = {
    Namespace: '/api/v1/namespaces',
    ConfigMap: `${NAMESPACE}/configmaps`,
    ServiceAccount: `${NAMESPACE}/serviceaccounts`,
    Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/mailroom/roles',
    RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/mailroom/rolebindings',
    NetworkPolicy: '/apis/networking.k8s.io/v1/namespaces/mailroom/networkpolicies',
  };
  for (const manifest of await readManifests()) {
    const path = paths[manifest.kind];
    if (path !== undefined) await cluster.request('POST', path, manifest);
  }
  // The controllers make a token for the account before pods can use it.
  await waitFor(() => cluster.find(`${NAMESPACE}/serviceaccounts/mailroom`));
}

async function passSpec(): Promise<KubeObject> {
  return findManifest(await readManifests(), 'CronJob', 'mailroom').spec.jobTemplate.spec;
}

async function healthSpec(): Promise<KubeObject> {
  const [cronJob] = await parseManifestFile('optional/health-check.yaml');
  return cronJob.spec.jobTemplate.spec;
}

/** As `sed` makes it from the file. */
async function whySpec(...args: readonly string[]): Promise<KubeObject> {
  const [{ spec }] = await parseManifestFile('optional/why-job.yaml');
  const [container] = spec.template.spec.containers;
  container.args.push(...args);
  return spec;
}

function silentConnections(server: Server): Promise<number | null> {
  return new Promise((resolve) => {
    server.getConnections((_error, count) => resolve(count > 0 ? count : null));
  });
}

async function waitFor<T>(
  look: () => T | null | undefined | Promise<T | null | undefined>,
): Promise<T> {
  const deadline = Date.now() + 50_000;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('waited in vain');
    await sleep(100);
  }
}
