import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type * as NodeUtil from 'node:util';
import { customCleanEnv, makeValidator } from 'envalid';

import { errorCodeOf } from '../errors.ts';
import { findProxy } from '../http/proxy.ts';
import { type SettingName, SETTINGS, type Values } from './table.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of a command: what is `set`, and outside a cluster also what `.env` of the
 * folder says. A byte order mark, which some editors put before the first variable of a file, is not
 * part of that variable's name. `say` is given a sentence where the file cannot be read.
 */
export function readEnvironment(
  set: Environment,
  say: (sentence: string) => void,
  folder = '.',
): Environment {
  const file = isInCluster(set) ? {} : readEnvFile(join(folder, '.env'), say);
  return withPlainNames({ ...file, ...withPlainNames(set) });
}

/**
 * Two lines where there is neither a file `.env` nor any key: a command started in another folder, or
 * before the file was made. Null where that is not so.
 */
export function findMissingFile(set: Environment, folder = '.'): string | null {
  const hasKey = KEYS.some((name) => (set[name] ?? '') !== '');
  if (hasKey || isInCluster(set) || existsSync(join(folder, '.env'))) return null;
  return `There is no file .env in ${resolve(folder)}.\nMake it (cp .env.example .env), or go to the folder that has it.`;
}

function isInCluster(set: Environment): boolean {
  return (set['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
}

const KEYS = [
  'MAILROOM_JMAP_TOKEN',
  'MAILROOM_CARDDAV_USERNAME',
  'MAILROOM_CARDDAV_PASSWORD',
] as const satisfies readonly SettingName[];

/** Empty if there is none. A folder of that name is none: Python makes such folders. */
function readEnvFile(path: string, say: (sentence: string) => void): Environment {
  if (!existsSync(path)) return {};
  // An `import` of node:util reads all its members, and reading one of them opens standard error.
  const { parseEnv } = createRequire(import.meta.filename)('node:util') as typeof NodeUtil;
  try {
    return parseEnv(decode(readFileSync(path)));
  } catch (error) {
    const code = errorCodeOf(error);
    if (code !== 'EISDIR') say(`${resolve(path)} cannot be read (${code}), so it counts as empty.`);
    return {};
  }
}

/** PowerShell and Notepad may save a file in UTF-16. */
function decode(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return isUtf16 ? bytes.toString('utf16le', 2) : bytes.toString('utf8');
}

function withPlainNames(env: Environment): Environment {
  const entries = Object.entries(env).map(([name, value]) => [
    name.startsWith('\uFEFF') ? name.slice(1) : name,
    value,
  ]);
  return Object.fromEntries(entries) as Environment;
}

/**
 * What must never be printed: token and password, also in the forms in which they travel, and the
 * ping URL.
 */
export function findSecrets(env: Environment): readonly string[] {
  const token = (env['MAILROOM_JMAP_TOKEN'] ?? '').trim();
  const password = (env['MAILROOM_CARDDAV_PASSWORD'] ?? '').trim();
  const username = (env['MAILROOM_CARDDAV_USERNAME'] ?? '').trim();
  const proxy = findProxy(env);
  const proxyPassword = proxy.kind === 'used' ? proxy.password : '';
  const secrets = [token, password, proxyPassword, ...findPingSecrets(env)].filter(
    (secret) => secret !== '',
  );
  if (password === '') return secrets;
  return [...secrets, Buffer.from(`${username}:${password}`, 'utf8').toString('base64')];
}

/**
 * The ping URL without its host: anyone who knows the path can report a run that never happened.
 */
function findPingSecrets(env: Environment): readonly string[] {
  const text = (env['MAILROOM_PING_URL'] ?? '').trim();
  const url = URL.parse(text);
  if (url === null) return [text];
  const path = url.pathname.replaceAll(/^\/+|\/+$/gu, '');
  return [text, path, url.search.slice(1)].filter((part) => part.length >= SHORTEST_PING_SECRET);
}

/** A path like `/ping` is not a secret, and would be found inside many words. */
const SHORTEST_PING_SECRET = 8;

/** The values of some variables, and what is wrong with the others. */
export interface ValuesRead<Name extends SettingName> {
  /** A wrong variable counts as not set; a required one that is not set is empty. */
  readonly values: Pick<Values, (typeof SETTINGS)[Name]['key']>;
  /** A sentence for each variable that is wrong, without its value; in the order of the table. */
  readonly problems: ReadonlyMap<SettingName, string>;
}

/**
 * Parses these variables. An empty one counts as not set; white space alone counts as set, and is
 * refused.
 */
export function parseValues<Name extends SettingName>(
  env: Environment,
  names: readonly Name[],
): ValuesRead<Name> {
  const problems = new Map<SettingName, string>();
  const given = Object.fromEntries(
    names
      .map((name) => [name, env[name] ?? ''] as const)
      .filter(([, text]) => text !== '')
      // Pasted values often end in a line break.
      .map(([name, text]) => [name, text.trim()]),
  );
  const read = customCleanEnv(given, Object.fromEntries(names.map(toSpec)), (values) => values, {
    reporter({ errors }) {
      for (const name of names) {
        const error = (errors as Readonly<Record<string, Error | undefined>>)[name];
        if (error !== undefined) problems.set(name, `${name} ${error.message}`);
      }
    },
  }) as Readonly<Record<string, unknown>>;
  const values = names.map((name) => {
    const { key, fallback } = SETTINGS[name];
    return [key, problems.has(name) ? fallback : read[name]];
  });
  return { values: Object.fromEntries(values) as ValuesRead<Name>['values'], problems };
}

function toSpec(
  name: SettingName,
): readonly [string, ReturnType<ReturnType<typeof makeValidator>>] {
  const { parse, fallback, isRequired, description } = SETTINGS[name];
  const validator = makeValidator<unknown>((text) => parse(text));
  if (isRequired) return [name, validator({ desc: `is required: ${description}` })];
  return [name, validator({ default: fallback as object })];
}
