import { execFile, execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

/** kubectl knows labels in templates (`includeTemplates`) since 1.26. */
export function hasCurrentKustomize(): boolean {
  if (!isKubectlInstalled()) return false;
  const flags = ['version', '--client', '--output=json'];
  const { clientVersion } = JSON.parse(execFileSync('kubectl', flags, { encoding: 'utf8' }));
  return Number.parseInt(clientVersion.minor, 10) >= 26;
}

/**
 * Runs kubectl as the cluster's administrator and returns its output. If it fails, throws what it
 * said.
 */
export async function kubectl(cluster: TestCluster, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('kubectl', [
    '--kubeconfig',
    cluster.kubeconfig,
    ...args,
  ]);
  return stdout;
}

/**
 * A copy of deploy/ as in a fresh clone. An API server before 1.21 has CronJob as `batch/v1beta1`
 * and does not know all of its fields; for such a server the copy's CronJob is rewritten.
 */
export async function copyManifests(cluster: TestCluster): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-deploy-'));
  await cp(DEPLOY, folder, { recursive: true });
  for (const name of ['secret.yaml', 'config.yaml']) await rm(join(folder, name), { force: true });
  const { resources } = await cluster.request('GET', '/apis/batch/v1');
  if (resources.some(({ name }: { name: string }) => name === 'cronjobs')) return folder;
  const path = join(folder, '50-cronjob.yaml');
  const [cronJob] = parseManifests(await readFile(path, 'utf8'));
  delete cronJob.spec.jobTemplate.spec.podFailurePolicy;
  await writeFile(path, stringify({ ...cronJob, apiVersion: 'batch/v1beta1' }));
  return folder;
}
