import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { StateWriteError } from '../../src/errors.ts';
import { createFileStore } from '../../src/state/file-store.ts';
import { probeStateFile } from '../../src/state/state-file.ts';
import {
  afterFailure,
  afterPing,
  emptyState,
  lostState,
  type RunState,
} from '../../src/state/state.ts';
import type { StateStore } from '../../src/state/store.ts';
import { isKubeSkipped, kubeNote } from '../support/kube.ts';
import {
  type StatePlace,
  startStateCluster,
  type StateCluster,
} from '../support/kube/state-cluster.ts';

const success = '2026-11-02T10:00:00.000Z';
const withSuccess = (state: RunState): RunState => ({
  ...state,
  consecutiveFailures: 0,
  lastSuccessfulRun: success,
});
let runs = 0;
/** The failure of one run, which no other run has. */
const oneMoreFailure = (): ((state: RunState) => RunState) => {
  runs += 1;
  const startedAt = new Date(Date.parse(success) + runs).toISOString();
  const run = { startedAt, finishedAt: startedAt, counts: {}, known: null } as const;
  return (state) => afterFailure(state, run, { event: 'poll_failed', message: 'no answer' });
};

const spoilt: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['cut short', '{"version":1,"consecutiveFai'],
  ['of a later version', '{"version":2,"consecutiveFailures":0}'],
  ['something else', '{"kind":"Pod"}'],
];

