import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { KubeObject } from './cluster.ts';

/*
 * Checks manifests against Kubernetes' own schemas, in the package kubernetes-models. Its
 * validators know values and required fields. Its types know which fields exist: an API server
 * drops a field that it does not know, so a typo would go unnoticed.
 */

/** What is wrong with the manifest by the schema of its kind. Throws for an unknown kind. */
export async function findSchemaProblems(manifest: KubeObject): Promise<readonly string[]> {
  const load = SCHEMAS.get(manifest.apiVersion);
  if (load === undefined) throw new Error(`no schemas for ${manifest.apiVersion}`);
  const Model = (await load())[manifest.kind];
  if (typeof Model !== 'function') throw new Error(`no schema for ${manifest.kind}`);
  const model: KubeObject = Reflect.construct(Model, [manifest]);
  try {
    model.validate();
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
}

/** What the compiler says about the manifests, each written as a literal of its kind's type. */
export async function findTypeProblems(
  manifests: readonly KubeObject[],
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mailroom-manifests-'));
  const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
  await symlink(modules, join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'tsconfig.json'), TSCONFIG);
  const lines = manifests.map((manifest, index) => {
    const type = `import('${moduleOf(manifest)}').I${manifest.kind}`;
    return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};\n`;
  });
  await writeFile(join(folder, 'manifests.ts'), lines.join(''));
  const compiler = join(modules, 'typescript/bin/tsc');
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [compiler, '-p', folder], (error, stdout) => {
      // The compiler exits with a status when it has something to say, and says it on stdout.
      if (error !== null && stdout === '') reject(error);
      else resolve(stdout);
    });
  });
  await rm(folder, { recursive: true });
  return output.split('\n').filter((line) => line.includes('error TS'));
}

const SCHEMAS = new Map<string, () => Promise<Readonly<Record<string, unknown>>>>([
  ['v1', () => import('kubernetes-models/v1')],
  ['batch/v1', () => import('kubernetes-models/batch/v1')],
  ['networking.k8s.io/v1', () => import('kubernetes-models/networking.k8s.io/v1')],
  ['rbac.authorization.k8s.io/v1', () => import('kubernetes-models/rbac.authorization.k8s.io/v1')],
]);

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  },
  include: ['manifests.ts'],
});

function moduleOf({ apiVersion }: KubeObject): string {
  return `kubernetes-models/${apiVersion}`;
}
