import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';

import type { TestCluster } from './cluster.ts';
import { parseManifests } from './manifests.ts';

const DEPLOY = fileURLToPath(new URL('../../../deploy', import.meta.url));

export function isKubectlInstalled(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** `--load-restrictor` came with kubectl 1.21. */
export function hasKustomizeLoadRestrictor(): boolean {
  if (!isKubectlInstalled()) return false;
  return execFileSync('kubectl', ['kustomize', '--help'], { encoding: 'utf8' }).includes(
    '--load-restrictor',
  );
}

/** Runs kubectl as the cluster's administrator; its standard output. Throws with what it said. */
export async function kubectl(cluster: TestCluster, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('kubectl', [
    '--kubeconfig',
    cluster.kubeconfig,
    ...args,
  ]);
  return stdout;
}

/**
 * A copy of deploy/ with the Secret filled in. An API server before 1.21 has CronJob as
 * `batch/v1beta1` and knows not all of its fields; the copy's CronJob is written for it then.
 */
export async function copyManifests(
  cluster: TestCluster,
  secret: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-deploy-'));
  await cp(DEPLOY, folder, { recursive: true });
  const [filled] = parseManifests(await readFile(join(folder, 'secret.yaml.example'), 'utf8'));
  Object.assign(filled.stringData, secret);
  await writeFile(join(folder, 'secret.yaml'), stringify(filled));
  const { resources } = await cluster.request('GET', '/apis/batch/v1');
  if (resources.some(({ name }: { name: string }) => name === 'cronjobs')) return folder;
  const path = join(folder, '50-cronjob.yaml');
  const [cronJob] = parseManifests(await readFile(path, 'utf8'));
  delete cronJob.spec.jobTemplate.spec.podFailurePolicy;
  await writeFile(path, stringify({ ...cronJob, apiVersion: 'batch/v1beta1' }));
  return folder;
}
