import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { PROJECT } from '../support/run-mailroom.ts';
import {
  findLockfileProblems,
  isCompatible,
  type LockedPackage,
  type Lockfile,
  type Manifest,
  productionPackages,
} from './lockfile.ts';
import { judgeAudit, judgeSignatures, readSbom } from './npm.ts';

const readJson = async <Value>(name: string): Promise<Value> =>
  JSON.parse(await readFile(join(PROJECT, name), 'utf8')) as Value;

test('the lockfile: licences, origins, checksums, install scripts', async () => {
  const manifest = await readJson<Manifest>('package.json');
  const lockfile = await readJson<Lockfile>('package-lock.json');

  expect(findLockfileProblems(manifest, lockfile)).toEqual([]);
  expect(Object.keys(lockfile.packages).length).toBeGreaterThan(100);
});

test('the bill of materials has what is shipped, and not what is not', async () => {
  const shipped = productionPackages(await readJson<Lockfile>('package-lock.json'));
  const { components } = await readSbom();

  expect(shipped.length).toBeGreaterThan(30);
  expect(components).toEqual(expect.arrayContaining([...shipped]));
  expect(components.filter((name) => name.startsWith('vitest@'))).toEqual([]);
});

const GOOD: LockedPackage = {
  version: '1.0.0',
  resolved: 'https://registry.npmjs.org/good/-/good-1.0.0.tgz',
  integrity: 'sha512-fake',
  license: 'MIT',
};

test.each<[string, LockedPackage, RegExp | null]>([
  ['nothing', GOOD, null],
  ['a licence that does not go with the AGPL', { ...GOOD, license: 'SSPL-1.0' }, /SSPL-1\.0/u],
  ['the same in an AND', { ...GOOD, license: '(MIT AND SSPL-1.0)' }, /SSPL-1\.0/u],
  ['no licence', { version: '1.0.0', integrity: 'sha512-x' }, /no licence/u],
  ['another registry', { ...GOOD, resolved: 'https://npm.example/good.tgz' }, /npm\.example/u],
  ['a git repository', { ...GOOD, resolved: 'git+ssh://git@github.com/a/b.git' }, /git\+ssh/u],
  ['a weak checksum', { ...GOOD, integrity: 'sha1-fake' }, /SHA-512/u],
  ['an install script', { ...GOOD, hasInstallScript: true }, /install script/u],
])('found: %s', (_what, one, problem) => {
  const manifest = { dependencies: {}, devDependencies: {}, allowScripts: {} };

  const problems = findLockfileProblems(manifest, { packages: { 'node_modules/good': one } });

  if (problem === null) expect(problems).toEqual([]);
  else expect(problems.join()).toMatch(problem);
});

test('found: a range, and a script that is allowed for nothing', () => {
  const manifest = {
    dependencies: { good: '^1.0.0' },
    devDependencies: {},
    allowScripts: { good: true },
  };

  const problems = findLockfileProblems(manifest, { packages: { 'node_modules/good': GOOD } });

  expect(problems).toEqual([
    'good: ^1.0.0 is no exact version',
    'good: allowScripts names it, and it has no install script',
  ]);
});

test.each([
  ['MIT', true],
  ['(GPL-2.0-only OR MIT)', true],
  ['Apache-2.0 AND MIT', true],
  ['GPL-2.0-only', false],
  ['UNLICENSED', false],
  ['SEE LICENSE IN LICENSE.md', false],
])('licence %s: %s', (license, expected) => {
  expect(isCompatible(license)).toBe(expected);
});

test.each([
  ['nothing', '{"vulnerabilities":{},"metadata":{}}', { kind: 'answered', problems: [] }],
  [
    'a high one',
    '{"vulnerabilities":{"a":{"severity":"high","range":"<2"},"b":{"severity":"low","range":"*"}},"metadata":{}}',
    { kind: 'answered', problems: ['a <2: high'] },
  ],
  [
    'no network',
    '{"message":"request to https://registry.npmjs.org failed"}',
    { kind: 'noAnswer' },
  ],
  ['no JSON', 'npm error network', { kind: 'noAnswer' }],
])('audit: %s', (_what, output, expected) => {
  expect(judgeAudit(output, ['high', 'critical'])).toMatchObject(expected);
});

test.each([
  ['all signed', '{"invalid":[],"missing":[]}', { kind: 'answered', problems: [] }],
  [
    'a wrong one',
    '{"invalid":[{"name":"a","version":"1.0.0"}],"missing":[]}',
    { kind: 'answered', problems: ["a@1.0.0: its signature is not the registry's"] },
  ],
  ['no network', '{"error":{"summary":"no route to host"}}', { kind: 'noAnswer' }],
])('signatures: %s', (_what, output, expected) => {
  expect(judgeSignatures(output)).toMatchObject(expected);
});
