/**
 * What Mailroom is made of: licences, install scripts and origins in the lockfile, the registry's
 * signatures and known vulnerabilities, and a software bill of materials.
 *
 *   npm run supply-chain -- [--sbom=FILE]
 *
 * Without network the registry's part is left out, and that is said; MAILROOM_TEST_REQUIRE=network
 * makes it a failure.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { isRequired } from '../support/required.ts';
import { PROJECT } from '../support/run-mailroom.ts';
import {
  findLockfileProblems,
  type Lockfile,
  type Manifest,
  productionPackages,
} from './lockfile.ts';
import { auditSignatures, auditVulnerabilities, readSbom, type RegistryAnswer } from './npm.ts';

const { values } = parseArgs({ options: { sbom: { type: 'string' } } });

const readJson = async <Value>(name: string): Promise<Value> =>
  JSON.parse(await readFile(join(PROJECT, name), 'utf8')) as Value;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const report = (what: string, problems: readonly string[]): void => {
  say(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${what}`);
  for (const problem of problems) say(`     ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
};
const reportRegistry = (what: string, answer: RegistryAnswer): void => {
  if (answer.kind === 'answered') report(what, answer.problems);
  else if (isRequired('network')) report(what, [answer.reason]);
  else say(`skip ${what}: ${answer.reason}`);
};

const lockfile = await readJson<Lockfile>('package-lock.json');
report(
  'licences, origins, checksums and install scripts',
  findLockfileProblems(await readJson<Manifest>('package.json'), lockfile),
);
const sbom = await readSbom();
const missing = productionPackages(lockfile).filter((name) => !sbom.components.includes(name));
report(
  'software bill of materials',
  missing.map((name) => `${name} is not in it`),
);
if (values.sbom !== undefined) await writeFile(values.sbom, sbom.text);
reportRegistry('signatures of the registry', await auditSignatures());
reportRegistry('known vulnerabilities', await auditVulnerabilities());
