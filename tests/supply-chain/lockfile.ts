/** What the checks need of package.json. */
export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  /** Packages whose install scripts npm may run. */
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

/** package-lock.json, `lockfileVersion` 3. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  /** SPDX expression. */
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

/** Everything that is wrong with what would be installed, a line each; needs no network. */
export function findLockfileProblems(manifest: Manifest, lockfile: Lockfile): readonly string[] {
  const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '');
  if (packages.length === 0) return ['the lockfile has no packages'];
  return [
    ...packages.flatMap(([path, one]) => findPackageProblems(nameOf(path), one, manifest)),
    ...findLooseVersions({ ...manifest.dependencies, ...manifest.devDependencies }),
    ...findNeedlessScripts(manifest, packages),
  ];
}

/** Names and versions of what the image is bundled from. */
export function productionPackages(lockfile: Lockfile): readonly string[] {
  return Object.entries(lockfile.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { version }]) => `${nameOf(path)}@${version}`)
    .toSorted();
}

/** Whether work under this licence may be part of a work under the AGPL, version 3. */
export function isCompatible(expression: string): boolean {
  const text = expression.trim().replace(/^\((?<inner>[^()]*)\)$/u, '$<inner>');
  const choices = text.split(' OR ');
  if (choices.length > 1) return choices.some(isCompatible);
  return text.split(' AND ').every((license) => COMPATIBLE.has(license.trim()));
}

/** https://www.gnu.org/licenses/license-list.html, as far as npm packages use them. */
const COMPATIBLE: ReadonlySet<string> = new Set([
  '0BSD',
  'AGPL-3.0-or-later',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'GPL-3.0-or-later',
  'ISC',
  'LGPL-3.0-or-later',
  'MIT',
  // Without "Incompatible With Secondary Licenses", which none of ours says.
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);

function findPackageProblems(
  name: string,
  { resolved, integrity, license, hasInstallScript }: LockedPackage,
  { allowScripts }: Manifest,
): readonly string[] {
  const problems: string[] = [];
  if (license === undefined) problems.push(`${name}: no licence`);
  else if (!isCompatible(license)) {
    problems.push(`${name}: licence ${license} is not known to go with the AGPL`);
  }
  // Where it says nothing it is the registry that npm is set up for; the checksum holds all the same.
  if (resolved?.startsWith('https://registry.npmjs.org/') === false) {
    problems.push(`${name}: not from the npm registry but ${resolved}`);
  }
  if (integrity?.startsWith('sha512-') !== true) problems.push(`${name}: no SHA-512`);
  if (hasInstallScript === true && allowScripts[name] !== true) {
    problems.push(`${name}: has an install script that allowScripts does not name`);
  }
  return problems;
}

function findLooseVersions(versions: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(versions)
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/u.test(version))
    .map(([name, version]) => `${name}: ${version} is no exact version`);
}

function findNeedlessScripts(
  { allowScripts }: Manifest,
  packages: readonly (readonly [string, LockedPackage])[],
): readonly string[] {
  const withScripts = new Set(
    packages.filter(([, one]) => one.hasInstallScript === true).map(([path]) => nameOf(path)),
  );
  return Object.keys(allowScripts)
    .filter((name) => !withScripts.has(name))
    .map((name) => `${name}: allowScripts names it, and it has no install script`);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
