import { makeValidator } from 'envalid';

import { type SettingName, SETTINGS } from './table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What must never be printed: the token, the password, and both as they travel. */
export function findSecrets(env: Environment): readonly string[] {
  const token = (env['MAILROOM_JMAP_TOKEN'] ?? '').trim();
  const password = (env['MAILROOM_CARDDAV_PASSWORD'] ?? '').trim();
  const username = (env['MAILROOM_CARDDAV_USERNAME'] ?? '').trim();
  const secrets = [token, password].filter((secret) => secret !== '');
  if (password === '') return secrets;
  return [...secrets, Buffer.from(`${username}:${password}`, 'utf8').toString('base64')];
}

/** What one entry of the table gives: undefined only where there is neither value nor default. */
export type Values = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends {
    readonly isRequired: false;
    readonly defaultText: null;
  }
    ? ReturnType<(typeof SETTINGS)[Name]['parse']> | undefined
    : ReturnType<(typeof SETTINGS)[Name]['parse']>;
};

export function createSpecs(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([name, entry]) => {
      const validator = makeValidator<unknown>((text) => entry.parse(text));
      if (entry.isRequired) return [name, validator({ desc: `is required: ${entry.description}` })];
      const value = entry.defaultText === null ? undefined : entry.parse(entry.defaultText);
      return [name, validator({ default: value })];
    }),
  );
}

/** Pasted values often end in a line break. White space alone stays, and is refused. */
export function withoutEmpty(env: Environment): Environment {
  const known = Object.keys(SETTINGS).map((name) => [name, env[name] ?? ''] as const);
  return Object.fromEntries(
    known.filter(([, value]) => value !== '').map(([name, value]) => [name, value.trim()]),
  );
}
