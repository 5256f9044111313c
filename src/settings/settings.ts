import { SettingsError } from '../errors.ts';
import { findProxy, type Proxy } from '../http/proxy.ts';
import type { TriageNames } from '../triage/layout.ts';
import type { Category } from '../triage/model.ts';
import { planCategories } from './default-categories.ts';
import { type Environment, parseValues } from './environment.ts';
import { findStatePlaces, type StatusSettings } from './state-settings.ts';
import { settingNames, type Values } from './table.ts';
import { describeUnknown, findUnknownSettings, type UnknownSetting } from './unknown.ts';

/** What the environment says, parsed; names and values as in the table of settings (table.ts). */
export interface Settings extends StatusSettings, Values {
  /** Those of `MAILROOM_CATEGORIES`, or the five built from the label and group variables. */
  readonly categories: readonly Category[];
  /** `HTTPS_PROXY`, `NO_PROXY`. */
  readonly proxy: Proxy;
}

/** The settings, and names that look like settings and are not. */
export interface SettingsParsed {
  readonly settings: Settings;
  /** Each gets a warning: a typo in a ConfigMap must not go unnoticed. */
  readonly unknown: readonly UnknownSetting[];
}

/**
 * Parses all settings. Throws SettingsError with every problem at once, each with the variable's
 * name and what it should be, never with a value; unknown names come last, because one of them may
 * be the variable that is missing.
 */
export function parseSettings(env: Environment): SettingsParsed {
  const { values, problems: wrong } = parseValues(env, settingNames);
  const places = findStatePlaces(env, values.givenStateFile);
  const categories = planCategories(values, wrong);
  const unknown = findUnknownSettings(env, settingNames);
  const problems = [...wrong.values(), ...categories.problems];
  const hasPlace = places.stateFile !== null || places.kubernetesService !== null;
  if (!hasPlace && !wrong.has('MAILROOM_STATE_FILE')) problems.push(STATE_FILE_REQUIRED);
  if (problems.length > 0) throw new SettingsError([...problems, ...unknown.map(describeUnknown)]);
  const proxy = findProxy(env);
  return { settings: { ...values, ...places, categories: categories.categories, proxy }, unknown };
}

const STATE_FILE_REQUIRED =
  'MAILROOM_STATE_FILE is required where HOME is not set: the path of a file';

/** The names that a pass and setup work with. */
export function triageNames(settings: Settings): TriageNames {
  return {
    screenerMailbox: settings.screenerMailbox,
    errorLabel: settings.errorLabel,
    warningLabel: settings.isWarningEnabled ? settings.warningLabel : null,
    takeBackLabel: settings.takeBackLabel,
    categories: settings.categories,
  };
}
