import { readdir, readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';

import type { KubeObject } from './cluster.ts';

const DEPLOY = new URL('../../../deploy/', import.meta.url);

/**
 * The documents that `kubectl apply -f deploy/` applies, in its order, without what the user adds.
 */
export async function readManifests(folder: URL = DEPLOY): Promise<readonly KubeObject[]> {
  const names = await listManifestFiles(folder);
  const files = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')));
  return files.flatMap(parseManifests);
}

/** Throws when there is none. */
export function findManifest(
  manifests: readonly KubeObject[],
  kind: string,
  name: string,
): KubeObject {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`deploy/ has no ${kind} ${name}`);
  return found;
}

/** The files that kubectl takes from a folder, in its order. */
export async function listManifestFiles(folder: URL = DEPLOY): Promise<readonly string[]> {
  const names = await readdir(folder);
  return (
    names
      .filter((name) => /\.(?:ya?ml|json)$/u.test(name))
      // Files that the user makes from the examples.
      .filter((name) => name !== 'secret.yaml' && name !== 'config.yaml')
      .toSorted()
  );
}

/** The documents of one file of deploy/, whether it is applied or not. */
export async function parseManifestFile(path: string): Promise<readonly KubeObject[]> {
  return parseManifests(await readFile(new URL(path, DEPLOY), 'utf8'));
}

/** Throws for anything but YAML, also for duplicate keys. */
export function parseManifests(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}
