import type { Category } from '../triage/model.ts';
import { CATEGORIES_EXAMPLE, parseCategories, validateCategories } from './categories.ts';
import type { SettingName, Values } from './table.ts';

/**
 * The categories of the settings, and every problem with them. Defaults that are built from a
 * `wrong` variable are not checked: that variable has been reported, and the rest may be right.
 */
export function planCategories(
  values: Values,
  wrong: ReadonlyMap<SettingName, string>,
): { readonly categories: readonly Category[]; readonly problems: readonly string[] } {
  const defaults = createDefaultCategories(values);
  const reserved = {
    screener: values.screenerMailbox,
    errorLabel: values.errorLabel,
    warningLabel: values.isWarningEnabled ? values.warningLabel : null,
    takeBackLabel: values.takeBackLabel,
  };
  const json = values.categoriesJson;
  if (json === null && [...wrong.keys()].some((name) => NAMES_OF_DEFAULTS.test(name))) {
    return { categories: [], problems: [] };
  }
  const result =
    json === null
      ? validateCategories(defaults, reserved)
      : parseCategories(json, defaults, reserved);
  if (result.kind === 'valid') return { categories: result.categories, problems: [] };
  const problems = result.problems.map((problem) =>
    json === null
      ? `MAILROOM_LABEL_TO_* and MAILROOM_GROUP_*: the set of categories ${problem}`
      : `MAILROOM_CATEGORIES ${problem}; a right value: ${CATEGORIES_EXAMPLE}`,
  );
  return { categories: [], problems };
}

const NAMES_OF_DEFAULTS = /^MAILROOM_(?:LABEL_|GROUP_|SCREENER_|WARNINGS_)/u;

function createDefaultCategories(values: Values): readonly Category[] {
  const imbox = values.groupImbox;
  const feed = values.groupFeed;
  const paperTrail = values.groupPaperTrail;
  const jail = values.groupJail;
  return [
    createCategory('Imbox', values.labelToImbox, imbox, 'Inbox'),
    createCategory('Feed', values.labelToFeed, feed, feed),
    createCategory('Paper Trail', values.labelToPaperTrail, paperTrail, paperTrail),
    createCategory('Jail', values.labelToJail, jail, jail),
    {
      ...createCategory('Person', values.labelToPerson, imbox, 'Inbox'),
      contactType: 'person',
      parent: 'Imbox',
    },
  ];
}

function createCategory(
  name: string,
  label: string,
  contactGroup: string,
  destinationMailbox: string,
): Category {
  return {
    name,
    label,
    contactGroup,
    destinationMailbox,
    contactType: 'company',
    parent: null,
    addToInbox: false,
  };
}
