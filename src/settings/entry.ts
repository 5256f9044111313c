import type { ParseSetting } from './parsers.ts';

/** What documents say about a variable. */
export interface SettingDescription {
  readonly name: string;
  /** Null if there is none. */
  readonly defaultText: string | null;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** What it is for; if it is required, also where to get it. */
  readonly description: string;
}

/** A variable of the table: what documents say about it, and how it is parsed. */
export interface SettingEntry<Key extends string, Value, Fallback> extends Omit<
  SettingDescription,
  'name'
> {
  /** Its name in `Settings`. */
  readonly key: Key;
  readonly parse: ParseSetting<Value>;
  /** The value if the variable is not set. */
  readonly fallback: Fallback;
}

/** A variable that has to be set. */
export function required<Key extends string>(
  key: Key,
  parseText: ParseSetting<string>,
  description: string,
  secrecy: 'secret' | 'public',
): SettingEntry<Key, string, string> {
  const isSecret = secrecy === 'secret';
  const entry = { defaultText: null, fallback: '', isRequired: true, isSecret, description };
  return { key, parse: parseText, ...entry };
}

/** A variable with a default, which is parsed as if it were set. */
export function optional<Key extends string, Value>(
  key: Key,
  parseText: ParseSetting<Value>,
  defaultText: string,
  description: string,
): SettingEntry<Key, Value, Value> {
  const fallback = parseText(defaultText);
  const entry = { defaultText, fallback, isRequired: false, isSecret: false, description };
  return { key, parse: parseText, ...entry };
}

/** A variable that may be left out; its value is `fallback` then. */
export function unset<Key extends string, Value, Fallback>(
  key: Key,
  parseText: ParseSetting<Value>,
  fallback: Fallback,
  description: string,
): SettingEntry<Key, Value, Fallback> {
  const entry = { defaultText: null, fallback, isRequired: false, isSecret: false, description };
  return { key, parse: parseText, ...entry };
}
