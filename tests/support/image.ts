import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { mayIsolate } from './container.ts';
import { isRequired, skipNote } from './required.ts';

/** The image, built from the project's Containerfile and unpacked. */
export interface BuiltImage {
  /** Its file system, as a folder. */
  readonly rootFolder: string;
  readonly config: ImageConfig;
  remove(): Promise<void>;
}

/** OCI image configuration. */
interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

/** Its tests are skipped without buildah or root, unless MAILROOM_TEST_REQUIRE names `image`. */
export const isImageSkipped = !(mayIsolate && hasBuildah()) && !isRequired('image');

export const imageNote = skipNote(isImageSkipped, 'root and buildah', 'image');

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const BASE_IMAGES = fileURLToPath(new URL('image/base-images.sh', import.meta.url));

const TAG = 'localhost/mailroom:test';

/**
 * Builds the real image. If no registry can be reached, it builds on stand-ins for the base images.
 */
export async function buildImage(): Promise<BuiltImage> {
  await provideBaseImages();
  await run('buildah', ['bud', '--layers', '--pull-never', '--tag', TAG, PROJECT]);
  const container = await run('buildah', ['from', '--pull-never', TAG]);
  const rootFolder = await run('buildah', ['mount', container]);
  const inspected = await run('buildah', ['inspect', '--type', 'image', TAG]);
  return {
    rootFolder,
    config: JSON.parse(inspected).OCIv1.config,
    async remove() {
      await run('buildah', ['rm', container]);
    },
  };
}

async function provideBaseImages(): Promise<void> {
  const containerfile = await readFile(new URL('../../Containerfile', import.meta.url), 'utf8');
  const stages = [...containerfile.matchAll(/^FROM (?:--\S+ )?(\S+)(?: AS (\S+))?$/gmu)];
  const own = new Set(stages.map(([, , stage]) => stage));
  const names = stages.map(([, name = '']) => name).filter((name) => !own.has(name));
  const [build = '', runtime = ''] = names;
  if (names.length !== 2) throw new Error('the Containerfile has not the two bases known here');
  const areThere = await Promise.all(names.map(isThere));
  if (areThere.every(Boolean)) return;
  const arePulled = await Promise.all([isPulled(build), isPulled(runtime)]);
  if (arePulled.every(Boolean)) return;
  await run(BASE_IMAGES, [qualified(build), qualified(runtime), process.execPath]);
}

/** Docker Hub's own images are named without their registry. */
function qualified(name: string): string {
  return name.includes('/') ? name : `docker.io/library/${name}`;
}

async function isThere(name: string): Promise<boolean> {
  return succeeds('buildah', ['inspect', '--type', 'image', qualified(name)], 10_000);
}

async function isPulled(name: string): Promise<boolean> {
  return succeeds('buildah', ['pull', '--quiet', qualified(name)], 120_000);
}

async function succeeds(program: string, args: string[], timeoutMs: number): Promise<boolean> {
  return run(program, args, timeoutMs).then(
    () => true,
    () => false,
  );
}

async function run(program: string, args: string[], timeoutMs = 600_000): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    env: { ...process.env, BUILDAH_ISOLATION: 'chroot' },
    maxBuffer: 64 * 1024 * 1024,
    timeout: timeoutMs,
  });
  return stdout.trim();
}

function hasBuildah(): boolean {
  try {
    execFileSync('buildah', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
