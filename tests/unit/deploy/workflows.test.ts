import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import type { KubeObject } from '../../support/kube/cluster.ts';

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

test('there are the two workflows', () => {
  expect(names.toSorted()).toEqual(['check.yml', 'publish.yml']);
});

describe.each(workflows)('%s', (_name, workflow) => {
  test('may only read, where a job does not say more', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });
});

describe.each(jobs)('%s', (_name, job) => {
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
