import { existsSync } from 'node:fs';

import { SettingsError } from '../errors.ts';
import type { RequestBudget } from '../http/budget.ts';
import { createConfigMapStore } from './config-map-store.ts';
import { createFileStore } from './file-store.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';
import type { ApiServerAddress } from './service-account.ts';
import type { StateStore } from './store.ts';

/** The settings that say where the state is kept. */
export interface StateStoreOptions {
  /** `MAILROOM_STATE_FILE` or its default; null where there is none. */
  readonly stateFile: string | null;
  /** `MAILROOM_STATE_FILE` is set: the file is used in a cluster too. */
  readonly isStateFileForced: boolean;
  /** `MAILROOM_STATE_CONFIGMAP`. */
  readonly stateConfigMap: string;
  /** `MAILROOM_SERVICE_ACCOUNT_DIR`. */
  readonly serviceAccountDir: string;
  /** `KUBERNETES_SERVICE_HOST` and `_PORT`; null outside a cluster. */
  readonly kubernetesService: ApiServerAddress | null;
  readonly budget: RequestBudget;
}

/** Where the state is. */
export type StatePlace =
  | { readonly kind: 'configmap'; readonly client: KubeClient; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** Throws SettingsError where there is neither. */
export function createStateStore(options: StateStoreOptions): StateStore {
  const place = findStatePlace(options);
  return place.kind === 'configmap'
    ? createConfigMapStore(place.client, place.name)
    : createFileStore(place.path);
}

/**
 * The ConfigMap in a cluster, that is, where the service account's folder and the API server's address
 * exist; the file elsewhere. Throws SettingsError where neither can be.
 */
export function findStatePlace(options: StateStoreOptions): StatePlace {
  const { stateFile, kubernetesService, serviceAccountDir } = options;
  const isInCluster = kubernetesService !== null && existsSync(serviceAccountDir);
  if (isInCluster && !options.isStateFileForced) {
    const { budget } = options;
    const client = createKubeClient({ ...kubernetesService, serviceAccountDir, budget });
    return { kind: 'configmap', client, name: options.stateConfigMap };
  }
  if (stateFile !== null) return { kind: 'file', path: stateFile };
  throw new SettingsError(['MAILROOM_STATE_FILE is required where HOME is not set']);
}
