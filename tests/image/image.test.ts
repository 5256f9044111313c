import { mkdtemp, readdir, readFile, lstat, rm, writeFile, chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { createIsolatedRunner } from '../support/container.ts';
import { startCyrus } from '../support/cyrus.ts';
import { cyrusNote, isCyrusSkipped } from '../support/cyrus-lane.ts';
import { type BuiltImage, buildImage, imageNote, isImageSkipped } from '../support/image.ts';
import { prepareAccount } from '../support/prepare-account.ts';
import type { TestAccount } from '../support/test-account.ts';

interface FoundFile {
  readonly path: string;
  readonly size: number;
  readonly isExecutable: boolean;
}

describe.skipIf(isImageSkipped)(`the image, built from the Containerfile${imageNote}`, () => {
  let image: BuiltImage;
  let files: readonly FoundFile[];
  beforeAll(async () => {
    image = await buildImage();
    files = await listFiles(image.rootFolder);
  }, 900_000);
  afterAll(() => image?.remove());

  test('is small', () => {
    const megabytes = files.reduce((sum, { size }) => sum + size, 0) / 1_000_000;

    process.stdout.write(`The image has ${megabytes.toFixed(1)} MB unpacked.\n`);
    expect(megabytes).toBeGreaterThan(50);
    expect(megabytes).toBeLessThan(200);
  });

  test('has one program, which is Node', () => {
    const programs = files.filter(
      ({ path, isExecutable }) => isExecutable && !/\.so(?:\.|$)/u.test(path),
    );

    // The loader is executable although its name is that of a library.
    const names = programs.map(({ path }) => path).filter((path) => !/\/ld-[^/]*$/u.test(path));
    expect(names).toEqual(['/nodejs/bin/node']);
  });

  test('has the bundle, and nothing else of the project', () => {
    const inApp = files.map(({ path }) => path).filter((path) => path.startsWith('/app/'));
    // Named by version and user, in a way that only Node knows.
    const [compiled, ours] = [true, false].map((isCompiled) =>
      inApp.filter((path) => path.startsWith('/app/compiled/') === isCompiled),
    );
    expect(compiled?.length).toBeGreaterThanOrEqual(6);
    expect(compiled).toEqual(
      compiled?.map(() => expect.stringMatching(/^\/app\/compiled\/v24[^/]*-65532\/[\da-f]+$/u)),
    );

    const code = ['email-addresses', 'ical', 'run-once', 'setup', 'status', 'tsdav', 'why'];
    expect(ours?.toSorted()).toEqual([
      ...code.map((name) => `/app/code/${name}.js`),
      '/app/compile.js',
      '/app/package.json',
      '/app/run-once.js',
      '/app/setup.js',
      '/app/status.js',
      '/app/why.js',
    ]);
  });

  test.each([
    ['no shell', /\/(?:ba|da|z|k|c)?sh$|\/busybox$/u],
    ['no npm', /\/(?:npm|npx|corepack|yarn)(?:$|\/|-cli)/u],
    ['no packages', /\/node_modules\//u],
    ['no source and no source map', /\.(?:ts|map)$/u],
    ['no secret', /secret|\.env$|\.npmrc$|\.pem$|\.key$/u],
    ['nothing of git', /\/\.git/u],
  ])('has %s', (_name, pattern) => {
    expect(files.map(({ path }) => path).filter((path) => pattern.test(path))).toEqual([]);
  });

  test('says what it is, and runs as a user who is not root, by number', () => {
    expect(image.config).toMatchObject({
      User: '65532:65532',
      WorkingDir: '/app',
      Entrypoint: ['/nodejs/bin/node'],
      Cmd: ['run-once.js'],
      Labels: {
        'org.opencontainers.image.title': 'mailroom',
        'org.opencontainers.image.licenses': 'AGPL-3.0-or-later',
        'org.opencontainers.image.version': '0.1.0',
        'org.opencontainers.image.source': expect.stringMatching(/^https:/u),
      },
    });
  });

  describe('runs as its own user on a read-only root', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'mailroom-image-'));
      await writeFile(join(folder, 'termination-log'), '');
      await chmod(join(folder, 'termination-log'), 0o666);
    });
    afterEach(() => rm(folder, { recursive: true }));

    const start = (args: readonly string[], env: Record<string, string>) => {
      const child = createIsolatedRunner(image.rootFolder)({
        command: [...image.config.Entrypoint, ...args],
        env: { ...Object.fromEntries(image.config.Env.map((line) => splitAtEquals(line))), ...env },
        workingDir: image.config.WorkingDir,
        user: Number(image.config.User.split(':')[0]),
        mounts: [],
        terminationLog: join(folder, 'termination-log'),
      });
      const { stdout, stderr } = child;
      if (stdout === null || stderr === null) throw new Error('the child has no pipes');
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once('close', resolve);
        child.once('error', reject);
      });
      const output = Promise.all([text(stdout), text(stderr)]);
      return {
        child,
        ended,
        async finish() {
          const [exitCode, [out, err]] = await Promise.all([ended, output]);
          return { exitCode, out, err };
        },
      };
    };

    test.each(['run-once.js', 'status.js', 'setup.js'])('%s --version', async (program) => {
      const { exitCode, out, err } = await start([program, '--version'], {}).finish();

      expect(err).toBe('');
      expect(out).toMatch(/0\.1\.0/u);
      expect(exitCode).toBe(0);
    });

    test('takes what was compiled when the image was made', async () => {
      const { exitCode, out } = await start(['compile.js', '--check'], {}).finish();

      expect(out).toBe('compiled\n');
      expect(exitCode).toBe(0);
    });

    test('is what it says: no root, no capability, nowhere to write', async () => {
      const program = `
        const fs = require('node:fs');
        const denied = [];
        for (const folder of ['/app', '/tmp', '/', '/home/nonroot', '/etc']) {
          try { fs.writeFileSync(folder + '/x', ''); } catch (error) { denied.push(error.code); }
        }
        const capabilities = /CapEff:\\s+(\\w+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1];
        console.log(JSON.stringify({ user: process.getuid(), capabilities, denied: new Set(denied).size, count: denied.length }));`;

      const { out } = await start(['--eval', program], {}).finish();

      expect(JSON.parse(out)).toMatchObject({
        user: 65532,
        capabilities: '0000000000000000',
        count: 5,
      });
    });

    test('SIGTERM reaches the program, which stops in order', async () => {
      // A server that accepts and never answers keeps the pass waiting.
      const silent = createServer(() => undefined);
      const connected = new Promise((resolve) => silent.once('connection', resolve));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      const run = start(image.config.Cmd, {
        MAILROOM_JMAP_TOKEN: 'example-token',
        MAILROOM_CARDDAV_USERNAME: 'me@example.com',
        MAILROOM_CARDDAV_PASSWORD: 'example-password',
        MAILROOM_JMAP_SESSION_URL: `http://127.0.0.1:${port}/`,
        MAILROOM_CARDDAV_URL: `http://127.0.0.1:${port}/`,
        MAILROOM_STATE_FILE: '/tmp/state.json',
      });
      await Promise.race([connected, run.ended]);
      await sleep(100);

      run.child.kill('SIGTERM');
      const { exitCode, out } = await run.finish();
      silent.close();

      expect(out).toMatch(/"event":"run_stopped"/u);
      expect(exitCode).toBe(0);
    });

    describe.skipIf(isCyrusSkipped)(`against Cyrus${cyrusNote}`, () => {
      let account: TestAccount;
      beforeAll(async () => {
        account = await startCyrus();
        await prepareAccount(account);
      });
      afterAll(() => account?.close());

      test('a pass triages mail, and ends with a summary in the termination message', async () => {
        const [screener, label] = [
          await account.mailboxId('Screener'),
          await account.mailboxId('@ToPerson'),
        ];
        const from = 'Jane Doe <jane@sender.example>';
        const labelled = await account.addEmail({ from, mailboxIds: [screener, label] });

        const { exitCode, out, err } = await start(image.config.Cmd, {
          MAILROOM_JMAP_TOKEN: account.token,
          MAILROOM_CARDDAV_USERNAME: account.username,
          MAILROOM_CARDDAV_PASSWORD: account.password,
          MAILROOM_JMAP_SESSION_URL: account.sessionUrl,
          MAILROOM_CARDDAV_URL: account.cardDavUrl,
          // The root is read-only, so the state cannot be written. That must not stop a pass.
          MAILROOM_STATE_FILE: '/tmp/state.json',
        }).finish();

        expect(err).toBe('');
        expect(out).toMatch(/"event":"poll_complete"/u);
        expect(out).toMatch(/"event":"state_write_failed"/u);
        expect(exitCode).toBe(0);
        const inbox = await account.mailboxId('Inbox');
        expect((await account.emails()).get(labelled)?.mailboxIds).toEqual(new Set([inbox]));
        const cards = [...(await account.cards()).values()].map(({ card }) => card);
        expect(cards.some((card) => card.includes('jane@sender.example'))).toBe(true);
        expect(await readFile(join(folder, 'termination-log'), 'utf8')).toMatch(/poll_complete/u);
      });
    });
  });
});

async function listFiles(root: string): Promise<readonly FoundFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const { size, mode } = await lstat(join(parentPath, name));
      return {
        path: join(parentPath, name).slice(root.length),
        size,
        isExecutable: (mode & 0o111) !== 0,
      };
    }),
  );
}

function splitAtEquals(line: string): readonly [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
