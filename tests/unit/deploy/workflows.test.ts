import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import type { KubeObject } from '../../support/kube/cluster.ts';
import { isKubectlInstalled } from '../../support/kube/kubectl.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const folder = new URL('../../../.github/workflows/', import.meta.url);
const names = await readdir(folder);
const workflows = await Promise.all(
  names.map(async (name): Promise<readonly [string, KubeObject]> => {
    return [name, parse(await readFile(new URL(name, folder), 'utf8'))];
  }),
);
const jobs = workflows.flatMap(([name, workflow]) =>
  Object.entries<KubeObject>(workflow.jobs).map(
    ([job, definition]): readonly [string, KubeObject] => [`${name} ${job}`, definition],
  ),
);
const withSteps = jobs.filter(([, job]) => job.steps !== undefined);
const { jobs: publish } = parse(readFileSync(new URL('publish.yml', folder), 'utf8'));

test('there are the two workflows', () => {
  expect(names.toSorted()).toEqual(['check.yml', 'publish.yml']);
});

describe.each(workflows)('%s', (_name, workflow) => {
  test('may only read, where a job does not say more', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });
});

describe.each(withSteps)('%s', (_name, job) => {
  test('every action is pinned to a commit', () => {
    const uses: unknown[] = job.steps.map((step: KubeObject) => step.uses).filter(Boolean);

    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[\da-f]{40}$/u);
  });

  test('ends by itself', () => {
    expect(job['timeout-minutes']).toBeLessThanOrEqual(45);
  });

  test('a checkout leaves no credentials behind', () => {
    const checkout = job.steps.find((step: KubeObject) =>
      step.uses?.startsWith('actions/checkout'),
    );

    expect(checkout.with['persist-credentials']).toBe(false);
  });
});

describe('what is published', () => {
  test('has passed the checks, all of it', () => {
    expect(publish.checks.uses).toBe('./.github/workflows/check.yml');
    expect(publish.image.needs).toBe('checks');
    expect(publish.release.needs).toBe('image');
    expect(Object.keys(publish)).toEqual(['checks', 'image', 'release']);
  });

  test('a version comes from a tag alone, `latest` from the newest release alone', () => {
    const metadata = publish.image.steps.find((step: KubeObject) => step.id === 'metadata');

    expect(metadata.with.flavor).toBe('latest=false');
    expect(metadata.with.tags.trim().split('\n')).toEqual([
      'type=edge,branch=main',
      'type=sha,format=long,enable={{is_default_branch}}',
      'type=semver,pattern={{version}}',
      'type=raw,value=latest,enable=${{ steps.release.outputs.newest }}',
    ]);
  });

  test('a release is made for a tag only, and nothing else may write to the repository', () => {
    expect(publish.release.if).toBe("github.ref_type == 'tag'");
    const writing = jobs.filter(([, job]) => job.permissions?.contents === 'write');
    expect(writing.map(([name]) => name)).toEqual(['publish.yml release']);
  });
});

/* The workflow's own shell, run in a repository made for it. */
describe('a tag', () => {
  let repository: string;
  const git = (...args: readonly string[]): void => {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@mail.example'];
    execFileSync('git', [...identity, ...args], { cwd: repository, stdio: 'ignore' });
  };
  const runStep = (step: KubeObject, env: Record<string, string>) => {
    const output = join(repository, '.output');
    writeFileSync(output, '');
    // As the runner starts it. Without --norc, bash reads the user's own start-up file here.
    const flags = ['--noprofile', '--norc', '-eo', 'pipefail'];
    const { status, stdout, stderr } = spawnSync('bash', [...flags, '-c', step.run], {
      cwd: repository,
      env: { PATH: process.env['PATH'], GITHUB_OUTPUT: output, ...env },
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr, output: readFileSync(output, 'utf8').trim() };
  };
  const setVersion = (version: string): void => {
    const path = join(repository, 'package.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/"version": ".*"/u, `"version": "${version}"`));
    writeFileSync(
      join(repository, '.github/CHANGELOG.md'),
      `# Changelog\n\n## ${version}, today\n\nWhat is new.\n\n## 0.0.9\n\nThe old.\n`,
    );
  };

  beforeEach(() => {
    repository = mkdtempSync(join(tmpdir(), 'mailroom-release-'));
    for (const name of ['package.json', '.github', 'deploy']) {
      cpSync(join(project, name), join(repository, name), { recursive: true });
    }
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message=first');
  });
  afterEach(() => rmSync(repository, { recursive: true }));

  const decide = (type: 'tag' | 'branch', name: string) =>
    runStep(
      publish.image.steps.find((step: KubeObject) => step.id === 'release'),
      { GITHUB_REF_TYPE: type, GITHUB_REF_NAME: name },
    );

  test.each([
    ['the first release', [], '0.2.0', 'newest=true'],
    ['a newer one', ['v0.2.0', 'v0.9.0'], '0.10.0', 'newest=true'],
    ['a fix of an older one', ['v0.2.0', 'v0.10.0'], '0.2.1', 'newest=false'],
    ['a release candidate', ['v0.2.0'], '0.3.0-rc.1', 'newest=false'],
    ['a candidate before any release', [], '0.1.0-rc.1', 'newest=false'],
    ['a release after its candidate', ['v0.2.0', 'v0.3.0-rc.1'], '0.3.0', 'newest=true'],
  ])('%s', (_name, before, version, expected) => {
    for (const tag of [...before, `v${version}`]) git('tag', tag);
    setVersion(version);

    const { status, output } = decide('tag', `v${version}`);

    expect([status, output]).toEqual([0, expected]);
  });

  test('a commit on main is no release', () => {
    expect(decide('branch', 'main')).toMatchObject({ status: 0, output: 'newest=false' });
  });

  test('that is not the version of package.json is refused', () => {
    setVersion('0.2.0');
    git('tag', 'v0.3.0');

    const { status, said } = decide('tag', 'v0.3.0');

    expect(status).toBe(1);
    expect(said).toContain('The tag is v0.3.0, and package.json says 0.2.0');
  });

  test('that the changelog does not know is refused', () => {
    setVersion('0.2.0');
    writeFileSync(join(repository, '.github/CHANGELOG.md'), '# Changelog\n\n## 0.1.0\n');

    expect(decide('tag', 'v0.2.0').status).toBe(1);
  });

  const isSkipped = !isKubectlInstalled();
  test.skipIf(isSkipped)(
    `its manifests have the image by its digest, its notes are the changelog’s${isSkipped ? ' (skipped: it needs kubectl)' : ''}`,
    () => {
      const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
      setVersion(version);
      const digest = `sha256:${'0'.repeat(64)}`;
      const step = publish.release.steps.find((one: KubeObject) => one.env?.DIGEST);

      const { status } = runStep(step, {
        GITHUB_REF_NAME: `v${version}`,
        DIGEST: digest,
        IMAGE: 'ghcr.io/Somebody/mailroom',
      });

      expect(status).toBe(0);
      const image = `ghcr.io/somebody/mailroom:${version}@${digest}`;
      const text = readFileSync(join(repository, 'mailroom.yaml'), 'utf8');
      expect(text.match(/image: .*/gu)).toEqual([`image: ${image}`]);
      for (const name of ['setup-job', 'dry-run-job', 'why-job', 'health-check']) {
        const optional = join(repository, `deploy/optional/${name}.yaml`);
        expect(readFileSync(optional, 'utf8')).toContain(`image: ${image}\n`);
      }
      expect(readFileSync(join(repository, 'notes.md'), 'utf8').trim()).toBe('What is new.');
    },
  );
});
