import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createBudget } from '../../../src/http/budget.ts';
import { SettingsError } from '../../../src/errors.ts';
import { createStateStore, type StateStoreOptions } from '../../../src/state/place.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-service-account-'));
});
afterAll(() => rm(folder, { recursive: true }));

const inPod = (): StateStoreOptions => ({
  stateFile: '/home/me/state.json',
  isStateFileForced: false,
  stateConfigMap: 'mailroom-state',
  serviceAccountDir: folder,
  kubernetesService: { host: 'fd00::1', port: '443' },
  budget: createBudget({
    passTimeoutMs: 1000,
    stop: new AbortController().signal,
    stopGraceMs: 1000,
  }),
});

describe('the state is kept', () => {
  const file = 'file /home/me/state.json';
  const configMap = 'configmap (unknown namespace)/mailroom-state';
  test.each([
    ['in the ConfigMap in a pod', {}, configMap],
    ['in the ConfigMap where there is no home', { stateFile: null }, configMap],
    ['in the file where the file is asked for', { isStateFileForced: true }, file],
    ['in the file where no API server is told', { kubernetesService: null }, file],
    ['in the file where the pod has no token', { serviceAccountDir: '/nowhere' }, file],
  ])('%s', (_name, change, expected) => {
    expect(createStateStore({ ...inPod(), ...change }).description).toBe(expected);
  });

  test('nowhere without a home and outside a cluster: a setting is missing', () => {
    const options = { ...inPod(), stateFile: null, kubernetesService: null };

    expect(() => createStateStore(options)).toThrow(SettingsError);
  });
});
