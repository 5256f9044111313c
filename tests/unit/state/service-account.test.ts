import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { apiServerUrl, openServiceAccount } from '../../../src/state/service-account.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-service-account-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the API server's URL", () => {
  test.each([
    ['IPv4', '10.0.0.1', '443', 'https://10.0.0.1/'],
    ['another port', '10.0.0.1', '6443', 'https://10.0.0.1:6443/'],
    ['IPv6', 'fd00::1', '443', 'https://[fd00::1]/'],
    ['IPv6 in brackets', '[fd00::1]', '6443', 'https://[fd00::1]:6443/'],
    ['a name', 'kubernetes.default.svc', '443', 'https://kubernetes.default.svc/'],
  ])('%s', (_name, host, port, expected) => {
    expect(apiServerUrl({ host, port }).href).toBe(expected);
  });
});

describe("the service account's folder", () => {
  test('the token is read again each time', async () => {
    const account = openServiceAccount(folder);
    await writeFile(join(folder, 'token'), 'first\n');
    expect(await account.readToken()).toBe('first');

    await writeFile(join(folder, 'token'), 'second');

    expect(await account.readToken()).toBe('second');
  });

  test('a namespace that cannot be read is null', () => {
    expect(openServiceAccount(join(folder, 'none')).namespace).toBeNull();
  });
});