/** What every store promises; `open` gives a store on the place of the test at hand. */
function storeContract(place: () => StatePlace): void {
  const open = (): StateStore => place().open();

  test('nothing stored yet is a fresh installation', async () => {
    expect(await open().read()).toEqual({ kind: 'absent' });
  });

  test('what is saved is read, by the same store and by the next run', async () => {
    const store = open();

    await store.save(withSuccess);

    const expected = { kind: 'read', state: withSuccess(emptyState) };
    expect(await store.read()).toEqual(expected);
    expect(await open().read()).toEqual(expected);
  });

  test('a run may write once more, what its ping came to, and loses nothing of another run', async () => {
    const store = open();
    await store.read();
    await store.save(withSuccess);
    await open().save(oneMoreFailure());
    const trouble = { since: success, problem: 'POST hc.example: HTTP 500' };

    await store.save((stored) => afterPing(stored, trouble) ?? stored);

    expect(await open().read()).toMatchObject({
      kind: 'read',
      state: { lastSuccessfulRun: success, consecutiveFailures: 1, pingFailure: trouble },
    });
  });

  test('a change is applied to what another run stored meanwhile', async () => {
    const [slow, quick] = [open(), open()];
    await slow.read();
    await quick.save(oneMoreFailure());

    await slow.save(oneMoreFailure());

    expect(await slow.read()).toMatchObject({ state: { consecutiveFailures: 2 } });
  });

  test.each([1, 2, 3])('of five runs that end at once each is counted (%i)', async () => {
    const stores = Array.from({ length: 5 }, open);
    await Promise.all(stores.map((store) => store.read()));

    await Promise.all(stores.map((store) => store.save(oneMoreFailure())));

    expect(await open().read()).toMatchObject({ state: { consecutiveFailures: 5 } });
  });

  describe.each(spoilt)('a state that is %s', (_name, text) => {
    beforeEach(() => place().spoil(text));

    test('is unreadable', async () => {
      expect(await open().read()).toMatchObject({ kind: 'unreadable' });
    });

    test('is replaced, and not by a fresh installation', async () => {
      const store = open();
      await store.read();

      await store.save(oneMoreFailure());

      expect(await store.read()).toMatchObject({
        kind: 'read',
        state: { consecutiveFailures: 1, wasLost: true },
      });
    });
  });

  test('a change that throws leaves what is stored, and the next run can write', async () => {
    const store = open();
    await store.save(withSuccess);

    const broken = store.save(() => {
      throw new Error('a bug');
    });

    await expect(broken).rejects.toThrow(StateWriteError);
    await open().save(oneMoreFailure());
    expect(await open().read()).toMatchObject({ state: { lastSuccessfulRun: success } });
  });
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe('file store', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailroom-state-'));
    path = join(folder, 'new', 'mailroom', 'state.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const place = (): StatePlace => ({
    open: () => createFileStore(path),
    async spoil(text) {
      await mkdir(join(folder, 'new', 'mailroom'), { recursive: true });
      await writeFile(path, text);
    },
  });

  storeContract(place);

  test('says where it is', () => {
    expect(createFileStore(path).description).toBe(`file ${path}`);
  });

  test('only the owner may read the file and the folders that were made for it', async () => {
    await createFileStore(path).save(withSuccess);

    expect(await modeOf(path)).toBe(0o600);
    expect(await modeOf(join(folder, 'new', 'mailroom'))).toBe(0o700);
    expect(await modeOf(join(folder, 'new'))).toBe(0o700);
  });

  test('a file that others could read is closed to them', async () => {
    await place().spoil('');
    await chmod(path, 0o644);

    await createFileStore(path).save(withSuccess);

    expect(await modeOf(path)).toBe(0o600);
  });

  test('nothing is left beside the file', async () => {
    await createFileStore(path).save(withSuccess);

    expect(await readdir(join(folder, 'new', 'mailroom'))).toEqual(['state.json']);
  });

  test.each([
    ['a folder stands in its place', () => mkdir(path, { recursive: true })],
    ['a file stands where a folder should be', () => writeFile(join(folder, 'new'), '')],
  ])('%s: unreadable, and not writable', async (_name, arrange) => {
    await arrange();
    const store = createFileStore(path);

    expect(await store.read()).toMatchObject({ kind: 'unreadable' });
    await expect(store.save(withSuccess)).rejects.toThrow(StateWriteError);
  });

  test('a file far too large to be a state is not read', async () => {
    await place().spoil(' '.repeat(5 * 1024 * 1024));

    expect(await createFileStore(path).read()).toMatchObject({ kind: 'unreadable' });
  });

  test('the lock of a run that was killed is taken over', async () => {
    await place().spoil('');
    await writeFile(`${path}.lock`, 'half a sta');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${path}.lock`, longAgo, longAgo);

    await createFileStore(path).save(withSuccess);

    expect(await createFileStore(path).read()).toMatchObject({
      state: { lastSuccessfulRun: success },
    });
    expect(await readdir(join(folder, 'new', 'mailroom'))).toEqual(['state.json']);
  });

  test('a lock from the future is taken over when it has not changed for a while', async () => {
    await place().spoil('');
    await writeFile(`${path}.lock`, 'half a sta');
    const tomorrow = new Date(Date.now() + 86_400_000);
    await utimes(`${path}.lock`, tomorrow, tomorrow);

    await createFileStore(path).save(withSuccess);

    expect(await createFileStore(path).read()).toMatchObject({
      state: { lastSuccessfulRun: success },
    });
  });

  test.each([
    ['to a state', '{"version":1,"consecutiveFailures":3}'],
    ['to nothing yet', null],
  ])('a link %s is followed, and stays', async (_name, content) => {
    const target = join(folder, 'elsewhere.json');
    if (content !== null) await writeFile(target, content);
    await mkdir(dirname(path), { recursive: true });
    await symlink(join('..', '..', 'elsewhere.json'), path);

    await createFileStore(path).save(withSuccess);

    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect(JSON.parse(await readFile(target, 'utf8'))).toMatchObject({
      lastSuccessfulRun: success,
    });
    expect((await readdir(folder)).toSorted()).toEqual(['elsewhere.json', 'new']);
  });

  describe.each([
    ['a device', (at: string) => symlink('/dev/null', at), /a device, not a regular file/u],
    ['a FIFO', (at: string) => promisify(execFile)('mkfifo', [at]), /a FIFO, not a regular file/u],
    ['a folder', (at: string) => mkdir(at), /a folder, not a regular file/u],
    ['a circle of links', (at: string) => symlink(at, at), /its links lead nowhere/u],
  ])('%s in its place', (_name, arrange, reason) => {
    test('is neither read nor written, and the reason is said', async () => {
      await mkdir(dirname(path), { recursive: true });
      await arrange(path);
      const before = await lstat(path);
      const store = createFileStore(path);

      expect(await store.read()).toMatchObject({
        kind: 'unreadable',
        problem: expect.stringMatching(reason),
      });
      await expect(store.save(withSuccess)).rejects.toThrow(reason);
      expect((await lstat(path)).ino).toBe(before.ino);
      expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
      expect(await readdir(dirname(path))).toEqual(['state.json']);
    });
  });

  test('a probe finds what would keep a state from being written, and leaves nothing behind', async () => {
    probeStateFile(path);
    expect(await readdir(folder)).toEqual([]);

    await mkdir(path, { recursive: true });
    expect(() => probeStateFile(path)).toThrow(/a folder/u);
    expect(() => probeStateFile('/proc/mailroom/state.json')).toThrow(/E[A-Z]+:/u);
  });

  test('several processes at once lose no count, and no reader sees half a file', async () => {
    const module = new URL('../../src/state/file-store.ts', import.meta.url).href;
    const program = `
      import { createFileStore } from ${JSON.stringify(module)};
      const store = createFileStore(process.argv[1]);
      for (let i = 0; i < 10; i += 1) {
        await store.save((state) => ({ ...state, consecutiveFailures: state.consecutiveFailures + 1 }));
        const read = await store.read();
        if (read.kind !== 'read') throw new Error(read.problem);
      }`;
    const run = promisify(execFile);

    const args = ['--input-type=module', '--eval', program, path];
    await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, args)));

    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ consecutiveFailures: 40 });
  });
});

describe.skipIf(isKubeSkipped)(`ConfigMap store on a real API server${kubeNote}`, () => {
  let cluster: StateCluster;
  beforeAll(async () => {
    cluster = await startStateCluster();
  });
  afterAll(() => cluster?.stop());
  beforeEach(() => cluster.resetConfigMap());

  storeContract(() => cluster);

  test('says where it is', () => {
    expect(cluster.open().description).toBe('configmap mailroom/mailroom-state');
  });

  test('a run reads once and writes once', async () => {
    const store = cluster.open();
    await store.read();

    await store.save(withSuccess);

    expect(cluster.budget.requestCount).toBe(2);
  });

  test('a success is an annotation too, and the fields are owned by mailroom', async () => {
    await cluster.open().save(withSuccess);

    const { metadata, data } = await cluster.configMap();
    expect(Object.keys(data)).toEqual(['state.json']);
    expect(metadata.annotations).toEqual({ 'mailroom/last-successful-run': success });
    const managers = metadata.managedFields.map(({ manager }: { manager: string }) => manager);
    expect(managers).toContain('mailroom');
  });

  test('a failure keeps the annotation of the last success', async () => {
    await cluster.open().save(withSuccess);

    await cluster.open().save(oneMoreFailure());

    const { metadata } = await cluster.configMap();
    expect(metadata.annotations).toEqual({ 'mailroom/last-successful-run': success });
  });

  test('keys, annotations and labels of others are kept', async () => {
    await cluster.patchConfigMap({
      metadata: { annotations: { theirs: 'a' }, labels: { theirs: 'l' } },
      data: { theirs: 'd' },
    });

    await cluster.open().save(withSuccess);

    const { metadata, data } = await cluster.configMap();
    expect(data.theirs).toBe('d');
    expect(metadata.annotations.theirs).toBe('a');
    expect(metadata.labels.theirs).toBe('l');
  });

  test('the annotation tells the last success of a state that is spoilt or gone', async () => {
    await cluster.open().save(withSuccess);
    await cluster.patchConfigMap({ data: null });
    const store = cluster.open();

    expect(await store.read()).toMatchObject({ kind: 'unreadable' });
    await store.save(oneMoreFailure());

    const { discovery: _discovery, ...expected } = lostState(success);
    expect(await store.read()).toMatchObject({
      state: { ...expected, consecutiveFailures: 1, lastRun: {}, lastFailure: {} },
    });
  });

  test('a missing ConfigMap is unreadable, and is not created', async () => {
    await cluster.deleteConfigMap();
    const store = cluster.open();

    expect(await store.read()).toMatchObject({
      kind: 'unreadable',
      problem: expect.stringContaining('kubectl apply'),
    });
    await expect(store.save(withSuccess)).rejects.toThrow(/mailroom-state does not exist/u);
    expect(await cluster.configMap()).toBeNull();
  });

  test('another ConfigMap than the one of the Role is refused', async () => {
    const store = cluster.open({ name: 'mailroom-config' });

    expect(await store.read()).toMatchObject({
      kind: 'unreadable',
      problem: expect.stringContaining('403'),
    });
    await expect(store.save(withSuccess)).rejects.toThrow(StateWriteError);
  });

  test('a token that was replaced while the run went on is read again', async () => {
    const account = await cluster.makeAccountFolder();
    const good = await readFile(join(account, 'token'), 'utf8');
    const store = cluster.open({ serviceAccountDir: account });
    await store.read();
    await writeFile(join(account, 'token'), 'no-token-of-this-cluster');

    await expect(store.save(withSuccess)).rejects.toThrow(/401/u);
    await writeFile(join(account, 'token'), good);
    await store.save(withSuccess);

    expect(await store.read()).toMatchObject({ kind: 'read' });
  });

  test.each(['token', 'ca.crt', 'namespace'])('without %s it is unreadable', async (file) => {
    const account = await cluster.makeAccountFolder();
    await rm(join(account, file));
    const store = cluster.open({ serviceAccountDir: account });

    expect(await store.read()).toMatchObject({
      kind: 'unreadable',
      problem: expect.stringContaining(file),
    });
    await expect(store.save(withSuccess)).rejects.toThrow(StateWriteError);
  });

  test("a server that the cluster's CA does not vouch for gets nothing", async () => {
    const account = await cluster.makeAccountFolder();
    await writeFile(join(account, 'ca.crt'), await cluster.otherCa());

    expect(await cluster.open({ serviceAccountDir: account }).read()).toMatchObject({
      kind: 'unreadable',
      problem: expect.stringMatching(/TLS/u),
    });
  });

  test('the API server is gone for a while: unreadable and unwritten, then as before', async () => {
    const store = cluster.open();
    await store.save(oneMoreFailure());
    await cluster.stopApiServer();

    const gone = await store.read();
    const unsaved = await store.save(oneMoreFailure()).catch((error: unknown) => error);
    await cluster.startApiServer();

    expect(gone).toMatchObject({ kind: 'unreadable' });
    expect(unsaved).toBeInstanceOf(StateWriteError);
    expect(await store.read()).toMatchObject({ state: { consecutiveFailures: 1 } });
    await store.save(oneMoreFailure());
    expect(await store.read()).toMatchObject({ state: { consecutiveFailures: 2 } });
  });
});
