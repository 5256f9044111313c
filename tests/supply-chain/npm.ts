import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

import { PROJECT } from '../support/run-mailroom.ts';

/** What the registry said, or why it said nothing. */
export type RegistryAnswer =
  | { readonly kind: 'answered'; readonly problems: readonly string[] }
  | { readonly kind: 'noAnswer'; readonly reason: string };

export interface Sbom {
  /** CycloneDX, JSON. */
  readonly text: string;
  /** `name@version` of each component. */
  readonly components: readonly string[];
}

/** What the image is bundled from, as installed: npm leaves packages out when it reads the lockfile alone. */
export async function readSbom(): Promise<Sbom> {
  const sbom = await runNpm(['sbom', '--omit=dev', '--sbom-format=cyclonedx']);
  const { components } = JSON.parse(sbom) as {
    readonly components: readonly { readonly 'bom-ref': string }[];
  };
  return { text: sbom, components: components.map((one) => one['bom-ref']) };
}

/** https://docs.npmjs.com/verifying-registry-signatures; needs an installed tree. */
export async function auditSignatures(): Promise<RegistryAnswer> {
  return judgeSignatures(await runNpm(['audit', 'signatures', '--json', ...BRIEFLY]));
}

/** High and critical ones in what is shipped, critical ones in what is not. */
export async function auditVulnerabilities(): Promise<RegistryAnswer> {
  const shipped = judgeAudit(await runNpm(['audit', '--json', '--omit=dev', ...BRIEFLY]), [
    'high',
    'critical',
  ]);
  if (shipped.kind === 'noAnswer') return shipped;
  const all = judgeAudit(await runNpm(['audit', '--json', ...BRIEFLY]), ['critical']);
  if (all.kind === 'noAnswer') return all;
  return { kind: 'answered', problems: [...new Set([...shipped.problems, ...all.problems])] };
}

/** The output of `npm audit signatures --json`. */
export function judgeSignatures(output: string): RegistryAnswer {
  const json = parse(output) as {
    readonly invalid?: readonly { readonly name: string; readonly version: string }[];
    readonly missing?: readonly { readonly name: string; readonly version: string }[];
  } | null;
  if (!Array.isArray(json?.invalid) || !Array.isArray(json.missing)) return noAnswer(output);
  const name = (one: { name: string; version: string }): string => `${one.name}@${one.version}`;
  return {
    kind: 'answered',
    problems: [
      ...json.invalid.map((one) => `${name(one)}: its signature is not the registry's`),
      ...json.missing.map((one) => `${name(one)}: no signature`),
    ],
  };
}

/** The output of `npm audit --json`; problems are those of the severities. */
export function judgeAudit(output: string, severities: readonly string[]): RegistryAnswer {
  const json = parse(output) as {
    readonly vulnerabilities?: Readonly<
      Record<string, { readonly severity: string; readonly range: string }>
    >;
    readonly metadata?: object;
  } | null;
  if (json?.vulnerabilities === undefined || json.metadata === undefined) return noAnswer(output);
  return {
    kind: 'answered',
    problems: Object.entries(json.vulnerabilities)
      .filter(([, { severity }]) => severities.includes(severity))
      .map(([name, { severity, range }]) => `${name} ${range}: ${severity}`),
  };
}

/** Who has no network need not wait for it. */
const BRIEFLY = ['--fetch-retries=0', '--fetch-timeout=20000'];

function noAnswer(output: string): RegistryAnswer {
  const json = parse(output) as {
    readonly error?: { readonly summary?: string };
    readonly message?: string;
  } | null;
  const said = json?.error?.summary ?? json?.message ?? '';
  const [line = ''] = said.split('\n');
  return {
    kind: 'noAnswer',
    reason: `no answer from the registry${line === '' ? '' : ` (${line})`}`,
  };
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output) as unknown;
  } catch {
    return null;
  }
}

/** Standard output, whatever the exit code: npm ends with 1 when it has something to say. */
async function runNpm(args: readonly string[]): Promise<string> {
  const child = spawn('npm', args, { cwd: PROJECT, stdio: ['ignore', 'pipe', 'ignore'] });
  return text(child.stdout);
}
